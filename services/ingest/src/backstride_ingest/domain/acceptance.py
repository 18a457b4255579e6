"""Which treadmills may send: patterns of gym_id/treadmill_id, separated by commas."""

import fnmatch
import re

from backstride_shared.identity import TreadmillKey

_PATTERN = re.compile(r"[a-z0-9*?-]+/[a-z0-9*?-]+")


class InvalidPatternError(ValueError):
    """A pattern that no treadmill could match."""


class AcceptedTreadmills:
    """The treadmills that match one of the patterns; `*` and `?` stand for any characters."""

    def __init__(self, patterns: str) -> None:
        """Take patterns like `mygym/*, other/treadmill-0?`.

        Raises:
            InvalidPatternError: when there is none, or one is not of the form gym/treadmill.

        """
        self._patterns = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
        bad = [pattern for pattern in self._patterns if _PATTERN.fullmatch(pattern) is None]
        if bad or not self._patterns:
            named = ", ".join(repr(pattern) for pattern in bad) or "nothing"
            message = f"{named} is not of the form gym_id/treadmill_id, with * and ? allowed"
            raise InvalidPatternError(message)

    def __contains__(self, treadmill: TreadmillKey) -> bool:
        gym_id, _, treadmill_id = treadmill.partition("/")
        for pattern in self._patterns:
            gym_pattern, _, treadmill_pattern = pattern.partition("/")
            if fnmatch.fnmatchcase(gym_id, gym_pattern) and fnmatch.fnmatchcase(
                treadmill_id, treadmill_pattern
            ):
                return True
        return False
