"""Open the home that the command line names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import typer

    from renown.home import Home


def open_home(context: typer.Context) -> Home:
    """
    Open the home; called by a command when it needs it, so that `--help` and wrong options need none.

    Raises
    ------
    HomeError
        If there is none, it is read-only, or it was created by a newer version of renown.
    InvalidSettingsError
        If the settings are not valid.
    """
    from renown import home

    return home.open_home(context.obj, os.environ)


def open_existing_home(context: typer.Context) -> Home | None:
    """Open the home if its folder exists, for commands that need none."""
    folder: Path = context.obj
    return open_home(context) if folder.exists() else None
