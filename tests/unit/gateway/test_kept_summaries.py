from backstride_gateway.kept_summaries import KeptResults, are_equal


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
    kept: KeptResults[list[int], int] = KeptResults(are_equal)
    make = Maker()
    assert [await kept.of("a", [1, 2], make), await kept.of("a", [1, 2], make)] == [1, 1]


async def test_another_source_makes_it_anew() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal)
    make = Maker()
    assert [await kept.of("a", [1], make), await kept.of("a", [1, 2], make)] == [1, 2]
    assert await kept.of("a", [1], make) == 3


async def test_who_makes_it_anew_is_given_what_was_made_for_that_key_before() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal)
    make = Maker()
    for key, source in (("a", [1]), ("b", [1]), ("a", [2]), ("b", [1])):
        await kept.of(key, source, make)
    assert make.given == [None, None, 1]


async def test_one_key_never_answers_for_another() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal)
    make = Maker()
    assert [await kept.of("a", [1], make), await kept.of("b", [1], make)] == [1, 2]


async def test_the_one_asked_least_lately_goes_when_there_are_too_many() -> None:
    kept: KeptResults[list[int], int] = KeptResults(are_equal, max_kept=2)
    make = Maker()
    for key in ("a", "b", "a", "c"):
        await kept.of(key, [1], make)
    assert await kept.of("a", [1], make) == 1
    assert await kept.of("b", [1], make) == 4
