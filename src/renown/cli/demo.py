"""The demo: simulate a community, score it, show the result."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from renown.cli.options import parse_optional_day
from renown.cli.output import console, scores
from renown.cli.progress import ProgressBar
from renown.cli.scores import load_explanation


def demo(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="Last UTC day of the simulation, as 2026-11-23. Default: yesterday.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed: the same seed gives the same community.")] = 1,
) -> None:
    """
    Simulate a small community on three networks for 120 days, score it, print the leaders and a receipt.

    It needs no accounts and no internet connection. Without --home it uses the folder renown-demo.
    """
    from renown import answers, settings
    from renown import demo as renown_demo
    from renown.home import open_demo
    from renown.runs import profiles
    from renown.store import PublishedTables

    home_option = context.parent.params["home"] if context.parent else None
    path = settings.resolve_home(home_option, os.environ, settings.DEMO_HOME)
    home = open_demo(path, os.environ)
    last_day, now = parse_optional_day(day) or datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC)
    with ProgressBar() as bar:
        renown_demo.import_demo(home.reader, home.lake, home.people, last=last_day, seed=seed, now=now, progress=bar)
        renown_demo.publish_demo(
            home.engine,
            lake=home.lake,
            days=home.days,
            people=home.people,
            groups=home.groups,
            method=home.method,
            last=last_day,
            now=now,
            progress=bar,
        )
        served_day = home.days.find()
        profiles.build_profiles(
            home.reader,
            home.lake,
            home.people,
            home.profiles,
            served_day,
            previous_day=home.days.find_previous(served_day),
            progress=bar,
        )
    with home.reader() as engine, PublishedTables(home.days.find(last_day)) as published:
        scores.print_leaderboard(answers.load_leaderboard(published, engine, home.lake, n=10))
    scores.print_explanation(load_explanation(home, "ada", last_day, None, 3))
    url = f"http://{home.settings.serve.host}:{home.settings.serve.port}"
    program = "renown" if shutil.which("renown") else os.path.relpath(sys.argv[0])
    console.print(f"\nTry: {program} --home {path} explain grace, changes hedy, explain bix, top -n 40", soft_wrap=True)
    console.print(
        f"In a browser: {program} --home {path} serve, then open {url} (ada's page is {url}/people/ada)", soft_wrap=True
    )
