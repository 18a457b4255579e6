"""`python -m backstride_shared.provision.mosquitto`: accounts of treadmills and programs.

Writes the file of Mosquitto's dynamic-security plug-in, and a random password per account into a
file of its own; passwords that are there already are kept. The broker reads the file when it
starts, so restart it when this program says that the file changed: treadmills keep their readings
meanwhile.
"""

import json
import secrets
from pathlib import Path
from typing import Final

import structlog

from backstride_shared.identity import (
    InvalidIdentifierError,
    TreadmillKey,
    parse_treadmill_key,
)
from backstride_shared.provision.mqtt_accounts import (
    Account,
    dynamic_security,
    program_accounts,
    treadmill_account,
)
from backstride_shared.provision.secret_files import read_secret, write_secret
from backstride_shared.provision.settings import MosquittoSetupBlock, MosquittoSetupSettings
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import set_up_logging

log = structlog.get_logger()

FILE_NAME: Final = "dynamic-security.json"
_PASSWORD_BYTES: Final = 32


class TreadmillsFileError(Exception):
    """The list of treadmills cannot be read; the text tells where."""


def main() -> None:
    """Write the files, or say in one line why not and end with status 1."""
    settings = read_settings_or_exit(MosquittoSetupSettings)
    set_up_logging("mosquitto-setup", settings.telemetry)
    try:
        set_up(settings.mosquitto)
    except (TreadmillsFileError, OSError) as error:
        log.error("accounts not written", error=str(error))  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None


def set_up(wanted: MosquittoSetupBlock) -> bool:
    """Write accounts and missing passwords; return whether the broker has to be started again.

    Raises:
        TreadmillsFileError: when the list cannot be read; nothing is then written.

    """
    treadmills = _treadmills(wanted.treadmills_file)
    passwords: dict[str, str] = {}
    accounts: list[Account] = []
    programs, devices = wanted.passwords_folder / "programs", wanted.passwords_folder / "treadmills"
    for account in program_accounts(wanted.simulated_gym_id):
        accounts.append(account)
        passwords[account.username] = _password(programs / account.username)
    for treadmill in treadmills:
        accounts.append(treadmill_account(treadmill))
        passwords[treadmill] = _password(devices / treadmill)
    text = json.dumps(dynamic_security(accounts, passwords), indent=1)
    path = wanted.accounts_folder / FILE_NAME
    is_changed = read_secret(path) != text
    if is_changed:
        write_secret(path, text, wanted.broker_uid)
    log.info("accounts written", treadmills=len(treadmills), broker_must_restart=is_changed)
    return is_changed


def _treadmills(path: Path | None) -> list[TreadmillKey]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        named = [name for line in lines if (name := line.partition("#")[0].strip())]
        return sorted({parse_treadmill_key(name) for name in named})
    except (OSError, UnicodeDecodeError, InvalidIdentifierError) as error:
        raise TreadmillsFileError(f"{path}: {error}") from error


def _password(path: Path) -> str:
    """Return the password in a file, made when there is none."""
    password = read_secret(path)
    if not password:
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        write_secret(path, password)
        log.info("password made", file=str(path))
    return password


if __name__ == "__main__":
    main()
