"""Who may publish and receive what over MQTT, as Mosquitto's dynamic-security plug-in reads it.

Everything that no role allows is refused. A treadmill writes and reads only its own topics; the
plug-in of Mosquitto 2.0 knows no pattern with the user's name, so each treadmill has its own role.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from backstride_shared.identity import TreadmillKey
from backstride_shared.topics import MqttKind, mqtt_filter, mqtt_topic

PASSWORD_ITERATIONS: Final = 101
"""The plug-in's own number: passwords are 256 random bits, which no dictionary holds."""
_SALT_BYTES: Final = 12

_SENT_BY_DEVICES: Final = (MqttKind.READINGS, MqttKind.STATE, MqttKind.CLAIMS)
_SENT_TO_DEVICES: Final = (MqttKind.STORED, MqttKind.REFUSED, MqttKind.ANSWERS)
_CONTROL: Final = "$CONTROL/dynamic-security/#"


class Account(NamedTuple):
    """One user of the broker: topics or filters that it may publish to, and receive."""

    username: str
    sends: Sequence[str]
    receives: Sequence[str]


def treadmill_account(treadmill: TreadmillKey) -> Account:
    """Return the account of one treadmill, named as the treadmill is."""
    return Account(
        treadmill,
        [mqtt_topic(treadmill, kind) for kind in _SENT_BY_DEVICES],
        [mqtt_topic(treadmill, kind) for kind in _SENT_TO_DEVICES],
    )


def program_accounts(simulated_gym_id: str | None = None) -> list[Account]:
    """Return the accounts of our programs; with a gym also of the controller that simulates it."""
    accounts = [
        Account(
            "ingest",
            [mqtt_filter(MqttKind.REFUSED)],
            # of any version: what a device of another version sends is set aside, not overlooked
            [mqtt_filter(kind, version="+") for kind in (MqttKind.READINGS, MqttKind.STATE)],
        ),
        Account("recorder", [mqtt_filter(MqttKind.STORED)], []),
        Account("gateway", [mqtt_filter(MqttKind.ANSWERS)], [mqtt_filter(MqttKind.CLAIMS)]),
        Account("monitor", [], ["$SYS/#"]),
        Account("admin", [_CONTROL], [_CONTROL]),
    ]
    if simulated_gym_id is not None:
        accounts.append(
            Account(
                "controller",
                [mqtt_filter(kind, simulated_gym_id) for kind in _SENT_BY_DEVICES],
                [mqtt_filter(kind, simulated_gym_id) for kind in _SENT_TO_DEVICES],
            )
        )
    return accounts


def dynamic_security(accounts: Iterable[Account], passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of `dynamic-security.json`; the same for the same input."""
    known = list(accounts)
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [_client(account, passwords[account.username]) for account in known],
        "groups": [],
        "roles": [_role(account) for account in known],
    }


def _client(account: Account, password: str) -> dict[str, Any]:
    # derived, so that a second run writes the same file; it has to differ between accounts only
    seed = f"{account.username}\0{password}".encode()
    salt = hashlib.sha256(seed).digest()[:_SALT_BYTES]
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PASSWORD_ITERATIONS)
    return {
        "username": account.username,
        "textname": account.username,
        "password": base64.b64encode(hashed).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": PASSWORD_ITERATIONS,
        "roles": [{"rolename": account.username}],
    }


def _role(account: Account) -> dict[str, Any]:
    rules = [
        *(("publishClientSend", topic) for topic in account.sends),
        *(("publishClientReceive", topic) for topic in account.receives),
        *(("subscribePattern", topic) for topic in account.receives),
    ]
    return {
        "rolename": account.username,
        "acls": [
            {"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in rules
        ],
    }
