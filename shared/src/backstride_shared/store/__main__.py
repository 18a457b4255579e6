"""`python -m backstride_shared.store`: migrates the store at BACKSTRIDE_DATABASE__URL and ends."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from backstride_shared.settings import DatabaseBlock, ServiceSettings, read_settings_or_exit
from backstride_shared.store.migrate import SchemaError, migrate
from backstride_shared.store.opening import UnsupportedStoreError
from backstride_shared.telemetry import set_up_logging

log = structlog.get_logger()


class MigrationSettings(ServiceSettings):
    """What the migration reads from its environment."""

    database: DatabaseBlock


def main() -> None:
    """Migrate, or say in one line why not and end with status 1."""
    settings = read_settings_or_exit(MigrationSettings)
    set_up_logging("migrate", settings.telemetry)
    try:
        revision = migrate(settings.database.url)
    except (SchemaError, SQLAlchemyError, UnsupportedStoreError, OSError) as error:
        log.error("store not migrated", error=str(error))  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None
    log.info("store migrated", revision=revision)


if __name__ == "__main__":
    main()
