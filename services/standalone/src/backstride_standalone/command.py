"""The command `backstride`: gathers the subcommands which the services register.

A service registers an entry point in the group `backstride.commands`.
A plain function becomes one command, a `typer.Typer` a group of commands.
"""

from importlib.metadata import entry_points

import typer


def build_app() -> typer.Typer:
    """Return the command with every registered subcommand, in the order of their names."""
    app = typer.Typer(
        name="backstride",
        help="The open platform for gyms with treadmills whose belt runs both ways.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )

    @app.callback()
    def _group() -> None:
        """Keep `backstride` a group even when only one subcommand is installed."""

    for entry in sorted(entry_points(group="backstride.commands"), key=lambda entry: entry.name):
        registered = entry.load()
        if isinstance(registered, typer.Typer):
            app.add_typer(registered, name=entry.name)
        else:
            app.command(entry.name)(registered)
    return app


def main() -> None:
    """Run the command; the exit status is 2 for bad input, as usual."""
    build_app()()
