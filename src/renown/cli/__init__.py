"""Command line: parse the arguments, open the home, run a command, print the result."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from renown import __version__
from renown.cli.commands import CommandGroup
from renown.errors import RenownError

app = typer.Typer(
    cls=CommandGroup,
    help="Compute an open influence score: one number from 1 to 100, explained by points that add up to it.\n\n"
    "Try `renown demo` first: it simulates a community and needs no accounts. "
    "For your own score: `renown init`, `renown add NAME --bluesky HANDLE`, `renown run`, `renown show NAME`.",
    no_args_is_help=True,
)


def _print_version(requested: bool) -> None:  # noqa: FBT001 - Typer's callback
    if requested:
        typer.echo(f"renown {__version__}")
        raise typer.Exit


@app.callback()
def set_home(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of settings and data. Default: $RENOWN_HOME, else ~/.renown.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback prints it and exits
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Set the home folder that all commands use."""
    from renown import settings

    context.obj = settings.resolve_home(home, os.environ)


def main() -> None:
    """Run the command line; print an expected error as one line and exit with status 1."""
    # What a command imports stays until it ends: with Python's thresholds, collecting took a tenth of `renown show`.
    gc.set_threshold(10_000, 20, 50)
    try:
        app()
    except RenownError as error:
        sys.exit(f"renown: {error}")
    except OSError as error:
        sys.exit(f"renown: {error}; check that the folder is writable and the disk is not full")
