"""Compare people side by side, and print who influences whom, and what their posts are about."""

from __future__ import annotations

from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonOption, PersonArgument
from renown.cli.output import comparison
from renown.cli.subjects import find_served_score


def compare(
    context: typer.Context,
    who: Annotated[
        list[str],
        typer.Argument(metavar="WHO...", help="Two to five names, or accounts as network:handle or network:id."),
    ],
    json: JsonOption = False,
) -> None:
    """
    Compare two to five people: scores with their ranges, ranks, and from which signals the points come.

    The points of each column add up to the score. Two scores whose ranges overlap may be in the other order.

    Examples: `renown compare ada grace`, `renown compare ada bluesky:grace.bsky.social alan --json`
    """
    from renown import answers
    from renown.home.person_answers import load_profile

    home = open_home(context)
    subjects = answers.list_compared([find_served_score(home, name)[1] for name in who])
    profiles = [load_profile(home, subject) for subject in subjects]
    answer = answers.compare_people(subjects, profiles, home.served_scores)
    (output.print_json if json else comparison.print_comparison)(answer)


def influence(
    context: typer.Context,
    who: PersonArgument,
    top: Annotated[int, typer.Option(min=1, help="Number of people to list of each kind; at most a hundred.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Print who influences a person, and whom the person influences: those with the highest scores first.

    A person is influenced by the people they react to, and influences the people who react to them, in the last 90
    days. `renown explain` says how many points each of them brings.

    Example: `renown influence ada`
    """
    from renown.home import person_answers

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    answer = person_answers.name_influence(home, served_score, holder.name)
    if json:
        output.print_json(answer)
    else:
        comparison.print_influence(answer, top)


def topics(
    context: typer.Context,
    who: PersonArgument,
    top: Annotated[int, typer.Option(min=1, help="Number of topics to list; at most twenty.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Print what a person's posts of the last 90 days are about, by the points that these posts brought.

    Topics are tags: hashtags, topics of repositories, tags of questions, forums, categories of a blog. A post with
    several tags counts for each of them.

    Example: `renown topics ada`
    """
    from renown import answers
    from renown.home.person_answers import load_profile

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    answer = answers.list_topics(holder.name, served_score.day, load_profile(home, served_score))
    if json:
        output.print_json(answer)
    else:
        comparison.print_topics(answer, top)
