"""Create a home."""

from __future__ import annotations

import typer

from renown.cli.output import console


def init(context: typer.Context) -> None:
    """
    Create a home: a folder with commented settings, an empty lake (the collected data) and a database.

    If the settings file of a home is missing, it is written again, with all defaults.

    Example: `renown --home mydata init`
    """
    from renown.home import create_home, restore_settings

    if create_home(context.obj):
        console.print(f"created a home in {context.obj}", soft_wrap=True)
    elif restore_settings(context.obj):
        message = "is a home already; its settings file was missing and is there again, with all defaults"
        console.print(f"{context.obj} {message}", soft_wrap=True)
    else:
        console.print(f"{context.obj} is a home already", soft_wrap=True)
