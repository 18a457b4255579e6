"""Claims keyed in at consoles: read, checked, written, and only then answered and acknowledged.

What cannot be used is a dead letter with its reason; the next message goes on.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

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
from backstride_gateway.ports import Clock, UnstorableError
from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import FRAME_VERSION, MAX_DEAD_LETTER_BYTES, DeadLetter
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import (
    ClaimAnswerMessage,
    ConsoleClaimMessage,
    ConsoleRefusal,
    json_encoder,
)
from backstride_shared.topics import MqttKind, UnknownTopicError, mqtt_topic, parse_mqtt_topic

log = structlog.get_logger()

_decoder = msgspec.json.Decoder(ConsoleClaimMessage)

OUTCOMES: Final = ("claimed", "released", "refused")
_MESSAGES = Counter(
    "backstride_gateway_console_claims_total", "Console messages by outcome", ["outcome"]
)
for _outcome in OUTCOMES:
    _MESSAGES.labels(_outcome)


_REFUSALS: Final[dict[type[Exception], ConsoleRefusal]] = {
    ClaimTimeError: "time",
    TooManyAttemptsError: "wait",
    NotProvenError: "not-known",
    UnknownMemberNumberError: "not-known",
    # asked again it would be no other, and hold up everybody's next claim
    UnstorableError: "not-known",
    NotClaimedError: "not-claimed",
}
_WORDS: Final[dict[type[Exception], str]] = {
    UnknownMemberNumberError: "the gym has no member of this number",
    NotClaimedError: "a release without a claim of this member",
}


class Answer(NamedTuple):
    """What the console is told, and where."""

    topic: str
    payload: bytes


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

    def handle(self, topic: str, payload: bytes) -> Answer | None:
        """Take one message; on return it may be acknowledged, after its answer where it has one.

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
                return None
            message = _decoder.decode(payload)
        except (UnknownTopicError, *UNREADABLE) as error:
            self._refuse(topic, payload, treadmill, str(error))
            return None
        if not self._is_registered(treadmill):
            self._refuse(topic, payload, treadmill, "the treadmill is not registered")
            return _refusal(treadmill, message, "not-registered")
        try:
            member = self._access.identify(treadmill, message)
            claim = self._claiming.take_console(treadmill, member, message)
        except tuple(_REFUSALS) as error:
            self._refuse(topic, payload, treadmill, _WORDS.get(type(error)) or str(error))
            return _refusal(treadmill, message, _REFUSALS[type(error)])
        return _taken(treadmill, message, claim.claim_id)

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


def _taken(treadmill: TreadmillKey, message: ConsoleClaimMessage, claim_id: str) -> Answer:
    outcome: Literal["claimed", "released"] = "claimed" if message.action == "claim" else "released"
    _MESSAGES.labels(outcome).inc()
    log.info("console claim taken", treadmill=treadmill, action=message.action, claim_id=claim_id)
    return _answer(treadmill, message, outcome)


def _refusal(
    treadmill: TreadmillKey, message: ConsoleClaimMessage, reason: ConsoleRefusal
) -> Answer:
    return _answer(treadmill, message, "refused", reason)


def _answer(
    treadmill: TreadmillKey,
    message: ConsoleClaimMessage,
    outcome: Literal["claimed", "released", "refused"],
    reason: ConsoleRefusal | None = None,
) -> Answer:
    answer = ClaimAnswerMessage(
        console_claim_id=message.console_claim_id,
        action=message.action,
        outcome=outcome,
        reason=reason,
    )
    return Answer(mqtt_topic(treadmill, MqttKind.ANSWERS), json_encoder.encode(answer))
