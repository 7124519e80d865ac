"""Goals: print what would bring a person to a score, the way there, and who is similar to them and has it."""

from __future__ import annotations

from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonOption, PersonArgument, parse_score
from renown.cli.output import goals
from renown.cli.subjects import find_served_score, load_profile

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
    from renown import answers

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    inputs = load_profile(home, served_score).known_inputs
    history = answers.read_trend_history(home.served_scores, home.days, served_score)
    with home.reader() as engine:
        answer = answers.plan_goal(holder.name, served_score.score, inputs, history, engine, target=target)
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
    from renown import answers

    home = open_home(context)
    _, served_score = find_served_score(home, who)
    answer = answers.find_similar_person(
        served_score,
        answers.LeaderboardIndex(home.reader, home.days, home.served_scores).get_comparison_band(),
        home.served_scores.find,
        lambda score: load_profile(home, score).explanation.receipt,
        target=target,
        hidden_keys={person.key for person in home.people.all() if not person.has_consented},
    )
    (output.print_json if json else goals.print_similar_person)(answer)
