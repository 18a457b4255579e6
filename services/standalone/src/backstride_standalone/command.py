"""The command `backstride`: gathers the subcommands which the services register.

A service registers an entry point in the group `backstride.commands`.
A plain function becomes one command, a `typer.Typer` a group of commands.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import typer

GROUP = "backstride.commands"


def registered_commands(arguments: Sequence[str]) -> list[EntryPoint]:
    """Return the subcommands to import: the one that is called, else all in order of their names.

    Importing one service instead of all of them makes a call some seconds quicker.
    """
    entries = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    called = [entry for entry in entries if arguments and entry.name == arguments[0]]
    return called or entries


def build_app(entries: Sequence[EntryPoint]) -> typer.Typer:
    """Return the command with these subcommands."""
    app = typer.Typer(
        name="backstride",
        help="The open platform for gyms with treadmills whose belt runs both ways.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )

    @app.callback()
    def _group() -> None:
        """Keep `backstride` a group even when only one subcommand is there."""

    for entry in entries:
        registered = entry.load()
        if isinstance(registered, typer.Typer):
            app.add_typer(registered, name=entry.name)
        else:
            app.command(entry.name)(registered)
    return app


def main() -> None:
    """Run the command; the exit status is 2 for bad input, as usual."""
    build_app(registered_commands(sys.argv[1:]))()
