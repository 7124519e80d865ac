"""Groups: create and join them, run challenges, verify the log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonOption, PeopleArgument, PersonArgument, parse_day, parse_percentage, parse_score
from renown.cli.output import console, groups
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown.answers import ReachableScores
    from renown.home import Home
    from renown.store import GoalOrigin, Person

group_app = typer.Typer(
    help="Groups of people who want to reach a score, and challenges with a deadline.", no_args_is_help=True
)
GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Name of the group, such as klout70.")]
GoalOption = Annotated[
    float | None,
    typer.Option(parser=parse_score, metavar="SCORE", help="Score to reach, 1 to 100. Default: the group's goal."),
]


@group_app.command()
def create(
    context: typer.Context,
    name: GroupArgument,
    goal: Annotated[
        float | None,
        typer.Option(parser=parse_score, metavar="SCORE", help="Score to reach, 1 to 100, such as 70 or 72.5."),
    ] = None,
    goal_percentile: Annotated[
        int | None,
        typer.Option(
            parser=parse_percentage,
            metavar="PERCENT",
            help="Instead of --goal: the score that this percentage of the claimed people do not exceed today, such as "
            "90 or 90%.",
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Title that people see. Default: the name.")] = "",
    join_by: Annotated[
        str,
        typer.Option("--join-by", help="claim or invitation: open to anybody who claimed an account, or invited only."),
    ] = "claim",
    owner: Annotated[
        str | None,
        typer.Option(metavar="PERSON", help="Person who may change it on the web. Default: only the command line can."),
    ] = None,
) -> None:
    """
    Create a group with a score to reach, and print what that means for the people who claimed an account.

    In a small community, where nobody is near 70, choose the goal by a percentile of its own scores. It is stored as
    the score that it is today.

    Examples: `renown group create klout70 --goal 70`, `renown group create office --goal-percentile 90`
    """
    from renown import answers

    home = open_home(context)
    reachable = answers.load_reachable_scores(home.days, home.people)
    score, origin = _choose_goal(goal, goal_percentile, reachable)
    group = home.groups.create(
        name,
        goal=score,
        title=title,
        join_by=join_by,
        at=datetime.now(UTC),
        goal_origin=origin,
        owner=_find_person(home, owner) if owner else None,
    )
    origin_text = f" ({groups.format_goal_origin(origin)})" if origin else ""
    console.print(
        f"created the group {group.name} with the goal {group.goal}{origin_text}, joined by {group.join_by}",
        soft_wrap=True,
    )
    if reachable:
        groups.print_goal(answers.explain_goal(reachable, group.goal), reachable)
    else:
        groups.print_unknown_reach(group)


@group_app.command()
def invite(
    context: typer.Context,
    name: GroupArgument,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until the invitation expires.")] = 7,
    people: Annotated[int, typer.Option(min=1, max=1000, help="Number of people who can join with it.")] = 1,
) -> None:
    """Print an invitation: a secret code that lets people join. Only its hash is stored, so it is shown once."""
    typer.echo(open_home(context).groups.invite(name, at=datetime.now(UTC), days=days, people=people))


@group_app.command()
def change(
    context: typer.Context,
    name: GroupArgument,
    title: Annotated[str | None, typer.Option(help="New title that people see.")] = None,
    goal: Annotated[
        float | None, typer.Option(parser=parse_score, metavar="SCORE", help="New score to reach, 1 to 100.")
    ] = None,
) -> None:
    """
    Change a group's title or goal; the log records it. Challenges keep the goal that they began with.

    Example: `renown group change klout70 --title "Eighty by summer" --goal 80`
    """
    if title is None and goal is None:
        raise InvalidInputError("nothing to change; write --title TITLE or --goal SCORE")
    group = open_home(context).groups.change_terms(name, title=title, goal=goal, at=datetime.now(UTC))
    console.print(f"{group.name}: {output.escape_text(group.title)}, goal {group.goal}")


@group_app.command("hand-over")
def hand_over(context: typer.Context, name: GroupArgument, who: PersonArgument) -> None:
    """
    Make a member the owner of a group, who may change it and start challenges on the web.

    Example: `renown group hand-over klout70 ada`
    """
    home = open_home(context)
    person = _find_person(home, who)
    home.groups.hand_over(name, person)
    console.print(f"{output.escape_text(person.name)} owns {name}")


@group_app.command()
def join(
    context: typer.Context,
    name: GroupArgument,
    who: PeopleArgument,
    invitation: Annotated[str | None, typer.Option(help="Code from `renown group invite`.")] = None,
) -> None:
    """
    Add people who claimed an account to a group; their latest score is their start.

    Example: `renown group join klout70 ada bob`
    """
    home = open_home(context)
    # All of them first: nobody joins if one is unknown. A person may be named twice.
    people = list(dict.fromkeys([_find_person(home, text) for text in who]))
    for person in people:
        latest_score = home.served_scores.find(person.key)
        home.groups.join(name, person, at=datetime.now(UTC), invitation=invitation, latest_score=latest_score)
        start_text = (
            f"starts with {latest_score.score:.2f}, of {latest_score.day}"
            if latest_score
            else "starts with their first score"
        )
        console.print(f"{output.escape_text(person.name)} is in {name} and {start_text}")


@group_app.command()
def leave(context: typer.Context, name: GroupArgument, who: PersonArgument) -> None:
    """Remove a person from a group. Their entries in its log stay; `renown forget` erases them."""
    home = open_home(context)
    person = _find_person(home, who)
    home.groups.leave(name, person, at=datetime.now(UTC))
    console.print(f"{output.escape_text(person.name)} left {name}")


@group_app.command()
def challenge(
    context: typer.Context,
    name: GroupArgument,
    last: Annotated[str, typer.Option(help="Last UTC day of the challenge, as 2026-11-23.")],
    first: Annotated[str | None, typer.Option(help="First UTC day. Default: today.")] = None,
    goal: GoalOption = None,
) -> None:
    """
    Start a challenge: a race to a score until a deadline.

    It is scored by the method of the latest published day until its end, also if the home changes to another method.

    Example: `renown group challenge klout70 --last 2026-12-31`
    """
    home, now = open_home(context), datetime.now(UTC)
    first_day = parse_day(first) if first else now.date()
    new_challenge = home.groups.challenges.start(
        name, first=first_day, last=parse_day(last), method_day=home.days.find(), goal=goal, at=now
    )
    console.print(
        f"challenge {new_challenge.number} of {name}: goal {new_challenge.goal}, "
        f"{new_challenge.first} to {new_challenge.last}, method {new_challenge.method}"
    )


@group_app.command("list")
def list_(context: typer.Context, json: JsonOption = False) -> None:
    """List all groups."""
    from renown import answers

    answer = answers.list_groups(open_home(context).groups)
    (output.print_json if json else groups.print_groups)(answer)


@group_app.command()
def show(
    context: typer.Context,
    name: GroupArgument,
    challenge: Annotated[int, typer.Option(min=0, help="Number of a challenge; 0 is the group itself.")] = 0,
    json: JsonOption = False,
) -> None:
    """
    Print the standings of a group or challenge: ranks, largest rise, first to reach the goal, odds of reaching it.

    Also what the goal means for the people who claimed an account.

    Example: `renown group show klout70 --challenge 1`
    """
    from renown import answers

    home = open_home(context)
    answer = answers.compute_standings(home.groups, home.served_scores, home.days, name=name, challenge=challenge)
    (output.print_json if json else groups.print_standings)(answer)
    if not json and (reachable := answers.load_reachable_scores(home.days, home.people)):
        groups.print_goal(answers.explain_goal(reachable, answer.goal), reachable)


@group_app.command()
def log(context: typer.Context, name: GroupArgument, json: JsonOption = False) -> None:
    """Print a group's log; --json prints all that others need to verify it."""
    from renown import answers

    answer = answers.load_group_log(open_home(context).groups, name)
    (output.print_json if json else groups.print_group_log)(answer)


@group_app.command()
def verify(
    context: typer.Context,
    name: GroupArgument,
    head: Annotated[
        str | None, typer.Option(help="A head that you saved earlier; the log must continue from it.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Verify that a group's log (a hash chain) was not changed, and print its head.

    Save the head: with it, anybody can check later that the log only grew. The exit code is 1 if it was changed.
    """
    verdict = open_home(context).groups.log.verify(name, head=head)
    (output.print_json if json else groups.print_log_verification)(verdict)
    if verdict.faults:
        raise typer.Exit(1)


def _choose_goal(
    goal: float | None, percentile: int | None, reachable: ReachableScores | None
) -> tuple[float, GoalOrigin | None]:
    """Return the goal as a score, and where it comes from, by the one of both options that is present."""
    from renown import answers

    if (goal is None) == (percentile is None):
        scores_text = f"; {groups.format_reachable_scores(reachable)}" if reachable else ""
        raise InvalidInputError(
            "a group has one goal: write either --goal SCORE, such as 70, or --goal-percentile P, such as 90"
            f"{scores_text}"
        )
    if goal is not None:
        return goal, None
    if reachable is None or percentile is None:
        raise InvalidInputError(
            "nobody who claimed an account has a score yet, so there is no percentile of the scores; publish a day "
            "first (`renown score`), or choose a score with --goal"
        )
    return answers.choose_goal(reachable, percentile)


def _find_person(home: Home, name: str) -> Person:
    from renown import scoring

    with home.reader() as engine:
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
    person = home.people.by_name(subject.name) if subject.key < 0 else None
    if person is None:
        raise InvalidInputError(
            f"nobody claimed {subject.name!r}, and only people join groups; claim it with `renown add NAME --account …`"
        )
    return person
