"""Print what would bring a person to a score, the way there, who is similar and has it, and what if."""

from __future__ import annotations

from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonOption, PersonArgument, parse_score
from renown.cli.output import goals
from renown.cli.subjects import find_served_score

DEFAULT_TARGET = 70.0
TargetOption = Annotated[float, typer.Option(parser=parse_score, metavar="SCORE", help="Score to reach, 1 to 100.")]


def goal(
    context: typer.Context,
    who: PersonArgument,
    target: TargetOption = DEFAULT_TARGET,
    json: JsonOption = False,
) -> None:
    """
    Print what would bring a person to a score: how many more followers, lists, reposts, replies or likes it takes.

    Also the odds of reaching it at the current trend, and how the score decays if nothing new comes.

    Example: `renown goal ada --target 70`
    """
    from renown.home import person_answers

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    answer = person_answers.plan_goal(home, served_score, holder.name, target=target)
    (output.print_json if json else goals.print_goal_plan)(answer)


def way(
    context: typer.Context, who: PersonArgument, target: TargetOption = DEFAULT_TARGET, json: JsonOption = False
) -> None:
    """
    Print the way of a person to a score in steps of five points: what is enough for the next one, and how likely it is.

    Each line of the table is enough by itself, for as long as reactions count (90 days). Below is when the reactions
    of today stop counting. `renown goal` goes to the score in one step, and lists every signal of every account.

    Example: `renown way ada --target 70`
    """
    from renown import answers
    from renown.home.person_answers import load_profile

    home = open_home(context)
    _, served_score = find_served_score(home, who)
    profile = load_profile(home, served_score)
    history = answers.read_trend_history(home.served_scores, home.days, served_score)
    with home.reader() as engine:
        plan, whole = answers.plan_way(served_score, profile.known_inputs, history, engine, target=target)
    highest = max((leader.score for leader in home.served_scores.list_claimed(1)), default=None)
    answer = answers.build_way(
        plan,
        whole,
        history,
        target=target,
        highest=highest,
        reaction_days=profile.reaction_days,
        window=profile.explanation.receipt.coverage.window,
    )
    if json:
        output.print_json(answer)
    else:
        goals.print_way(answer, plan)


def similar(
    context: typer.Context,
    who: PersonArgument,
    target: Annotated[
        float, typer.Option(parser=parse_score, metavar="SCORE", help="Score that the similar person has, or more.")
    ] = DEFAULT_TARGET,
    json: JsonOption = False,
) -> None:
    """
    Print who is similar to a person and has a score or more, and what they have more of, signal by signal.

    Of all people with claimed accounts and that score, it is the one who differs least in followers, lists and
    reactions, each weighted as in the score. `renown compare` compares people of your choice.

    Example: `renown similar ada --target 70`
    """
    from renown.home import person_answers

    home = open_home(context)
    _, served_score = find_served_score(home, who)
    answer = person_answers.find_similar_person(home, served_score, target=target)
    (output.print_json if json else goals.print_similar_person)(answer)


def what_if(
    context: typer.Context,
    who: PersonArgument,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CHANGE]...",
            help="Such as `likes=+100`, `followers=x2`, `bluesky:ada.bsky.social/reposts=-5`, `everything=x1.5` "
            "(all reactions) or `all=x1.5` (followers and lists, too); applied in order.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Print what the score would be after changes of followers, lists or reactions; without a change, what can change.

    More reactions are taken to come from people who are known, on any day of the window. Nothing is stored.

    Examples: `renown what-if ada likes=+100`, `renown what-if ada bluesky:ada.bsky.social/reposts=x1.5 followers=x2`
    """
    from renown.home import person_answers

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    answer = person_answers.simulate_changes(home, served_score, holder.name, changes or [])
    (output.print_json if json else goals.print_what_if)(answer)
