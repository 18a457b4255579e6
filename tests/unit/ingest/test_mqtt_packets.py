import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_ingest.adapters.mqtt_packets import MalformedStreamError, PacketSplitter
from backstride_ingest.ports import Arrival

TOPIC = b"backstride/v1/gym/treadmill/readings"
PINGRESP = b"\xd0\x00"
MAX_BYTES = 100_000


def length_bytes(length: int) -> bytes:
    encoded = b""
    while True:
        length, part = divmod(length, 128)
        encoded += bytes([part | (0x80 if length else 0)])
        if not length:
            return encoded


def publish(payload: bytes, mid: int = 0, flags: int = 0) -> bytes:
    qos_bits = 0x02 if mid else 0x00
    number = mid.to_bytes(2, "big") if mid else b""
    body = len(TOPIC).to_bytes(2, "big") + TOPIC + number + payload
    return bytes([0x30 | qos_bits | flags]) + length_bytes(len(body)) + body


def arrival(payload: bytes, mid: int = 0) -> Arrival:
    return Arrival(TOPIC, payload, mid, len(payload))


def test_a_publish_is_taken_apart() -> None:
    splitter = PacketSplitter(MAX_BYTES)

    splitter.feed(publish(b"hello", mid=513))

    assert splitter.take_arrivals() == [arrival(b"hello", 513)]
    assert splitter.take_arrivals() == []


def test_repeated_and_retained_messages_are_messages() -> None:
    splitter = PacketSplitter(MAX_BYTES)

    splitter.feed(publish(b"again", mid=1, flags=0x09))

    assert splitter.take_arrivals() == [arrival(b"again", 1)]


def test_a_message_that_wants_no_acknowledgement_has_no_id() -> None:
    splitter = PacketSplitter(MAX_BYTES)

    splitter.feed(publish(b""))

    assert splitter.take_arrivals() == [arrival(b"")]


def test_other_packets_are_left_for_paho() -> None:
    splitter = PacketSplitter(MAX_BYTES)
    suback = b"\x90\x04\x00\x01\x01\x01"

    splitter.feed(suback + publish(b"a", mid=1) + PINGRESP)

    assert bytes(splitter.others) == suback + PINGRESP
    assert splitter.take_arrivals() == [arrival(b"a", 1)]


@given(
    st.lists(st.binary(max_size=300), max_size=10),
    st.lists(st.integers(1, 400), min_size=1),
)
def test_the_stream_may_be_cut_anywhere(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(
        publish(payload, mid=number + 1) + PINGRESP for number, payload in enumerate(payloads)
    )
    splitter = PacketSplitter(MAX_BYTES)

    position = 0
    for number in range(len(stream)):
        if position >= len(stream):
            break
        size = cuts[number % len(cuts)]
        splitter.feed(stream[position : position + size])
        position += size

    assert splitter.take_arrivals() == [
        arrival(payload, number + 1) for number, payload in enumerate(payloads)
    ]
    assert bytes(splitter.others) == PINGRESP * len(payloads)


@pytest.mark.parametrize("chunk_bytes", [1_000, 70_000, 1_000_000])
def test_a_message_that_is_too_large_is_not_held_but_told(chunk_bytes: int) -> None:
    splitter = PacketSplitter(MAX_BYTES)
    payload = b"x" * 300_000
    stream = publish(payload, mid=7) + publish(b"after", mid=8)

    for start in range(0, len(stream), chunk_bytes):
        splitter.feed(stream[start : start + chunk_bytes])
    large, after = splitter.take_arrivals()

    assert (large.topic, large.mid) == (TOPIC, 7)
    assert large.payload_bytes == 300_000
    assert len(large.payload) < 70_000
    assert after == arrival(b"after", 8)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\xff\xff\xff\xff\x01",
        b"\x32\x01\x00",
        b"\x32\x04\x00\x09ab",
        b"\x32\x03\x00\x01a",
    ],
)
def test_bytes_that_cannot_be_mqtt_end_the_connection(stream: bytes) -> None:
    splitter = PacketSplitter(MAX_BYTES)

    with pytest.raises(MalformedStreamError):
        splitter.feed(stream)
