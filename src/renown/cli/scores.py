"""Scores: compute and publish days, print leaders and whose score moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import DayOption, JsonLinesOption, JsonOption, MethodVersionOption, parse_optional_day
from renown.cli.output import console, runs, scores
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown.runs.group_scores import UnscoredChallenge


def score(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="UTC day, as 2026-11-23. Default: today, although it is not over.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last of several days.")] = None,
    engine: Annotated[str | None, typer.Option(help="duckdb or spark. Default: the setting engine.name.")] = None,
    method_file: Annotated[Path | None, typer.Option("--method", help="Method file. Default: the home's.")] = None,
    claimed: Annotated[
        bool, typer.Option("--claimed", help="Recompute only the claimed people, marked as such; publish nothing.")
    ] = False,
) -> None:
    """
    Compute and publish the scores of one or more days.

    Without a day it scores today so far; score it again tomorrow. `renown run` does that by itself. With a method that
    has a ledger, the last 90 days of people who have no history yet are recomputed, too.

    Example: `renown score --from 2026-11-01 --to 2026-11-23`
    """
    from renown import method, runs

    home = open_home(context)
    scoring_method = method.load_method(method_file) if method_file else home.method
    last_day = parse_optional_day(to or day) or datetime.now(UTC).date()
    first_day = parse_optional_day(from_) or last_day
    resources = replace(home.run_resources, method=scoring_method, open_engine=lambda: home.engine(engine))
    with runs.file_lock(home.settings.home / runs.RUN_LOCK, at=datetime.now(UTC)):
        if claimed:
            with ProgressBar() as bar:
                runs.recompute_range(resources, first=first_day, last=last_day, now=datetime.now(UTC), progress=bar)
            return
        with ProgressBar() as bar:
            scored = runs.score_days(resources, first_day, last_day, now=lambda: datetime.now(UTC), progress=bar)
    _print_missing_challenges(scored.missing)
    for published_day in scored.days:
        if not published_day.is_default:
            console.print(
                f"{published_day.day} has scores by another method as its default; "
                f"read these with --method {published_day.method}"
            )


def _print_missing_challenges(missing: Iterable[UnscoredChallenge]) -> None:
    """Print which challenges need scores by another method."""
    for missing_day in missing:
        console.print(
            f"challenge {missing_day.challenge} of {missing_day.group} needs {missing_day.day} "
            f"by method {missing_day.method}: "
            f"run `renown score --day {missing_day.day} --method FILE`",
            soft_wrap=True,
        )


def top(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of people.")] = 20,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    json: JsonOption = False,
) -> None:
    """Print the leaderboard of a day: who has the highest scores."""
    from renown import answers
    from renown.store import PublishedTables

    home = open_home(context)
    with (
        home.reader() as engine,
        PublishedTables(home.days.find(parse_optional_day(day), method_version), engine.connection) as published,
    ):
        answer = answers.load_leaderboard(published, engine, home.lake, n=n)
    (output.print_json if json else scores.print_leaderboard)(answer)


def landmarks(context: typer.Context, json: JsonLinesOption = False) -> None:
    """
    Print the public figures of the file that the setting serve.landmarks names, with the scores that pages show.

    Scores are computed by the method from the counts in the file. Who opted out is left out.

    Example: `renown landmarks`
    """
    from renown import answers

    home = open_home(context)
    if home.settings.serve.landmarks is None:
        raise InvalidInputError(
            "no landmarks are listed, so pages show none; write a file with a table [[landmarks]] for each, and name "
            "it in the setting serve.landmarks"
        )
    visibility = answers.load_visibility(home.people, home.settings.serve, version=0)
    shown = [
        landmark
        for landmark in home.load_landmarks()
        if landmark.is_visible(visibility, home.profiles.find_owner(landmark.network, landmark.account_id))
    ]
    (output.print_json_lines if json else scores.print_landmarks)(shown)


def alerts(
    context: typer.Context,
    points: Annotated[float, typer.Option(min=0.01, help="Points by which a score must have moved.")] = 1.0,
    day: DayOption = None,
    since: Annotated[
        str | None, typer.Option(help="Earlier UTC day to compare with. Default: the published day before.")
    ] = None,
    json: JsonLinesOption = False,
) -> None:
    """
    Print the people whose score moved by a point or more between two published days, the largest fall first.

    `renown run` prints the same for the days that it published; cron sends what it prints by mail.

    Example: `renown alerts --points 2 --since 2026-11-16`
    """
    from renown import answers

    home = open_home(context)
    earlier_day, later_day = home.days.find_compared(parse_optional_day(day), parse_optional_day(since))
    answer = answers.find_score_alerts(home.people.all_consenting(), earlier_day, later_day, points=points)
    if json:
        output.print_json_lines(answer)
        return
    runs.print_alerts(answer)
    if not answer:
        unit = "point" if points == 1 else "points"
        console.print(f"nobody's score moved by {points:g} {unit} from {earlier_day.day} to {later_day.day}")
