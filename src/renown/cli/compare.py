"""Compare people side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonOption
from renown.cli.output import comparison
from renown.cli.subjects import find_served_score, load_profile


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

    home = open_home(context)
    subjects = answers.list_compared([find_served_score(home, name)[1] for name in who])
    profiles = [load_profile(home, subject) for subject in subjects]
    answer = answers.compare_people(subjects, profiles, home.served_scores)
    (output.print_json if json else comparison.print_comparison)(answer)
