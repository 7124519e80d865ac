"""The demo: simulate a population, score it, and tell its story."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.options import parse_optional_day
from renown.cli.output import demo as story
from renown.cli.output import groups, scores
from renown.cli.progress import ProgressBar
from renown.cli.receipts import load_explanation

if TYPE_CHECKING:
    from renown.demo import TeamScores
    from renown.home import Home

TEAM_FOLDER, FILES_FOLDER = "team", "files"
"""Home of the small team, within the home of the demo; its folder with the CSV files of the team."""

_LEADERS = 12
"""People in the printed leaderboard: as many as are at 70 or above."""


def demo(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="Last UTC day of the simulation, as 2026-11-23. Default: yesterday.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed: the same seed gives the same population.")] = 1,
) -> None:
    """
    Simulate 20,000 accounts on three networks for 150 days, score them, print the leaders, a race and a receipt.

    A second home, in the folder team of the demo, shows a team with nothing but CSV files of their own acts.
    It needs no accounts and no internet connection. Without --home it uses the folder renown-demo.
    """
    from renown import settings
    from renown.home import open_demo

    home_option = context.parent.params["home"] if context.parent else None
    path = settings.resolve_home(home_option, os.environ, settings.DEMO_HOME)
    home, team_home = open_demo(path, os.environ), open_demo(path / TEAM_FOLDER, os.environ)
    last_day, now = parse_optional_day(day) or datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC)
    with ProgressBar() as bar:
        _create_population(home, last_day, seed, now, bar)
        team_scores = _create_team(team_home, last_day, seed, now, bar)
    _print_story(home, path, last_day, team_scores)


def _create_population(home: Home, last_day: date, seed: int, now: datetime, bar: ProgressBar) -> None:
    from renown import demo as renown_demo
    from renown.runs import profiles

    resources = home.run_resources
    renown_demo.import_demo(resources, home.claims, last=last_day, seed=seed, now=now, progress=bar)
    with home.reader() as engine:
        renown_demo.list_landmarks(home.settings.home, engine, home.lake, last=last_day)
    renown_demo.publish_demo(resources, last=last_day, now=now, progress=bar)
    # Of all others, the profile is built when their page is opened, which takes a second.
    published_day = home.days.find()
    names = [member.name for member in (*renown_demo.COLLEAGUES, renown_demo.REACTION_BUYER)]
    profiles.build_profiles(
        home.reader,
        home.lake,
        home.people,
        home.profiles,
        published_day,
        previous_day=home.days.find_previous(published_day),
        only=names,
        progress=bar,
    )


def _create_team(home: Home, last_day: date, seed: int, now: datetime, bar: ProgressBar) -> TeamScores:
    from renown import demo as renown_demo
    from renown.runs import profiles

    paths = renown_demo.write_team_files(home.settings.home / FILES_FOLDER, last=last_day, seed=seed)
    team_scores = renown_demo.publish_team(home.run_resources, paths, last=last_day, now=now, progress=bar)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find())
    return team_scores


def _print_story(home: Home, path: Path, last_day: date, team_scores: TeamScores) -> None:
    from renown import answers
    from renown import demo as renown_demo
    from renown.store import PublishedTables

    with home.reader() as engine, PublishedTables(home.days.find(last_day), engine.connection) as published:
        scores.print_leaderboard(answers.load_leaderboard(published, engine, home.lake, n=_LEADERS))
        claimed_scores = published.read_verified_scores([person.key for person in home.people.all_consenting()])
    story.print_shares(list(claimed_scores.values()))
    groups.print_standings(
        answers.compute_standings(home.groups, home.served_scores, home.days, name=renown_demo.GROUP_NAME, challenge=1)
    )
    story.print_buyer(renown_demo.REACTION_BUYER.name, renown_demo.FULL_SIZE.paid_accounts)
    scores.print_explanation(load_explanation(home, renown_demo.REACTION_BUYER.name, last_day, None, 3))
    story.print_team(team_scores, renown_demo.GROUP_GOAL)
    server = home.settings.serve
    story.print_next_steps(path, path / TEAM_FOLDER, f"http://{server.host}:{server.port}")
