"""Create a home."""

from __future__ import annotations

import typer

from renown.cli.output import console


def init(context: typer.Context) -> None:
    """
    Create a home: a folder with commented settings, an empty lake (the collected data) and a database.

    Example: `renown --home mydata init`
    """
    from renown.home import create_home

    created = create_home(context.obj)
    console.print(f"created a home in {context.obj}" if created else f"{context.obj} is a home already")
