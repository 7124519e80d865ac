"""The commands of scores: compute days, print leaders and receipts, say why scores moved, hand rows on."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from renown import answers, jobs, method
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.groups import record
from renown.cli.options import WhoText, day_or_none
from renown.cli.prints import console, daily, receipts
from renown.cli.progress import Bar
from renown.errors import BadInput
from renown.store import Published

Day = Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23; the latest published without it.")]
By = Annotated[str | None, typer.Option("--method", help="Version of the method; the day's own without it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/command-line.md says.")]


def score(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="UTC day, as 2026-11-23; today, as far as it is known, without it.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last of several days.")] = None,
    engine: Annotated[str | None, typer.Option(help="duckdb or spark.")] = None,
    method_file: Annotated[Path | None, typer.Option("--method", help="Score by another method file.")] = None,
) -> None:
    """Compute and publish days; without a day, today as far as it is known: score it again tomorrow."""
    home = open_home(context.obj, os.environ)
    used = method.load(method_file) if method_file else home.method
    last = day_or_none(to or day) or datetime.now(UTC).date()
    first = day_or_none(from_) or last
    if first > last:
        msg = f"--from is {first}, after the last day, {last}; write the earlier day first"
        raise BadInput(msg)
    for offset in range((last - first).days + 1):
        with home.engine(engine) as session, Bar() as bar:
            made = jobs.score(
                session,
                home.lake,
                home.days,
                home.people,
                used,
                day=first + timedelta(days=offset),
                now=datetime.now(UTC),
                progress=bar,
            )
        record(home, made.day)
        if not made.own:
            console.print(
                f"{made.day} has a score of its own by another method; read this one with --method {made.method}"
            )
    if made == home.days.find():
        with Bar() as bar:
            jobs.portray.portray(home.reader, home.lake, home.people, home.portraits, made, progress=bar)


def top(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    day: Day = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Print the leaders of a day."""
    home = open_home(context.obj, os.environ)
    with home.reader() as engine, Published(home.days.find(day_or_none(day), by)) as published:
        answer = answers.leaders(published, engine, home.lake, n=n)
    (prints.as_json if json else receipts.leaders)(answer)


def show(context: typer.Context, who: WhoText, day: Day = None, by: By = None, json: Json = False) -> None:
    """Print somebody's score of a day and what it is made of; with 1 for everybody the points sum to it."""
    home = open_home(context.obj, os.environ)
    with home.reader() as engine, Published(home.days.find(day_or_none(day), by)) as published:
        asked = answers.who(who, engine, home.lake, home.people)
        answer = answers.receipt(asked, published, engine, home.lake)
    (prints.as_json if json else receipts.receipt)(answer)
    served = home.served.find(asked.key)
    if not json and served and answer.day == f"{served.day}" and by is None:
        kept = answers.kept_portrait(home.portraits, served)
        daily.standing_line(answers.standing(home.served, served.key), kept.range if kept else None)


def explain(
    context: typer.Context,
    who: WhoText,
    day: Day = None,
    by: By = None,
    top: Annotated[int, typer.Option(min=0, help="Actors and posts named of each signal.")] = answers.TOP,
    json: Json = False,
) -> None:
    """Print somebody's receipt down to the people and the posts that each signal's points came from."""
    home = open_home(context.obj, os.environ)
    prints_it = prints.as_json if json else receipts.explanation
    prints_it(explained(home, who, day_or_none(day), by, top))


def explained(home: Home, who: str, day: date | None, by: str | None, top: int) -> answers.Explanation:
    """Return somebody's receipt down to people and posts."""
    with home.reader() as engine, Published(home.days.find(day, by)) as published:
        asked = answers.who(who, engine, home.lake, home.people)
        return answers.explain(asked, published, engine, home.lake, top=top)


def changes(
    context: typer.Context,
    who: WhoText,
    day: Day = None,
    since: Annotated[str | None, typer.Option(help="Day to compare with; the published one before without it.")] = None,
    people: Annotated[
        bool, typer.Option("--people", help="Print the people and the posts behind each part, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Print why somebody's score moved between two published days, in signed parts that sum to the move."""
    home = open_home(context.obj, os.environ)
    last = home.days.find(day_or_none(day))
    earlier = home.days.find(day_or_none(since)) if since else home.days.before(last)
    with home.reader() as engine, Published(earlier) as first, Published(last) as then:
        asked = answers.who(who, engine, home.lake, home.people)
        answer = answers.changes(asked, first, then, engine, home.lake)
    (prints.as_json if json else receipts.changes)(answer)
    if people and not json:
        receipts.movers(answer)


def export(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="scores or points.")],
    to: Annotated[Path, typer.Option(help="A .parquet or .csv file.")],
    day: Day = None,
    by: By = None,
) -> None:
    """Write a published day to a file, in a stable order."""
    if table not in {"scores", "points"} or to.suffix not in {".csv", ".parquet"}:
        msg = f"cannot export {table!r} to {str(to)!r}; export scores or points to a .csv or .parquet file"
        raise BadInput(msg)
    if not to.parent.is_dir():
        msg = f"there is no folder {str(to.parent)!r} to export to; make it first"
        raise BadInput(msg)
    home = open_home(context.obj, os.environ)
    with Published(home.days.find(day_or_none(day), by)) as published:
        # Noted first: no file with people's scores may be out of reach of `forget`.
        home.days.exports.note(to)
        console.print(f"{published.export(table, to):,} rows in {to}")
