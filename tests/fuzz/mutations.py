"""Makes messages that nobody should send out of good ones, the same ones for the same seed."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

_ODD_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    2**32,
    2**63,
    -(2**70),
    1e308,
    -0.0,
    "",
    "forward",
    "1.2",
    "\x00\x1b[2J",
    "x" * 5_000,
    [],
    {},
    [[[]]],
    {"seq": {}},
)
# json.dumps would write these as names that are no JSON
_ODD_WORDS: Final = (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"0x10", b"01", b"'x'")
_ODD_TOPICS: Final = (
    "backstride/v2/gym/treadmill/readings",
    "backstride/v1/gym/treadmill/readings/more",
    "backstride/v1/gym/readings",
    "backstride/v1/GYM/Treadmill/readings",
    "backstride/v1/gym/treadmill/rubbish",
    "backstride/v1/../../readings",
    "backstride/v1/gym/" + "x" * 300 + "/readings",
    "$SYS/broker",
    "",
)
_DEPTH: Final = 3_000


def mutated_topic(random: Random, topic: str) -> bytes:
    """Return the topic, now and then another one."""
    if random.random() < 0.05:
        return random.choice(_ODD_TOPICS).encode()
    if random.random() < 0.02:
        return random.randbytes(random.randrange(60))
    return topic.encode()


def mutated_json(random: Random, payload: bytes) -> bytes:
    """Return a JSON message with one to three things wrong in it."""
    for _ in range(random.randint(1, 3)):
        payload = random.choice(_JSON_MUTATIONS)(random, payload)
    return payload


def mutated_bytes(random: Random, payload: bytes) -> bytes:
    """Return bytes with some changed, cut out, doubled or put in."""
    for _ in range(random.randint(1, 4)):
        payload = random.choice(_BYTE_MUTATIONS)(random, payload)
    return payload


def _flip(random: Random, payload: bytes) -> bytes:
    if not payload:
        return b"\x00"
    changed = bytearray(payload)
    for _ in range(random.randint(1, 8)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut(random: Random, payload: bytes) -> bytes:
    return payload[: random.randrange(len(payload) + 1)]


def _remove(random: Random, payload: bytes) -> bytes:
    start = random.randrange(len(payload) + 1)
    return payload[:start] + payload[start + random.randint(1, 40) :]


def _double(random: Random, payload: bytes) -> bytes:
    start = random.randrange(len(payload) + 1)
    part = payload[start : start + random.randint(1, 40)]
    return payload[:start] + part + payload[start:]


def _insert(random: Random, payload: bytes) -> bytes:
    start = random.randrange(len(payload) + 1)
    return payload[:start] + random.randbytes(random.randint(1, 12)) + payload[start:]


def _replace_value(random: Random, payload: bytes) -> bytes:
    """Put a value of another kind, or out of all ranges, in the place of one."""
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return _flip(random, payload)
    place = _random_place(random, message)
    if place is None:
        return _flip(random, payload)
    holder, key = place
    holder[key] = random.choice(_ODD_VALUES)
    return json.dumps(message).encode()


def _drop_value(random: Random, payload: bytes) -> bytes:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return _cut(random, payload)
    place = _random_place(random, message)
    if place is None:
        return b"{}"
    holder, key = place
    del holder[key]
    return json.dumps(message).encode()


def _odd_word(random: Random, payload: bytes) -> bytes:
    """Put something in a number's place that only looks like one."""
    word = random.choice(_ODD_WORDS)
    for number in (b"1.2", b"0.0", b"5"):
        if number in payload:
            return payload.replace(number, word, 1)
    return payload + word


def _nest(random: Random, payload: bytes) -> bytes:
    opening, closing = random.choice(((b"[", b"]"), (b'{"readings":', b"}")))
    depth = random.choice((3, 30, _DEPTH))
    return opening * depth + payload + closing * depth


def _pad(random: Random, payload: bytes) -> bytes:
    return payload + random.choice((b" ", b"\x00", b"{")) * random.choice((1, 100, 20_000))


def _random_place(random: Random, message: Any) -> tuple[Any, Any] | None:  # noqa: ANN401  JSON
    """Return a list or object somewhere in a message, and one of its keys."""
    places: list[tuple[Any, Any]] = []
    waiting = [message]
    while waiting:
        holder = waiting.pop()
        keys = (
            list(holder)
            if isinstance(holder, dict)
            else list(range(len(holder)))
            if isinstance(holder, list)
            else []
        )
        places += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys]
    return random.choice(places) if places else None


Mutation = Callable[[Random, bytes], bytes]
_BYTE_MUTATIONS: Final[tuple[Mutation, ...]] = (_flip, _cut, _remove, _double, _insert)
_JSON_MUTATIONS: Final[tuple[Mutation, ...]] = (
    *_BYTE_MUTATIONS,
    *(_replace_value,) * 6,
    *(_drop_value,) * 2,
    *(_odd_word,) * 2,
    _nest,
    _pad,
)
