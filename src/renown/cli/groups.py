"""The commands of groups: make one, join it, race to a score, and check what was logged."""

import os
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from renown import answers, jobs
from renown.assembly import Home, open_home
from renown.cli import prints
from renown.cli.options import day_in
from renown.cli.prints import console, races
from renown.errors import BadInput
from renown.store import INVITED_DAYS, JOIN_BY, Person

group_app = typer.Typer(help="Groups of people and their challenges.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name, as klout70.")]
WhoText = Annotated[str, typer.Argument(metavar="WHO", help="A person's name, network:handle or network:id.")]
Goal = Annotated[int | None, typer.Option(help="Score to reach, 1 to 100; the group's without it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, as docs/groups.md says.")]


@group_app.command()
def create(
    context: typer.Context,
    name: Name,
    goal: Annotated[int, typer.Option(help="Score to reach, 1 to 100.")],
    title: Annotated[str, typer.Option(help="What people read; the name without it.")] = "",
    join_by: Annotated[
        str, typer.Option("--join-by", help=f"{' or '.join(JOIN_BY)}: open to who claimed an account, or invited only.")
    ] = JOIN_BY[0],
) -> None:
    """Make a group with a score to reach."""
    home = _open(context)
    made = home.groups.create(name, goal=goal, title=title, join_by=join_by, at=datetime.now(UTC))
    console.print(f"{made.name} is a group with the goal {made.goal}, joined by {made.join_by}")


@group_app.command()
def invite(
    context: typer.Context,
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until it expires.")] = INVITED_DAYS,
) -> None:
    """Print an invitation, a secret word that lets one person join; it is shown once and kept nowhere."""
    typer.echo(_open(context).groups.invite(name, at=datetime.now(UTC), days=days))


@group_app.command()
def join(
    context: typer.Context,
    name: Name,
    who: WhoText,
    invitation: Annotated[str | None, typer.Option(help="What `renown group invite` printed.")] = None,
) -> None:
    """Let a person who claimed an account into a group; they start with their latest score."""
    home = _open(context)
    person = _person(home, who)
    latest = home.served.find(person.key)
    home.groups.join(name, person, at=datetime.now(UTC), invitation=invitation, latest=latest)
    start = f"starts with {latest.score:.2f}, of {latest.day}" if latest else "starts with their first score"
    console.print(f"{prints.plain(person.name)} is in {name} and {start}")


@group_app.command()
def leave(context: typer.Context, name: Name, who: WhoText) -> None:
    """Let a person out of a group; what was logged of them stays, see `renown forget`."""
    home = _open(context)
    person = _person(home, who)
    home.groups.leave(name, person, at=datetime.now(UTC))
    console.print(f"{prints.plain(person.name)} left {name}")


@group_app.command()
def challenge(
    context: typer.Context,
    name: Name,
    last: Annotated[str, typer.Option(help="Its last UTC day, as 2026-11-23.")],
    first: Annotated[str | None, typer.Option(help="Its first UTC day; today without it.")] = None,
    goal: Goal = None,
) -> None:
    """Start a challenge: a race by the latest published day's method, which stays the challenge's to its end."""
    home, now = _open(context), datetime.now(UTC)
    begins = day_in(first) if first else now.date()
    made = home.groups.start(name, first=begins, last=day_in(last), by=home.days.find(), goal=goal, at=now)
    console.print(
        f"challenge {made.number} of {name}: {made.goal} from {made.first} to {made.last}, by method {made.method}"
    )


@group_app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Print every group."""
    answer = answers.group_list(_open(context).groups)
    (prints.as_json if json else races.group_list)(answer)


@group_app.command()
def show(
    context: typer.Context,
    name: Name,
    challenge: Annotated[int, typer.Option(min=0, help="Of one of its challenges; 0 is the group itself.")] = 0,
    json: Json = False,
) -> None:
    """Print who leads, who reached the goal first, who rose most, and how likely each is to get there."""
    home = _open(context)
    answer = answers.standings(home.groups, home.served, home.days, name=name, challenge=challenge)
    (prints.as_json if json else races.standings)(answer)


@group_app.command()
def log(context: typer.Context, name: Name, json: Json = False) -> None:
    """Print what was logged; with --json all that a stranger needs to verify it."""
    answer = answers.group_log(_open(context).groups, name)
    (prints.as_json if json else races.group_log)(answer)


@group_app.command()
def verify(
    context: typer.Context,
    name: Name,
    head: Annotated[str | None, typer.Option(help="A digest that you kept: the log has to go on from it.")] = None,
    json: Json = False,
) -> None:
    """Recompute a group's log and print its head, for members to keep; the exit code is 1 where it was changed."""
    verdict = _open(context).groups.verify(name, head=head)
    (prints.as_json if json else races.verdict)(verdict)
    if verdict.faults:
        raise typer.Exit(1)


def record(home: Home, day: date) -> None:
    """Log every group's scores of a day, and say which challenges wait for another method's."""
    for missing in jobs.challenges.record(home.days, home.groups, day, now=datetime.now(UTC)).missing:
        console.print(
            f"challenge {missing.challenge} of {missing.group} waits for {missing.day} by method {missing.method}: "
            f"score it with `renown score --day {missing.day} --method FILE`",
            soft_wrap=True,
        )


def _open(context: typer.Context) -> Home:
    return open_home(context.obj, os.environ)


def _person(home: Home, who: str) -> Person:
    with home.reader() as engine:
        asked = answers.who(who, engine, home.lake, home.people)
    person = home.people.by_name(asked.name) if asked.key < 0 else None
    if person is None:
        msg = f"nobody claimed {asked.name!r}; claim it with `renown add NAME --account …`: groups are of people"
        raise BadInput(msg)
    return person
