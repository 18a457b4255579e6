"""What is to be done about the past, between two polls: erasing first, then folding again."""

from collections.abc import Callable

from backstride_recorder.domain.batch import Rows
from backstride_recorder.erasing import Eraser
from backstride_recorder.refolding import Refolder


class Past:
    """Works off both lists; readings wait meanwhile, so each call does little."""

    def __init__(self, refolder: Refolder, eraser: Eraser) -> None:
        self._refolder = refolder
        self._eraser = eraser

    def look_again(self) -> None:
        """Note that both lists may have grown."""
        self._refolder.look_again()
        self._eraser.look_again()

    def note(self, rows: Rows) -> None:
        """Note what came into the lists."""
        if rows.refolds or rows.corrections:
            self._refolder.look_again()
        if rows.erasures:
            self._eraser.look_again()

    def work(self, is_ours: Callable[[str], bool]) -> None:
        """Do some of what is due for our treadmills; while a store is away nothing."""
        self._eraser.work(is_ours)
        self._refolder.work(is_ours)
