"""Receipts: print a score and the points that add up to it, the people behind them, and why it changed."""

from __future__ import annotations

import shlex
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import DayOption, JsonOption, MethodVersionOption, PersonArgument, parse_optional_day
from renown.cli.output import scores
from renown.cli.output import standing as output_standing
from renown.cli.subjects import ScoreHolder, find_claimed_person, find_subject
from renown.errors import DayNotPublishedError

if TYPE_CHECKING:
    from renown import answers
    from renown.home import Home
    from renown.store import PublishedDay


def show(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    json: JsonOption = False,
) -> None:
    """
    Print a person's score and its receipt: the points of each account and signal, which add up to the score.

    Examples: `renown show ada`, `renown show bluesky:ada.bsky.social --day 2026-11-23`
    """
    from renown import answers

    home = open_home(context)
    published_day = home.days.find(parse_optional_day(day), method_version)
    person = find_claimed_person(home, who)
    profile = _load_current_profile(home, person.key) if person else None
    if person and profile and profile.explanation.receipt.is_of(published_day):
        holder, receipt = ScoreHolder.of_person(person), profile.explanation.receipt
    else:
        holder, receipt = _compute_receipt(home, who, published_day)
        profile = profile or _load_current_profile(home, holder.key)
    answer = answers.add_method_switch(receipt, _load_method_switch(home, holder.key, published_day))
    if json:
        output.print_json(answer)
        return
    scores.print_current_receipt(answer)
    _print_silent_networks(home, holder.networks, published_day)
    served_score = home.served_scores.find(holder.key)
    if served_score and answer.day == f"{served_score.day}" and method_version is None:
        output_standing.print_standing_line(
            answers.compute_standing(home.served_scores, served_score.key), profile.range if profile else None
        )


def _load_current_profile(home: Home, key: int) -> answers.PersonProfile | None:
    """Load the profile that was stored with the served score of a key; None if there is none."""
    from renown import answers

    served_score = home.served_scores.find(key)
    return answers.load_current_profile(home.profiles, served_score) if served_score else None


def _compute_receipt(home: Home, who: str, day: PublishedDay) -> tuple[ScoreHolder, answers.Receipt]:
    """Compute the receipt of a person or account from the published tables."""
    from renown import answers
    from renown.store import PublishedTables

    with home.reader() as engine, PublishedTables(day, engine.connection) as published:
        subject = find_subject(home, engine, who)
        return ScoreHolder.of_subject(subject), answers.compute_receipt(subject, published, engine, home.lake)


def _print_silent_networks(home: Home, networks: set[str], day: PublishedDay) -> None:
    from renown import answers

    output_standing.print_silent_networks(answers.find_silent_networks(home.lake, networks, day.day))


def _load_method_switch(home: Home, key: int, day: PublishedDay) -> answers.MethodSwitch | None:
    """Load what the latest switch of the method did to a person; None if the day is not by its default method."""
    from renown import answers

    switch = answers.find_switch_days(home.days, day.day) if day.is_default else None
    return answers.explain_method_switch(switch, key) if switch else None


def explain(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    top: Annotated[int, typer.Option(min=0, help="Number of people and posts to list per signal.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Print a person's receipt in detail: from which people and posts the points of each signal came.

    Example: `renown explain ada --top 10`
    """
    home = open_home(context)
    print_result = output.print_json if json else scores.print_explanation
    print_result(load_explanation(home, who, parse_optional_day(day), method_version, top))


def load_explanation(
    home: Home, name: str, day: date | None, method_version: str | None, top: int
) -> answers.Explanation:
    """Load a person's receipt with the people and posts of each signal, or compute it if it is not stored."""
    from renown import answers
    from renown.store import PublishedTables

    published_day = home.days.find(day, method_version)
    person = find_claimed_person(home, name)
    profile = _load_current_profile(home, person.key) if person and top <= answers.LINES_PER_SIGNAL else None
    if profile and profile.explanation.receipt.is_of(published_day):
        return profile.explanation.shorten(top)
    with home.reader() as engine, PublishedTables(published_day, engine.connection) as published:
        subject = find_subject(home, engine, name)
        return answers.explain(subject, published, engine, home.lake, top=top)


def changes(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    since: Annotated[
        str | None, typer.Option(help="Earlier UTC day to compare with. Default: the published day before.")
    ] = None,
    with_people: Annotated[
        bool, typer.Option("--people", help="Also print the people and posts behind each cause.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """
    Print why a person's score changed between two published days: causes whose points add up to the change.

    Example: `renown changes ada --since 2026-11-01 --people`
    """
    home = open_home(context)
    compared_days = _find_compared_days(home, who, day, since)
    holder, answer = _load_changes(home, who, *compared_days) or _compute_changes(home, who, *compared_days)
    (output.print_json if json else scores.print_changes)(answer)
    if not json:
        _print_silent_networks(home, holder.networks, compared_days[1])
    if with_people and not json:
        scores.print_change_details(answer)


def _find_compared_days(
    home: Home, who: str, day_text: str | None, since_text: str | None
) -> tuple[PublishedDay, PublishedDay]:
    """
    Find the two published days that changes are between.

    Raises
    ------
    DayNotPublishedError
        If one is not published; the remedy is a command with the nearest days that are.
    """
    day, since = parse_optional_day(day_text), parse_optional_day(since_text)
    try:
        return home.days.find_compared(day, since)
    except DayNotPublishedError as error:
        later_day = home.days.find_nearest(day or date.max)
        if later_day is None:
            raise
        earlier_day = home.days.find_nearest(since or later_day.day, before=later_day.day)
        if earlier_day is None:
            raise
        command = f"renown changes {shlex.quote(who)} --day {later_day.day} --since {earlier_day.day}"
        raise DayNotPublishedError(
            f"{error.public_message}; only published days can be compared: those that `renown history` marks as "
            "recomputed have a score, but no causes",
            remedy=f"compare the nearest ones with `{command}`",
        ) from None


def _load_changes(
    home: Home, who: str, first: PublishedDay, last: PublishedDay
) -> tuple[ScoreHolder, answers.Changes] | None:
    """Load the causes of a change that were stored with the later day; None if there are none for these days."""
    from renown import answers

    person = find_claimed_person(home, who)
    served_score = home.served_scores.find(person.key) if person else None
    stored = answers.load_current_changes(home.profiles, served_score, first, last) if served_score else None
    return (ScoreHolder.of_person(person), stored) if person and stored else None


def _compute_changes(
    home: Home, who: str, first: PublishedDay, last: PublishedDay
) -> tuple[ScoreHolder, answers.Changes]:
    """Compute the causes of a change from the lake and the published tables."""
    from renown import answers
    from renown.store import PublishedTables

    with (
        home.reader() as engine,
        PublishedTables(first, engine.connection) as earlier_tables,
        PublishedTables(last, engine.connection) as later_tables,
    ):
        subject = find_subject(home, engine, who)
        changes = answers.explain_changes(subject, earlier_tables, later_tables, engine, home.lake)
        return ScoreHolder.of_subject(subject), changes
