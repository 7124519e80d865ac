"""Print the standing of a person, and their history."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, new_table
from renown.text import ordinal, plural

if TYPE_CHECKING:
    from renown.answers import ConfidenceRange, Standing, Timeline
    from renown.answers.history import CoverageGap, PastDay
    from renown.answers.standing import Streak


_MAX_GAPS = 3
"""Spans without data of a network that are listed."""
_RECOMPUTED_SINCE = "since a day that was computed later"
"""Beside a change since a recomputed day."""


def print_standing(answer: Standing) -> None:
    """Print a person's rank, score changes, and streaks at or above the goal."""
    from renown.answers.standing import CHANGE_SPANS

    table = new_table(f"{escape_text(answer.name)}, {answer.day} UTC", "", "", "")
    table.show_header = False
    table.add_row(
        "score",
        f"{answer.score:.2f}",
        _format_rank(answer),
    )
    if answer.peer_percentile is not None:
        followers = "similar followers" if answer.followers is None else f"about {plural(answer.followers, 'follower')}"
        table.add_row("similar people", f"{answer.peer_percentile:.1f}%", f"of people with {followers} score no higher")
    for name, days in CHANGE_SPANS.items():
        note = _RECOMPUTED_SINCE if name in answer.recomputed else ""
        table.add_row(f"change in {plural(days, 'day')}", _format_change(getattr(answer, name)), note)
    table.add_row("highest", f"{answer.highest:.2f}", _format_record_day(answer, "highest", answer.highest_day))
    table.add_row("lowest", f"{answer.lowest:.2f}", _format_record_day(answer, "lowest", answer.lowest_day))
    table.add_row("average", f"{answer.average:.2f}", f"over {plural(answer.scored_days, 'published day')}")
    table.add_row(
        f"streak at {answer.goal:g} or more",
        plural(answer.current_streak.days, "day"),
        _format_streak(answer.current_streak),
    )
    table.add_row("longest streak", plural(answer.longest_streak.days, "day"), _format_streak(answer.longest_streak))
    goal_text = f"{answer.goal:g} or more on {plural(answer.in_a_row, 'day')} in a row"
    table.add_row(
        goal_text,
        "yes" if answer.has_met_goal else "no",
        f"since {answer.goal_met_since}" if answer.has_met_goal else "",
    )
    console.print(table)


def _format_record_day(answer: Standing, name: str, day: str) -> str:
    return f"{day}, computed later" if name in answer.recomputed else day


def _format_rank(answer: Standing) -> str:
    from renown.answers import format_top

    if answer.rank is None or answer.top_percent is None:
        return "not ranked: all figures come from the person's own archive"
    # "Top 100%" says nothing, and to whoever is last it is no compliment.
    top = "" if answer.top_percent >= 100 else f", {format_top(answer.top_percent)}"  # noqa: PLR2004 - everybody
    return f"{ordinal(answer.rank)} of {answer.scored_people:,}{top}"


def print_standing_line(answer: Standing, confidence: ConfidenceRange | None) -> None:
    """Print a person's rank and score changes in one line, and the confidence range of the score in another."""
    from renown.answers.standing import CHANGE_SPANS

    changes = ", ".join(
        f"{_format_change(change)} in a {name.removesuffix('_change')}"
        + f" ({_RECOMPUTED_SINCE})" * (name in answer.recomputed)
        for name in CHANGE_SPANS
        if (change := getattr(answer, name)) is not None
    )
    console.print(f"{_format_rank(answer)}{changes and f'; {changes}'}")
    if confidence and (confidence.sample_size or confidence.missing):
        reasons = ["90% of resamples of the people who reacted"] if confidence.sample_size else []
        if confidence.missing:
            reasons += [f"what could not be observed: {', '.join(map(escape_text, confidence.missing))}"]
        console.print(
            f"confidence range: {confidence.low:.1f} to {confidence.high:.1f} ({'; '.join(reasons)})", soft_wrap=True
        )


def print_silent_networks(gaps: Sequence[CoverageGap]) -> None:
    """Print which networks gave no data lately: reactions there are missing, or the network was not read."""
    for gap in gaps:
        console.print(
            f"no data from {escape_text(gap.network)} since {gap.first_day} ({plural(gap.days, 'day')}): nobody there "
            "did anything, or it was not read; `renown status` says when it was",
            style="yellow",
            soft_wrap=True,
        )


def print_history(answer: Timeline) -> None:
    """Print a person's score of each day, with notes."""
    from renown.answers import find_first_published_days

    first_published_days = find_first_published_days(answer.days)
    table = new_table("", "UTC day", "score>", "range", "change>", "note")
    switch_notes = {switch.day: f"by method {switch.method} from here on" for switch in answer.method_changes}
    previous_score: float | None = None
    for row in answer.days:
        notes = ["recomputed"] * row.recomputed + ["published from here on"] * (row.day in first_published_days)
        notes += [switch_notes[row.day]] if row.day in switch_notes else []
        change = "" if previous_score is None or row.score is None else f"{row.score - previous_score:+z.2f}"
        bounds = f"{row.range.low:.2f} to {row.range.high:.2f}" if row.range else ""
        table.add_row(row.day, _format_past_score(row), bounds, change, escape_text("; ".join(notes)))
        previous_score = row.score if row.is_published or row.recomputed else previous_score
    console.print(table)
    if any(row.recomputed for row in answer.days):
        console.print(
            "recomputed: computed later, from what was collected until then; not published that day. The step to the "
            "first published day can come from that alone",
            soft_wrap=True,
        )
    for network, gaps in groupby(answer.coverage_gaps, key=lambda gap: gap.network):
        console.print(f"no data from {escape_text(network)} on {_format_gaps(list(gaps))}", soft_wrap=True)


def _format_gaps(gaps: Sequence[CoverageGap]) -> str:
    """Format the spans without data of a network; of many, their number and the last ones."""
    spans = [
        gap.first_day if gap.days == 1 else f"{gap.first_day} to {gap.last_day}, {plural(gap.days, 'day')}"
        for gap in gaps
    ]
    if len(spans) <= _MAX_GAPS:
        return "; ".join(spans)
    days = plural(sum(gap.days for gap in gaps), "day")
    return f"{days}, the last ones {'; '.join(spans[-_MAX_GAPS:])} (--json lists all)"


def _format_past_score(row: PastDay) -> str:
    if row.score is not None:
        return f"{row.score:.2f}"
    return "no score" if row.is_published else "not published"


def _format_streak(streak: Streak) -> str:
    return f"{streak.first_day} to {streak.last_day}" if streak.days else ""


def _format_change(change: float | None) -> str:
    return "-" if change is None else f"{change:+z.2f}"
