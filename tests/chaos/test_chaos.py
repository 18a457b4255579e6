"""The short form of `make chaos`: most kinds of faults, outages of seconds instead of a minute."""

from pathlib import Path

import pytest

from tests.chaos.faults import chosen, shuffled
from tests.chaos.suite import SHORT_HOLD_S, run, table

SEED = 1

pytestmark = pytest.mark.timeout(2400)


def test_every_reading_counts_exactly_once_whatever_breaks(tmp_path: Path) -> None:
    outcome = run(shuffled(chosen(is_short=True), SEED), SEED, SHORT_HOLD_S, tmp_path)

    assert outcome.complaints() == [], table(outcome)
    assert all(row.sent > 0 and row.lost == row.doubled == 0 for row in outcome.rows)
