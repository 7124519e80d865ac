"""Back up and restore a home, and move its database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from renown.cli.output import console, escape_text
from renown.cli.progress import ProgressBar
from renown.text import plural


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, such as /backup/renown.tar.")],
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave out tokens of networks and the keys of statements.")
    ] = False,
) -> None:
    """
    Write the whole home to one file, consistent while the server runs; a PostgreSQL database by `pg_dump`.

    Runs, imports and publishing wait for a moment. The file has personal data, which later erasures do not reach:
    delete old backups.

    Example: `renown backup /backup/renown-2026-11-23.tar`
    """
    from renown.home.backup import back_up

    with ProgressBar() as bar:
        summary = back_up(context.obj, file, with_secrets=not without_secrets, progress=bar)
    console.print(
        f"wrote {escape_text(summary.path)}: {plural(summary.files, 'file')}, {summary.bytes / 1e6:,.1f} MB; "
        f"writers waited {summary.locked_seconds:.1f} s",
        soft_wrap=True,
    )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that `renown backup` wrote.")],
) -> None:
    """
    Restore a home from a backup into an empty folder, after checking each of its files.

    Repeat the opt-outs and erasures that came after the backup before you start the server.

    Example: `renown --home /srv/renown restore /backup/renown-2026-11-23.tar`
    """
    from renown.home.backup import restore as restore_home

    with ProgressBar() as bar:
        summary = restore_home(file, context.obj, progress=bar)
    console.print(
        f"restored {plural(summary.files, 'file')}, {summary.bytes / 1e6:,.1f} MB; "
        "`renown check --full` reads them all, `renown status` names the days that are missing since then",
        soft_wrap=True,
    )


def move_store(context: typer.Context) -> None:
    """
    Move the database of a home from SQLite to PostgreSQL: people, claims, groups, API keys, published days.

    The setting store.url, or RENOWN_STORE, names an empty database. Stop the server before. Scores, ids and keys stay
    the same; either everything is moved, or nothing.

    Example: `renown move-store`
    """
    from renown.home.move_store import move_store as move

    with ProgressBar() as bar:
        result = move(context.obj, os.environ, progress=bar)
    console.print(
        f"moved {plural(result.rows, 'row')} to PostgreSQL; {escape_text(result.kept)} is not used any more: delete it "
        "when `renown check` finds nothing, since later erasures do not reach it",
        soft_wrap=True,
    )
