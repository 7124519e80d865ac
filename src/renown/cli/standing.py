"""The commands about one person's place and past."""

import os
from pathlib import Path
from typing import Annotated

import typer

from renown import answers
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.options import WhoText, drawable
from renown.cli.prints import daily

Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/daily.md says.")]


def standing(
    context: typer.Context,
    who: WhoText,
    goal: Annotated[float, typer.Option(min=1, max=100, help="Score that is asked for.")] = answers.GOAL,
    days: Annotated[int, typer.Option(min=1, help="Days in a row that are asked for.")] = answers.IN_A_ROW,
    json: Json = False,
) -> None:
    """Print somebody's place on the latest day, how it moved, and how long the score has held a goal."""
    home = open_home(context.obj, os.environ)
    answer = answers.standing(home.served, key_of(home, who), goal=goal, in_a_row=days)
    (prints.as_json if json else daily.standing)(answer)


def history(
    context: typer.Context,
    who: WhoText,
    days: Annotated[int, typer.Option(min=1, help="Days up to the latest.")] = 90,
    plot: Annotated[Path | None, typer.Option(callback=drawable, help="Draw it, too: a .png or .svg file.")] = None,
    json: Json = False,
) -> None:
    """Print somebody's score day by day, with what to know of a day: another method, networks not seen."""
    home = open_home(context.obj, os.environ)
    key, networks = _asked(home, who)
    answer = answers.timeline(home.served, home.days, home.lake, key, networks=networks, days=days)
    (prints.as_json if json else daily.history)(answer)
    if plot:
        from renown.cli import plots  # noqa: PLC0415 - heavy, and of the extra `learn`

        plots.draw(answer, plot)


def key_of(home: Home, who: str) -> int:
    """Return what scores call somebody."""
    return _asked(home, who)[0]


def _asked(home: Home, who: str) -> tuple[int, set[str]]:
    """Return what scores call somebody, and their networks; a claimed person is found without looking into the lake."""
    if person := home.people.by_name(who):
        return person.key, {network for network, _ in person.accounts}
    with home.reader() as engine:
        found = answers.who(who, engine, home.lake, home.people)
    return found.key, {network for network, _ in found.accounts}
