"""Settings: print those of the home."""

from __future__ import annotations

import typer

from renown.cli.home import open_home
from renown.cli.output import settings as output_settings

settings_app = typer.Typer(help="Show the settings of the home.", no_args_is_help=True)


@settings_app.command("show")
def settings_show(context: typer.Context) -> None:
    """Print the settings of the home, from its file and environment variables; of secrets only whether they are set."""
    output_settings.print_settings(open_home(context).settings)
