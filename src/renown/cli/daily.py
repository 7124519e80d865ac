"""The commands of daily life: a run, one after another, and how the home is doing."""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from renown import answers, jobs
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.networks import tell
from renown.cli.options import day_or_none
from renown.cli.prints import daily
from renown.cli.progress import Bar
from renown.connectors import CONNECTORS
from renown.errors import BadInput

NICE = 19
"""How far runs that go on in the background step back behind who waits for an answer."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/daily.md says.")]


def run(
    context: typer.Context,
    every: Annotated[str | None, typer.Option(help="hour or day: go on until it is interrupted.")] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="UTC day to begin with, scored again if it was; the first missing without it."),
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Publish today, too, as far as it is known.")] = False,
    json: Json = False,
) -> None:
    """Read what is new of all claimed accounts, then publish each day that is over and not published yet."""
    home = open_home(context.obj, os.environ)
    if every is None:
        done = _once(home, from_, today=today, json=json)
        if done.networks and not any(network.read for network in done.networks):
            raise typer.Exit(1)
        return
    if every not in jobs.EVERY or from_:
        msg = (
            f"--every is {every!r}{' with --from' if from_ else ''}; write --every hour or --every day, without --from"
        )
        raise BadInput(msg)
    os.nice(NICE)
    keep(home, lambda: _once(home, None, today=today, json=json), every=every, stop=threading.Event())


def status(context: typer.Context, json: Json = False) -> None:
    """Print when each network and account was last seen, what went wrong, and which days are published."""
    home = open_home(context.obj, os.environ)
    owned = [account for person in home.people.all() for account in person.accounts]
    with home.reader() as engine:
        called = answers.handles(engine, home.lake, owned)
    answer = answers.status(
        home.people,
        home.readings,
        home.days.all(),
        readable=CONNECTORS,
        called=called,
        now=_now(),
        window=int(home.method["window_days"]),
    )
    (prints.as_json if json else daily.status)(answer)


def keep(home: Home, work: Callable[[], object], *, every: str, stop: jobs.Stop) -> None:
    """Do a home's runs every hour or day, at once if a day is missing, until told to stop."""
    jobs.keep(
        work,
        every=jobs.EVERY[every],
        at=home.settings.run_at,
        missing=lambda: _missing(home),
        clock=_now,
        stop=stop,
        seed=time.time_ns(),
        told=tell,
    )


def _once(home: Home, from_: str | None, *, today: bool, json: bool) -> jobs.Run:
    for one in jobs.grant(home.reader, home, now=_now):
        if one.said:
            tell(f"somebody's wish ({one.kind}) waits: {one.said}")
    with Bar() as bar:
        done = jobs.run(
            home,
            now=_now,
            first=day_or_none(from_),
            last=_now().date() if today else None,
            told=tell,
            progress=None if json else bar,
        )
    (prints.as_json if json else daily.run)(done)
    return done


def _missing(home: Home) -> bool:
    today, window = _now().date(), int(home.method["window_days"])
    return bool(answers.due(home.days.all(), today=today, last=today - timedelta(days=1), window=window).days)


def _now() -> datetime:
    return datetime.now(UTC)
