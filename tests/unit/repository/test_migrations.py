"""The revisions of the schema are one chain: two heads would let no program start."""

from pathlib import Path

from alembic.script import ScriptDirectory

from tests.repository import ROOT

VERSIONS = ROOT / "shared/src/backstride_shared/store/migrations"


def test_the_revisions_are_one_chain_in_the_order_of_their_numbers() -> None:
    walked = list(ScriptDirectory(str(VERSIONS)).walk_revisions())
    numbers = [int(script.revision.partition("_")[0]) for script in reversed(walked)]
    assert numbers == list(range(1, len(numbers) + 1))
    names = {Path(script.path).stem for script in walked}
    assert names == {script.revision for script in walked}
