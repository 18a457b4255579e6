import re
import subprocess

import pytest

from tests.repository import ROOT, Package, files, packages, services, shown, text_of

TOP_LEVEL = {
    # the platform
    "docker-compose.yml",
    "services",
    "shared",
    "infra",
    "tests",
    "bench",
    "docs",
    # what people and their tools look for at the top
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "pyproject.toml",
    "requirements",
    ".ci",
    ".dockerignore",
    ".editorconfig",
    ".env.example",
    ".gitignore",
}
LARGEST_FILE_BYTES = 400_000  # beyond it a file is data, and data has its own place
DOCUMENTS_WITH_COMMANDS = ["README.md", "CONTRIBUTING.md"]


def test_the_top_level_holds_only_what_belongs_there() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in files()} <= TOP_LEVEL


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_folder_distribution_and_module_share_one_name(package: Package) -> None:
    assert package.project["name"] == f"backstride-{package.name}"
    assert (package.source / "__init__.py").is_file()
    assert (package.source / "py.typed").is_file()


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_service_has_a_readme(service: Package) -> None:
    assert (service.folder / "README.md").is_file()


def test_no_file_is_too_large() -> None:
    sizes = {shown(path): path.stat().st_size for path in files()}

    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE_BYTES} == {}


def test_tests_are_folders_and_not_packages() -> None:
    assert [shown(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


def test_the_built_pages_are_not_committed() -> None:
    built = "services/gateway/src/backstride_gateway/static/index.html"
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", built], cwd=ROOT, check=False, timeout=30
    )
    files()  # skips where there is no git to ask

    assert ignored.returncode == 0


@pytest.mark.parametrize("document", DOCUMENTS_WITH_COMMANDS)
def test_every_make_command_in_a_document_exists(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):.* ## ", makefile, flags=re.MULTILINE))
    text = text_of(ROOT / document) or ""
    named = set(re.findall(r"(?:^|`)make(?: [A-Z]+=\S+)* ([a-z][a-z0-9-]*)", text, re.MULTILINE))

    assert named, f"{document} tells no command"
    assert named <= targets
