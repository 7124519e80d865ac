"""Collect from networks: fetch what is new about people's accounts."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption
from renown.cli.output import notify
from renown.cli.output import runs as output_runs
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError


def collect(
    context: typer.Context,
    who: Annotated[list[str] | None, typer.Argument(metavar="WHO", help="Names of people. Default: everybody.")] = None,
    pages: Annotated[
        int | None, typer.Option(min=1, help="Maximum requests per account. Default: the setting collect.pages.")
    ] = None,
    seconds: Annotated[
        int | None, typer.Option(min=1, help="Maximum seconds per account. Default: the setting collect.seconds.")
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum names read of one list, such as who liked a post; the rest is only counted."),
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Read only accounts that were never read before.")] = False,
    webmentions: Annotated[
        bool, typer.Option("--webmentions", help="Only verify the webmentions that this server received for blogs.")
    ] = False,
    json: JsonLinesOption = False,
) -> None:
    """
    Fetch what is new about people's accounts from their networks; continue where the last run stopped.

    `renown run` does this, and publishes scores as well.

    Example: `renown collect ada --pages 200`
    """
    from renown import runs

    home = open_home(context)
    settings = home.settings.replace_limits(pages=pages, seconds=seconds, actors=actors)
    home = dataclasses.replace(home, settings=settings)
    if webmentions:
        with ProgressBar() as bar:
            summary = runs.process_webmentions(home.run_resources, now=lambda: datetime.now(UTC), progress=bar)
        (output.print_json_lines if json else output_runs.print_webmentions)([summary])
        return
    if new and who:
        raise InvalidInputError(
            f"--new reads all accounts that were never read, but {who[0]!r} is named; use only one of both"
        )
    with ProgressBar() as bar:
        progress = None if json else bar
        if new:
            summaries = runs.fetch_new_accounts(
                home.run_resources, now=lambda: datetime.now(UTC), notify=notify, progress=progress
            )
        else:
            summaries = runs.collect(
                home.run_resources, who or [], now=lambda: datetime.now(UTC), notify=notify, progress=progress
            )
    (output.print_json_lines if json else output_runs.print_fetch_summaries)(summaries)
    if summaries and not any(summary.complete for summary in summaries):
        raise typer.Exit(1)
