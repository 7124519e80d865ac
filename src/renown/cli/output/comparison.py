"""Print people side by side, who influences whom, and what posts are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.answers.signal_words import signal_word
from renown.cli.output import console, escape_text, new_table, print_warnings
from renown.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renown.answers import ComparedPerson, Comparison, Influence, Influencer, TopicList


def print_comparison(answer: Comparison) -> None:
    """Print a column for each person: the score, what is known of it, and the points that add up to it."""
    people = answer.people
    table = new_table(f"{answer.day} UTC", "", *(f"{escape_text(person.name)}>" for person in people))
    table.add_row("score", *(f"{person.score:.2f}" for person in people), style="bold")
    table.add_row("likely between", *map(_format_range, people))
    table.add_row("rank", *(f"{person.rank:,}" for person in people))
    table.add_row("people who reacted", *(f"{person.people:,}" for person in people))
    table.add_row("followers", *("?" if person.audience is None else f"{person.audience:,}" for person in people))
    table.add_row("networks", *(f"{person.networks}" for person in people), end_section=True)
    table.add_row("points of everybody", *(f"{answer.base:.2f}" for _ in people))
    for signal in _sort_signals(answer):
        points = (f"{person.signals[signal]:.2f}" if signal in person.signals else "-" for person in people)
        table.add_row(f"points from {signal_word(signal)}", *points)
    console.print(table)
    for person in people:
        print_warnings(person.name, person.warnings)
    leader, *others = sorted(people, key=lambda person: -person.score)
    for other in others:
        console.print(_describe_lead(leader, other), soft_wrap=True)


def _sort_signals(answer: Comparison) -> list[str]:
    """Return the signals of all people, that of most points first."""
    most = {
        signal: max(person.signals.get(signal, 0.0) for person in answer.people)
        for person in answer.people
        for signal in person.signals
    }
    return sorted(most, key=lambda signal: (-most[signal], signal))


def _format_range(person: ComparedPerson) -> str:
    return f"{person.range.low:.1f} and {person.range.high:.1f}" if person.range.sample_size else "?"


def _describe_lead(leader: ComparedPerson, other: ComparedPerson) -> str:
    """Describe how far a person is ahead of another, which signal brings most of it, and whether that is certain."""
    names = (
        f"{escape_text(leader.name)} has {leader.score - other.score:.2f} points more than {escape_text(other.name)}"
    )
    leads = {
        signal: leader.signals.get(signal, 0.0) - other.signals.get(signal, 0.0)
        for signal in (*leader.signals, *other.signals)
    }
    signal = max(leads, key=lambda name: leads[name], default=None)
    source = (
        f"; the largest lead is in {signal_word(signal)} ({leads[signal]:+z.2f})"
        if signal and leads[signal] > 0
        else ""
    )
    if not (leader.range.sample_size and other.range.sample_size):
        return f"{names}{source}"
    certainty = "their ranges overlap" if leader.range.low <= other.range.high else "their ranges do not overlap"
    return f"{names}{source}; {certainty}"


def print_influence(answer: Influence, top: int) -> None:
    """Print the influencers and influencees of a person with the highest scores."""
    name = escape_text(answer.name)
    reacted, reacting = answer.influencers_count, answer.influencees_count
    console.print(f"{name}, {answer.day} UTC", style="italic", soft_wrap=True)
    _print_people(f"{name} reacted to {plural(reacted, 'person', 'people')}", answer.influencers[:top], reacted)
    _print_people(f"{plural(reacting, 'person', 'people')} reacted to {name}", answer.influencees[:top], reacting)


def _print_people(title: str, people: Sequence[Influencer], count: int) -> None:
    """Print a title, and below it the people of whom a score is known."""
    from renown.answers import MAX_NAMED

    console.print(f"\n{title}{':' if people else ''}", soft_wrap=True)
    if people:
        table = new_table("", "", "score>")
        table.show_header = False
        for person in people:
            table.add_row(escape_text(person.name), f"{person.score:.2f}")
        if count > len(people):
            limit = f"; at most {MAX_NAMED} are listed" if len(people) == MAX_NAMED else ""
            table.add_row(f"({plural(count - len(people), 'more person', 'more people')}{limit})", "")
        console.print(table)


def print_topics(answer: TopicList, top: int) -> None:
    """Print topics with the points of their posts."""
    name = escape_text(answer.name)
    if not answer.topics:
        console.print(
            f"no post of {name} with points on {answer.day} has a tag that is known; "
            "tags are read when accounts are collected",
            soft_wrap=True,
        )
        return
    table = new_table(f"{name}, {answer.day} UTC", "topic", "points>", "percent>", "posts>", "reactions>")
    for row in answer.topics[:top]:
        reactions = sum(row.reactions.values())
        table.add_row(
            escape_text(row.topic), f"{row.points:.2f}", f"{row.percent:.1f}", f"{row.posts:,}", f"{reactions:,}"
        )
    console.print(table)
