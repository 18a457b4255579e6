"""`backstride dead-letters`: shows what could not be used, and why, and sends it again."""

import base64
import heapq
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from backstride_ingest.adapters.kafka_dead_letters import (
    DeadLettersUnavailableError,
    KeptLetter,
    read_dead_letters,
)
from backstride_ingest.adapters.kafka_repairs import RepairsNotSentError, send_events
from backstride_ingest.domain.repairs import NoRepairError, events_to_replay
from backstride_shared.data_folder import no_platform_text, running_platform
from backstride_shared.frames import TreadmillEvent

app = typer.Typer(
    help="Show messages and readings that could not be used, and why; send them again, mended.",
    no_args_is_help=True,
)

PREVIEW_CHARACTERS: Final = 100

KafkaOption = Annotated[
    str | None,
    typer.Option(
        "--kafka",
        envvar="BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS",
        show_envvar=False,
        metavar="HOST:PORT",
        help="Where Kafka is; otherwise that of the platform running on this machine",
    ),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Data folder of the running platform")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line")]


@app.command("list")
def list_letters(
    *,
    kafka: KafkaOption = None,
    data_dir: DataDirOption = None,
    last: Annotated[int, typer.Option(min=1, help="Show only so many, the newest")] = 50,
    treadmill: Annotated[
        str | None, typer.Option(help="Show only this gym_id/treadmill_id")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, oldest first: time, treadmill, reason and the bytes."""
    wanted = (
        kept
        for kept in _read(kafka, data_dir)
        if treadmill is None or kept.letter.treadmill == treadmill
    )
    # no more than these are held, however many there are
    newest = heapq.nlargest(last, wanted, key=_age)
    for kept in reversed(newest):
        typer.echo(json.dumps(to_json(kept)) if as_json else to_line(kept))
    if not newest and not as_json:
        typer.echo("no dead letters")


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it, like 2:15")],
    *,
    kafka: KafkaOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one dead letter with all its bytes."""
    for kept in _read(kafka, data_dir):
        if kept.letter_id == letter_id:
            typer.echo(json.dumps(to_json(kept)) if as_json else to_page(kept))
            return
    _end(f"there is no dead letter {letter_id}")


@app.command()
def replay(
    letter_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `list` shows them")],
    *,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A good value: --set speed_m_per_s=1.2"),
    ] = None,
    kafka: KafkaOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Send dead letters again, mended; a reading counts once, however often it is replayed.

    Nothing is sent when one of the letters cannot be used.
    """
    bootstrap_servers = _bootstrap_servers(kafka, data_dir)
    mended = _changes(changes or [])
    wanted = set(letter_ids)
    found = {
        kept.letter_id: kept for kept in _read_from(bootstrap_servers) if kept.letter_id in wanted
    }
    events: list[TreadmillEvent] = []
    for letter_id in letter_ids:
        if letter_id not in found:
            _end(f"there is no dead letter {letter_id}")
        try:
            events += events_to_replay(found[letter_id].letter, mended)
        except NoRepairError as error:
            _end(f"{letter_id} cannot be replayed: {error}")
    try:
        send_events(bootstrap_servers, events)
    except RepairsNotSentError as error:
        _end(f"not sent: {error}")
    for letter_id in letter_ids:
        typer.echo(f"{letter_id}  sent again")


def to_line(kept: KeptLetter) -> str:
    """Return a dead letter as one line for a terminal."""
    letter = kept.letter
    preview = printable(letter.payload[: PREVIEW_CHARACTERS * 4])
    if len(preview) > PREVIEW_CHARACTERS:
        preview = preview[: PREVIEW_CHARACTERS - 1] + "…"
    where = letter.treadmill or printable(letter.topic.encode())
    reason = printable(letter.reason.encode())
    return "  ".join((kept.letter_id, _time(letter.received_at_ms), where, reason, preview))


def to_page(kept: KeptLetter) -> str:
    """Return a dead letter with everything known of it, a line each."""
    letter = kept.letter
    lines = [
        f"id         {kept.letter_id}",
        f"received   {_time(letter.received_at_ms)}",
        f"topic      {printable(letter.topic.encode())}",
        f"treadmill  {_known(letter.treadmill)}",
        f"device     {_known(letter.device_id)}",
        f"boot, seq  {_known(letter.boot_id)}, {_known(letter.seq)}",
        f"reason     {printable(letter.reason.encode())}",
        f"bytes      {letter.payload_bytes}, of which {len(letter.payload)} are kept:",
        printable(letter.payload),
    ]
    return "\n".join(lines)


def to_json(kept: KeptLetter) -> dict[str, str | int | None]:
    """Return a dead letter for a program; `payload` is None when it is no text."""
    letter = kept.letter
    try:
        text = letter.payload.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "id": kept.letter_id,
        "received_at": _time(letter.received_at_ms),
        "received_at_ms": letter.received_at_ms,
        "topic": letter.topic,
        "treadmill": letter.treadmill,
        "device_id": letter.device_id,
        "boot_id": letter.boot_id,
        "seq": letter.seq,
        "reason": letter.reason,
        "payload_bytes": letter.payload_bytes,
        "payload": text,
        "payload_base64": base64.b64encode(letter.payload).decode(),
    }


def printable(data: bytes) -> str:
    """Return bytes as text that does nothing to a terminal."""
    text = data.decode(errors="backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _age(kept: KeptLetter) -> tuple[int, int, int]:
    return kept.letter.received_at_ms, kept.partition, kept.offset


def _known(value: str | int | None) -> str:
    return "not known" if value is None else str(value)


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _changes(given: list[str]) -> dict[str, Any]:
    """Return the fields to set; a value that is no JSON is text, as in --set direction=reverse."""
    changes: dict[str, Any] = {}
    for text in given:
        field, separator, value = text.partition("=")
        if not separator or not field:
            _end(f"--set wants FIELD=VALUE, not {text!r}")
        try:
            changes[field] = json.loads(value)
        except ValueError:
            changes[field] = value
    return changes


def _read(kafka: str | None, data_dir: Path | None) -> Iterator[KeptLetter]:
    return _read_from(_bootstrap_servers(kafka, data_dir))


def _bootstrap_servers(kafka: str | None, data_dir: Path | None) -> str:
    if kafka is not None:
        return kafka
    platform = running_platform(data_dir)
    if platform is None:
        _end(no_platform_text(data_dir))
    return str(platform["kafka_bootstrap_servers"])


def _read_from(bootstrap_servers: str) -> Iterator[KeptLetter]:
    try:
        yield from read_dead_letters(bootstrap_servers)
    except DeadLettersUnavailableError as error:
        _end(str(error))


def _end(problem: str) -> NoReturn:
    typer.echo(f"backstride dead-letters: {problem}", err=True)
    raise typer.Exit(1)
