"""The command that shows it all on a simulated community."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from renown import answers, jobs, settings
from renown.assembly import open_demo
from renown.cli.options import day_or_none
from renown.cli.prints import console, receipts
from renown.cli.progress import Bar
from renown.cli.scoring import explained
from renown.store import Published


def demo(
    context: typer.Context,
    day: Annotated[str | None, typer.Option(help="Last day to simulate, as 2026-11-23; yesterday without it.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same community.")] = 1,
) -> None:
    """Simulate a small community on three networks for 120 days, score it, print leaders and a receipt."""
    named = context.parent.params["home"] if context.parent else None
    path = settings.home_of(named, os.environ, settings.DEMO_HOME)
    home = open_demo(path, os.environ)
    last, now = day_or_none(day) or datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC)
    with Bar() as bar:
        jobs.demo.simulate(home.reader, home.lake, home.people, last=last, seed=seed, now=now, progress=bar)
        jobs.demo.publish(
            home.engine,
            home.lake,
            home.days,
            home.people,
            home.groups,
            home.method,
            last=last,
            now=now,
            progress=bar,
        )
        jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, home.days.find(), progress=bar)
    with home.reader() as engine, Published(home.days.find(last)) as published:
        receipts.leaders(answers.leaders(published, engine, home.lake, n=10))
    receipts.explanation(explained(home, "ada", last, None, 3))
    at = f"http://{home.settings.serve.host}:{home.settings.serve.port}"
    me = "renown" if shutil.which("renown") else os.path.relpath(sys.argv[0])
    console.print(f"\nTry: {me} --home {path} explain grace, changes hedy, explain bix, top -n 40", soft_wrap=True)
    console.print(f"See it: {me} --home {path} serve, then open {at} (ada is at {at}/people/ada)", soft_wrap=True)
