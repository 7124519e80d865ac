"""The command that tells the way to a score."""

import os
from typing import Annotated

import typer

from renown import answers
from renown.answers import Ground, Outlook, Way
from renown.answers.standing import no_score
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.options import WhoText
from renown.cli.prints import console, new_table, plain
from renown.cli.standing import key_of
from renown.spelling import plural
from renown.store import Published, ServedScore


def way(
    context: typer.Context,
    who: WhoText,
    target: Annotated[float, typer.Option(min=1, max=100, help="Score to reach.")] = answers.GOAL,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, as docs/way.md says.")] = False,
) -> None:
    """Print what would bring somebody to a score, how likely that is, and what is left if nothing more comes."""
    home = open_home(context.obj, os.environ)
    found = home.served.find(key_of(home, who))
    if found is None:
        raise no_score(home.served.day())
    ground, past = _ground(home, found), home.served.history(found.key, answers.TREND_DAYS + 1)
    with home.reader() as engine:
        answer = answers.way(found.name, found.score, ground, past, engine, target=target)
    (prints.as_json if json else show)(answer)


def show(answer: Way) -> None:
    """Print the steps, the odds and what is left."""
    head = f"{plain(answer.who)}, {answer.day}: {answer.score:.2f}, {answer.ahead:.2f} points to {answer.target:g}"
    table = new_table(head, "alone", "now>", "more>", "", "score>")
    for step in answer.steps:
        more = "not enough" if step.more is None else f"{step.more:,}"
        name = f"{plain(step.lever.account)} {step.lever.signal}"
        table.add_row(name, f"{step.lever.now:,}", more, step.lever.unit, f"{step.score:.2f}")
    console.print(table)
    console.print(f"together: {answer.even.said}", soft_wrap=True)
    console.print(_trend(answer.outlook), soft_wrap=True)
    for left in answer.fading:
        gone = f"{plural(left.acts, 'act')} out of the window, the others aged"
        console.print(
            f"if nothing more comes: {left.score:.2f} ({left.move:+.2f}) on {left.day}, {gone}", soft_wrap=True
        )
    if answer.said:
        console.print(answer.said, soft_wrap=True)


def _trend(told: Outlook) -> str:
    if told.odds_30 is None or told.odds_90 is None:
        return f"no odds: {told.said}"
    odds = f"odds at this trend: {told.odds_30:.0%} in 30 days, {told.odds_90:.0%} in 90 days"
    return f"{odds}; {told.said or f'the drift alone arrives on {told.date}'}"


def _ground(home: Home, found: ServedScore) -> Ground:
    if kept := answers.kept_ground(home.portraits, found):
        return kept
    everybody = home.people.all()
    with home.reader() as engine, Published(home.days.find(found.day)) as published:
        asked = answers.who(found.name, engine, home.lake, home.people)
        return answers.portraits([asked], everybody, published, engine, home.lake)[0].known_ground
