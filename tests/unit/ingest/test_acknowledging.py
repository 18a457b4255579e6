from hypothesis import given
from hypothesis import strategies as st

from backstride_ingest.domain.acknowledging import AckOrder, record_sent


def test_a_message_waits_for_every_record_that_came_of_it() -> None:
    order = AckOrder()
    delivery = order.arrived(7)
    delivery.open_records = 2

    record_sent([delivery])
    assert order.ready() == []

    record_sent([delivery])
    assert order.ready() == [7]


def test_a_later_message_waits_for_an_earlier_one() -> None:
    order = AckOrder()
    first, second = order.arrived(1), order.arrived(2)
    first.open_records = second.open_records = 1

    record_sent([second])
    assert order.ready() == []

    record_sent([first])
    assert order.ready() == [1, 2]


def test_a_message_of_which_nothing_comes_is_acknowledged_in_its_turn() -> None:
    order = AckOrder()
    first = order.arrived(1)
    first.open_records = 1
    order.arrived(2)

    assert order.ready() == []
    record_sent([first])
    assert order.ready() == [1, 2]


def test_a_message_without_acknowledgement_is_not_acknowledged() -> None:
    order = AckOrder()
    order.arrived(0)
    order.arrived(3)

    assert order.ready() == [3]
    assert len(order) == 0


def test_what_a_gone_connection_had_is_never_acknowledged() -> None:
    order = AckOrder()
    old = order.arrived(1)
    old.open_records = 1

    order.forget()
    new = order.arrived(1)
    new.open_records = 1
    record_sent([old])

    assert order.ready() == []
    record_sent([new])
    assert order.ready() == [1]


@given(st.permutations(range(1, 9)))
def test_acknowledgements_come_once_each_in_the_order_of_arrival(finished: list[int]) -> None:
    order = AckOrder()
    deliveries = {mid: order.arrived(mid) for mid in range(1, 9)}
    for delivery in deliveries.values():
        delivery.open_records = 1

    acknowledged: list[int] = []
    for mid in finished:
        record_sent([deliveries[mid]])
        acknowledged += order.ready()

    assert acknowledged == list(range(1, 9))
