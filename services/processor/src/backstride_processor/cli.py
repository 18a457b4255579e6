"""`backstride rebuild`: makes a lost or doubtful state good from what is stored."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from backstride_processor.adapters.kafka_rebuild import RebuildError
from backstride_processor.adapters.kafka_rebuild import rebuild as rebuild_at
from backstride_shared.data_folder import no_platform_text, running_platform


def rebuild(
    *,
    kafka: Annotated[
        str | None,
        typer.Option(
            "--kafka",
            envvar="BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS",
            show_envvar=False,
            metavar="HOST:PORT",
            help="Where Kafka is; otherwise that of the platform running on this machine",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Data folder of the running platform")
    ] = None,
) -> None:
    """Let the processor go on from the stored rows and read again what events there are.

    For a lost or doubtful table, changelog or Kafka. Stop the processor before, start it after.
    No total changes: what the rows contain already is a duplicate; treadmills send the rest.
    """
    if kafka is None:
        platform = running_platform(data_dir)
        if platform is None:
            _end(no_platform_text(data_dir))
        kafka = str(platform["kafka_bootstrap_servers"])
    try:
        rebuilt = rebuild_at(kafka)
    except RebuildError as error:
        _end(str(error))
    typer.echo(
        f"{rebuilt.states_dropped} states dropped, {rebuilt.events_records} records of events "
        "to be read again; start the processor"
    )


def _end(problem: str) -> NoReturn:
    typer.echo(f"backstride rebuild: {problem}", err=True)
    raise typer.Exit(1)
