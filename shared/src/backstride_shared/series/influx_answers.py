"""What InfluxDB's answers mean: who is to blame, and how it is mended."""

import json
from typing import Final

from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from backstride_shared.series.ports import SeriesUnavailableError

_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_TOO_LARGE = 413
_UNPROCESSABLE = 422
_REFUSALS: Final = frozenset({_BAD_REQUEST, _TOO_LARGE, _UNPROCESSABLE})


class InfluxTokenError(SeriesUnavailableError):
    """InfluxDB does not let us in with this token."""


class InfluxBucketError(SeriesUnavailableError):
    """The organization or the bucket is not there."""


class InfluxFieldTypeError(SeriesUnavailableError):
    """The bucket holds one of our fields with another type, so that no reading can be stored."""


class InfluxBusyError(SeriesUnavailableError):
    """InfluxDB is away, overloaded or out of disk: the same request may succeed later."""


class LinesRefusedError(Exception):
    """InfluxDB took the request and refused lines in it; the text names the first one."""


_MENDS: Final[dict[int, tuple[type[SeriesUnavailableError], str]]] = {
    _UNAUTHORIZED: (
        InfluxTokenError,
        "give the token that the set-up wrote, by BACKSTRIDE_SERIES__TOKEN or ..._FILE",
    ),
    _FORBIDDEN: (InfluxTokenError, "give the token that the set-up wrote for this program"),
    _NOT_FOUND: (
        InfluxBucketError,
        "run the set-up of InfluxDB, or mend BACKSTRIDE_SERIES__ORG and ..._BUCKET",
    ),
}


def meaning_of(error: ApiException | HTTPError) -> Exception:
    """Return the named error that a failed request stands for."""
    if isinstance(error, HTTPError):
        return InfluxBusyError(f"InfluxDB does not answer: {error}")
    status, text = int(error.status or 0), _text_of(error)
    if status in _REFUSALS:
        return _refusal(text)
    if status in _MENDS:
        named, mend = _MENDS[status]
        return named(f"{text}: {mend}")
    if "no space left" in text:
        # its log of what is not yet in files stays broken once a write to it has failed
        return InfluxBusyError(
            f"{text}: make room on InfluxDB's disk (or keep readings shorter), then restart it"
        )
    return InfluxBusyError(f"InfluxDB answers {status}: {text}")


def _refusal(text: str) -> Exception:
    if "field type conflict" in text:
        return InfluxFieldTypeError(
            f"{text}: something else wrote this field with another type; delete those points "
            "or give Backstride a bucket of its own"
        )
    return LinesRefusedError(text)


def _text_of(error: ApiException) -> str:
    body = error.body
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    try:
        message = json.loads(body or "")["message"]
    except (ValueError, KeyError, TypeError):
        message = body or error.reason
    return str(message)
