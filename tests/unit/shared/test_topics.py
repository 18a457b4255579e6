import pytest

from backstride_shared.identity import TreadmillKey
from backstride_shared.topics import (
    PARTITION_COUNT,
    MqttAddress,
    MqttKind,
    UnknownTopicError,
    mqtt_filter,
    mqtt_topic,
    parse_mqtt_topic,
)

TREADMILL = TreadmillKey("gym/treadmill-1")


@pytest.mark.parametrize("kind", MqttKind)
def test_a_topic_says_whose_and_what_it_is(kind: MqttKind) -> None:
    topic = mqtt_topic(TREADMILL, kind)

    assert topic == f"backstride/v1/gym/treadmill-1/{kind}"
    assert parse_mqtt_topic(topic) == MqttAddress(TREADMILL, kind)


def test_filters_take_all_treadmills_or_one_gym_or_every_version() -> None:
    assert mqtt_filter(MqttKind.STATE) == "backstride/v1/+/+/state"
    assert mqtt_filter(MqttKind.STATE, "gym") == "backstride/v1/gym/+/state"
    assert mqtt_filter(MqttKind.STATE, version="+") == "backstride/+/+/+/state"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "backstride",
        "backstride/v1/gym/treadmill",
        "backstride/v1/gym/treadmill/readings/more",
        "backstride/v2/gym/treadmill/readings",
        "other/v1/gym/treadmill/readings",
        "backstride/v1/Gym/treadmill/readings",
        "backstride/v1//treadmill/readings",
        "backstride/v1/gym/treadmill/weather",
        "/backstride/v1/gym/treadmill/readings",
    ],
)
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(UnknownTopicError):
        parse_mqtt_topic(topic)


def test_the_number_of_partitions_never_changes() -> None:
    """A treadmill's log would move; see docs/decisions/0002-four-partitions.md."""
    assert PARTITION_COUNT == 4
