import asyncio

from backstride_gateway.kept_summaries import KeptResults, are_equal


def one(_made: int) -> int:
    return 1


class Maker:
    """Makes something new each time, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.given: list[int | None] = []

    def __call__(self, made_before: int | None) -> int:
        self.given.append(made_before)
        self.count += 1
        return self.count


async def test_what_was_made_of_the_same_source_is_made_once() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one)
    make = Maker()
    assert [await kept.of("a", [1, 2], make), await kept.of("a", [1, 2], make)] == [1, 1]


async def test_another_source_makes_it_anew() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one)
    make = Maker()
    assert [await kept.of("a", [1], make), await kept.of("a", [1, 2], make)] == [1, 2]
    assert await kept.of("a", [1], make) == 3


async def test_who_makes_it_anew_is_given_what_was_made_for_that_key_before() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one)
    make = Maker()
    for key, source in (("a", [1]), ("b", [1]), ("a", [2]), ("b", [1])):
        await kept.of(key, source, make)
    assert make.given == [None, None, 1]


async def test_one_key_never_answers_for_another() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one)
    make = Maker()
    assert [await kept.of("a", [1], make), await kept.of("b", [1], make)] == [1, 2]


async def test_the_one_asked_least_lately_goes_when_there_are_too_many() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one, max_size=2)
    make = Maker()
    for key in ("a", "b", "a", "c"):
        await kept.of(key, [1], make)
    assert await kept.of("a", [1], make) == 1
    assert await kept.of("b", [1], make) == 4


async def test_a_large_one_takes_the_place_of_many() -> None:
    def size_of(made: int) -> int:
        return 9 if made == 4 else 1

    kept: KeptResults[list[int], int] = KeptResults(are_equal, size_of, max_size=10)
    make = Maker()
    for key in ("a", "b", "c", "large"):
        await kept.of(key, [1], make)
    assert [await kept.of(key, [1], make) for key in ("c", "large")] == [3, 4]
    # made anew, and small now: there is room again
    assert await kept.of("large", [2], make) == 5
    for _ in range(2):
        assert [await kept.of(key, [1], make) for key in ("a", "b", "c")] == [6, 7, 3]


async def test_who_make_the_same_at_once_take_one_place() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, one, max_size=2)
    make = Maker()
    await asyncio.gather(*(kept.of("a", [1], make) for _ in range(5)))
    made = await kept.of("a", [1], make)
    await kept.of("b", [1], make)
    assert await kept.of("a", [1], make) == made


async def test_what_is_larger_than_all_is_not_kept() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, lambda _made: 3, max_size=2)
    make = Maker()
    assert [await kept.of("a", [1], make), await kept.of("a", [1], make)] == [1, 2]
