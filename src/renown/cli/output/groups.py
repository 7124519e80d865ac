"""Print groups, standings and logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, new_table
from renown.text import plural

if TYPE_CHECKING:
    from renown.answers import GoalMeaning, GroupList, GroupLog, ReachableScores, Standings
    from renown.store import GoalOrigin, Group, LogVerification

_MAX_FACTOR = 1_000
"""Times a strength up to which a number is printed."""


def print_groups(answer: GroupList) -> None:
    """Print all groups."""
    table = new_table("", "group", "title", "goal>", "joined by", "members>", "challenges>")
    for row in answer.groups:
        title = escape_text(row.title) if row.title != row.name else ""
        table.add_row(row.name, title, str(row.goal), row.join_by, str(row.members), str(row.challenges))
    console.print(table if answer.groups else "no group yet; create one with `renown group create klout70 --goal 70`")


def print_standings(answer: Standings) -> None:
    """Print the standings of a group or challenge, then its winners."""
    from renown.answers.simulate.forecast import format_odds

    label = f"challenge {answer.challenge}, {answer.first_day} to {answer.last_day}, " if answer.challenge else ""
    day = f"{answer.day} UTC" if answer.day else "no scores yet"
    title = f"{escape_text(answer.title)}: {label}goal {answer.goal}; {day}"
    columns = ("#>", "person", "score>", "start>", "rise>", "of way to 100>", "reached", "streak>", "odds>")
    table = new_table(f"{title}, method {answer.method}" if answer.method else title, *columns)
    for row in answer.standings:
        table.add_row(
            _format_optional(row.rank, "d"),
            escape_text(row.name),
            _format_optional(row.score, ".2f"),
            _format_optional(row.start, ".2f"),
            _format_optional(row.rise, "+.2f"),
            _format_optional(row.handicap, "+.1%"),
            "started above" if row.started_above else row.reached_on or "",
            str(row.streak or ""),
            "" if row.odds is None else format_odds(row.odds),
        )
    if answer.standings:
        console.print(table)
        console.print(_describe_odds(answer), soft_wrap=True)
    else:
        console.print(f"{title}; nobody has joined yet: `renown group join {answer.group} NAME`", soft_wrap=True)
    if answer.goal_origin:
        console.print(f"the goal of {answer.goal} is {format_goal_origin(answer.goal_origin)}")
    for row in answer.standings:
        if row.note:
            console.print(f"{escape_text(row.name)}: {row.note}", style="yellow")
    _print_winners(answer)


def _print_winners(answer: Standings) -> None:
    winners = {
        "leads": answer.leaders,
        "reached the goal first": answer.reached_first,
        "biggest rise": answer.biggest_rise,
        "best odds": answer.best_odds,
        "largest part of the way to 100": answer.best_handicap,
    }
    for label, names in winners.items():
        if names:
            console.print(f"{label}: {', '.join(map(escape_text, names))}")


def _describe_odds(answer: Standings) -> str:
    from renown.answers import HORIZON_DAYS, MIN_TREND_DAYS, TREND_DAYS

    recomputed_days = max((row.recomputed_days for row in answer.standings), default=0)
    horizon = f"by {answer.odds_day}" if answer.odds_day else f"within {HORIZON_DAYS} days"
    return (
        f"odds: the chance of reaching {answer.goal} {horizon}, at each member's trend of the last month; "
        f"a trend needs a score on {MIN_TREND_DAYS} of the last {TREND_DAYS + 1} days"
        f"{f', and up to {recomputed_days} of its days here were computed later' if recomputed_days else ''}"
    )


def print_goal(answer: GoalMeaning, reachable: ReachableScores) -> None:
    """Print which scores the people of this home have, and what a goal means for them."""
    console.print(format_reachable_scores(reachable), soft_wrap=True)
    if answer.reached:
        text = f"{answer.reached:,} of {plural(answer.people, 'person', 'people')} reached {answer.goal} already"
    else:
        text = (
            f"nobody reached {answer.goal} yet: it takes {_format_factor(answer.factor_from_highest)} the strength of "
            f"the highest score ({answer.points_from_highest:+z.1f} points)"
        )
    if answer.points_from_median > 0:
        factor, points = answer.factor_from_median, answer.points_from_median
        text += (
            f"; it takes {_format_factor(factor)} the strength of the median score ({points:+z.1f} points)"
            if answer.reached
            else f", and {_format_factor(factor)} that of the median ({points:+z.1f} points)"
        )
    console.print(text, soft_wrap=True)
    if reachable.friends:
        console.print(reachable.friends.describe(), soft_wrap=True)


def _format_factor(factor: float) -> str:
    """Write how many times as much it takes; so much that nobody gets there is not counted out."""
    return f"{factor:,.1f} times" if factor < _MAX_FACTOR else f"more than {_MAX_FACTOR:,} times"


def print_unknown_reach(group: Group) -> None:
    """Print that nothing is known yet of what is within reach, and which commands tell it."""
    console.print(
        "nobody who claimed an account has a score yet, so nobody can say what is within reach: publish a day with "
        f"`renown score`, then `renown group show {group.name}` tells it",
        soft_wrap=True,
    )


def format_reachable_scores(reachable: ReachableScores) -> str:
    """Format the highest and the median score of the people of this home."""
    return (
        f"on {reachable.day}, {plural(len(reachable.scores), 'claimed person has', 'claimed people have')} a score: "
        f"the highest is {reachable.highest:.1f}, the median {reachable.median:.1f}"
    )


def format_goal_origin(origin: GoalOrigin) -> str:
    """Format where a goal comes from."""
    return (
        f"percentile {origin.percentile} of the scores of {plural(origin.people, 'person', 'people')} on {origin.day}, "
        "as a whole score"
    )


def print_group_log(answer: GroupLog) -> None:
    """Print a log in short; its JSON is complete."""
    table = new_table(f"log of {answer.group}", "#>", "at", "event", "day", "challenge>", "members", "digest")
    for index in (1, -1):
        table.columns[index].no_wrap = True
    for entry in answer.entries:
        content = json.loads(entry.message)
        members = ", ".join(
            f"{escape_text(opening.member)} {_format_optional(opening.score and opening.score / 100, '.2f')}"
            for opening in entry.openings
        )
        scope = (content["day"] or "", str(content["challenge"] or ""))
        table.add_row(str(entry.number), content["at"][:10], content["kind"], *scope, members, entry.digest[:8])
    console.print(table)
    console.print(f"head {answer.head}", soft_wrap=True)


def print_log_verification(answer: LogVerification) -> None:
    """Print whether a log was changed after it was written."""
    for fault in answer.faults:
        console.print(f"changed after it was written: {escape_text(fault)}", style="red", soft_wrap=True)
    if not answer.faults:
        erased_text = f", {plural(answer.erased_scores, 'score')} of erased people" if answer.erased_scores else ""
        console.print(
            f"none of {answer.entries:,} entries was changed{erased_text}; save the head to verify it later",
            soft_wrap=True,
        )
    console.print(f"head {answer.head}", soft_wrap=True)


def _format_optional(value: float | None, number_format: str) -> str:
    return "" if value is None else format(value, number_format)
