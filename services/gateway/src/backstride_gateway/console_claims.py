"""Claims keyed in at consoles: read, checked, written, and only then acknowledged to MQTT.

What cannot be used is a dead letter with its reason; the next message goes on.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter

from backstride_gateway.attempts import TooManyAttemptsError
from backstride_gateway.claiming import Claiming, NotClaimedError
from backstride_gateway.console_access import (
    ConsoleAccess,
    NotProvenError,
    UnknownMemberNumberError,
)
from backstride_gateway.domain.claiming import ClaimTimeError
from backstride_gateway.domain.console_access import without_secrets
from backstride_gateway.ports import Clock
from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import FRAME_VERSION, MAX_DEAD_LETTER_BYTES, DeadLetter
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import ConsoleClaimMessage
from backstride_shared.topics import MqttKind, UnknownTopicError, parse_mqtt_topic

log = structlog.get_logger()

_decoder = msgspec.json.Decoder(ConsoleClaimMessage)

OUTCOMES: Final = ("claimed", "released", "refused")
_MESSAGES = Counter(
    "backstride_gateway_console_claims_total", "Console messages by outcome", ["outcome"]
)
for _outcome in OUTCOMES:
    _MESSAGES.labels(_outcome)


class ConsoleClaims:
    """Handles the messages of `backstride/v1/+/+/claims`."""

    def __init__(
        self,
        claiming: Claiming,
        access: ConsoleAccess,
        is_registered: Callable[[str], bool],
        send_dead_letter: Callable[[DeadLetter], None],
        clock: Clock,
    ) -> None:
        self._claiming = claiming
        self._access = access
        self._is_registered = is_registered
        self._send_dead_letter = send_dead_letter
        self._clock = clock

    def handle(self, topic: str, payload: bytes) -> None:
        """Take one message; on return it may be acknowledged.

        Raises:
            StoreUnavailableError: take the message again later.
            LogUnavailableError: the dead letter was not taken; take the message again later.

        """
        treadmill: TreadmillKey | None = None
        try:
            address = parse_mqtt_topic(topic)
            treadmill = address.treadmill
            if address.kind is not MqttKind.CLAIMS:
                self._refuse(topic, payload, treadmill, "no message for the topic of claims")
                return
            message = _decoder.decode(payload)
        except (UnknownTopicError, *UNREADABLE) as error:
            self._refuse(topic, payload, treadmill, str(error))
            return
        if not self._is_registered(treadmill):
            self._refuse(topic, payload, treadmill, "the treadmill is not registered")
            return
        try:
            member = self._access.identify(treadmill, message)
            claim = self._claiming.take_console(treadmill, member, message)
        except (ClaimTimeError, NotProvenError, TooManyAttemptsError) as error:
            self._refuse(topic, payload, treadmill, str(error))
        except UnknownMemberNumberError:
            self._refuse(topic, payload, treadmill, "the gym has no member of this number")
        except NotClaimedError:
            self._refuse(topic, payload, treadmill, "a release without a claim of this member")
        else:
            _MESSAGES.labels("claimed" if message.action == "claim" else "released").inc()
            log.info(
                "console claim taken",
                treadmill=treadmill,
                action=message.action,
                claim_id=claim.claim_id,
            )

    def _refuse(self, topic: str, payload: bytes, treadmill: str | None, reason: str) -> None:
        # who reads dead letters learns no PIN, not even a wrong one
        shown = without_secrets(payload[:MAX_DEAD_LETTER_BYTES])
        self._send_dead_letter(
            DeadLetter(
                version=FRAME_VERSION,
                reason=reason,
                topic=topic,
                received_at_ms=self._clock(),
                payload=shown[:MAX_DEAD_LETTER_BYTES],
                payload_bytes=len(payload),
                treadmill=treadmill,
            )
        )
        _MESSAGES.labels("refused").inc()
        log.warning("console claim refused", topic=topic, reason=reason)
