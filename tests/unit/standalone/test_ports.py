from collections.abc import Callable, Sequence

import pytest

from backstride_standalone.domain.ports import PortTakenError, PortWish, plan_ports


def offers(*ports: int) -> Callable[[int], Sequence[int]]:
    return lambda count: ports[:count]


def test_wished_ports_are_kept_and_the_rest_is_free_ones() -> None:
    wishes = [PortWish("http", 8080, "--http-port"), PortWish("kafka", 0), PortWish("health", 0)]

    plan = plan_ports(wishes, lambda _: True, offers(5001, 5002, 5003, 5004))

    assert plan.ports == {"http": 8080, "kafka": 5001, "health": 5002}


def test_every_taken_port_is_named_with_its_option() -> None:
    wishes = [PortWish("page", 8080, "--http-port"), PortWish("MQTT", 1883, "--mqtt-port")]

    with pytest.raises(PortTakenError) as refused:
        plan_ports(wishes, lambda _: False, offers())

    assert str(refused.value) == (
        "port 8080 (page) is in use; choose another with --http-port; "
        "port 1883 (MQTT) is in use; choose another with --mqtt-port"
    )


def test_one_port_for_two_programs_is_refused() -> None:
    wishes = [PortWish("page", 1883), PortWish("MQTT", 1883, "--mqtt-port")]

    with pytest.raises(PortTakenError, match=r"1883 is asked for twice; .* --mqtt-port"):
        plan_ports(wishes, lambda _: True, offers())


def test_a_free_port_that_somebody_wished_is_not_given_twice() -> None:
    wishes = [PortWish("http", 5001), PortWish("kafka", 0)]

    plan = plan_ports(wishes, lambda _: True, offers(5001, 5002, 5003))

    assert plan["kafka"] == 5002
