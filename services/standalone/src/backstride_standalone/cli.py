"""`backstride run`: the whole platform on one machine."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from backstride_shared.data_folder import default_data_folder
from backstride_standalone.adapters.data_folder import DataFolder, DataFolderError
from backstride_standalone.domain.lan import LanRefusedError, check_may_open
from backstride_standalone.domain.ports import PortTakenError
from backstride_standalone.main import MissingBrokerError, run_platform
from backstride_standalone.run_options import MqttChoice, RunOptions
from backstride_standalone.supervision import ProgramFailedError

_CANNOT_RUN = 2
_FAILED = 1


def run(  # noqa: PLR0913  one parameter per option of the command
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulate treadmills and make up members.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Folder for everything that is kept.", show_default="per user"),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete what the data folder holds, and begin anew.")
    ] = False,
    lan: Annotated[
        bool,
        typer.Option("--lan", help="Let the network reach the page; needs an owner's account."),
    ] = False,
    treadmills: Annotated[
        int, typer.Option(min=0, max=200, help="Simulated treadmills, with --demo.")
    ] = 4,
    history_days: Annotated[
        int, typer.Option(min=0, max=6, help="Days of made-up past training, with --demo.")
    ] = 6,
    mqtt: Annotated[
        MqttChoice, typer.Option(help="MQTT broker: Mosquitto where installed, else amqtt.")
    ] = MqttChoice.AUTO,
    http_port: Annotated[int, typer.Option(min=0, max=65535, help="Page and API.")] = 8080,
    mqtt_port: Annotated[int, typer.Option(min=0, max=65535, help="Treadmills.")] = 1883,
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="Embedded Kafka.")] = 0,
) -> None:
    """Run the whole platform on this machine, with everything it needs, until Ctrl-C.

    A port of 0 takes a free one. Everybody on this machine may connect, nobody else can; with
    --lan the machines of the network reach the page, where everybody signs in.
    """
    path = data_dir or default_data_folder(is_demo=demo)
    options = RunOptions(
        is_demo=demo,
        is_lan=lan,
        mqtt=mqtt,
        http_port=http_port,
        mqtt_port=mqtt_port,
        kafka_port=kafka_port,
        treadmill_count=treadmills,
        history_days=history_days,
    )
    try:
        with DataFolder(path) as folder:
            if fresh:
                if lan:
                    check_may_open(is_demo=demo, is_fresh=True, has_admin=False)
                if not demo:
                    _ask_to_delete(folder)
                folder.make_empty()
            run_platform(options, folder)
    except (DataFolderError, PortTakenError, MissingBrokerError, LanRefusedError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_CANNOT_RUN) from None
    except ProgramFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAILED) from None


def _ask_to_delete(folder: DataFolder) -> None:
    """Return when a person agrees; a program that cannot be asked must use --demo or a new folder.

    Raises:
        DataFolderError: when they do not agree, or nobody is there.

    """
    if not folder.is_used():
        return
    if not sys.stdin.isatty():
        raise DataFolderError(
            f"--fresh would delete {folder.path}, and nobody is at a terminal to agree; "
            "delete it yourself, or choose another --data-dir"
        )
    if not typer.confirm(f"Delete everything in {folder.path}?"):
        raise DataFolderError("nothing was deleted, and nothing was started")
