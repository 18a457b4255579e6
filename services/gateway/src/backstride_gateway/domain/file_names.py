"""Names of files that people take away: letters, digits, hyphens, whatever things are called."""

import re
from datetime import UTC, datetime
from typing import Final

from backstride_gateway.domain.activity import Activity

_ELSE: Final = re.compile(r"[^A-Za-z0-9]")
_ID_CHARACTERS: Final = 8


def activity_file_name(activity: Activity, extension: str) -> str:
    """Return a name such as backstride-2026-11-23-0655-1f0c2d3e.fit, in the member's own time."""
    local_s = activity.from_ms / 1000 + activity.utc_offset_s
    began = datetime.fromtimestamp(local_s, UTC)
    short_id = _ELSE.sub("", activity.session.session_id)[:_ID_CHARACTERS]
    return f"backstride-{began:%Y-%m-%d-%H%M}-{short_id}.{extension}"


def archive_file_name(requested_at_ms: int) -> str:
    """Return the name of the file with everything."""
    return f"backstride-my-data-{datetime.fromtimestamp(requested_at_ms / 1000, UTC):%Y-%m-%d}.zip"
