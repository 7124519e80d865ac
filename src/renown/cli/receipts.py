"""Receipts: print a score and the points that add up to it, the people behind them, and why it changed."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.options import DayOption, JsonOption, MethodVersionOption, PersonArgument, parse_optional_day
from renown.cli.output import runs, scores
from renown.cli.subjects import find_subject

if TYPE_CHECKING:
    from renown import answers
    from renown.home import Home
    from renown.scoring import Subject
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
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    with (
        home.reader() as engine,
        PublishedTables(home.days.find(parse_optional_day(day), method_version), engine.connection) as published,
    ):
        subject = find_subject(home, engine, who)
        answer = answers.add_method_switch(
            answers.compute_receipt(subject, published, engine, home.lake),
            _load_method_switch(home, subject, published.day),
        )
    (output.print_json if json else scores.print_current_receipt)(answer)
    if not json:
        _print_silent_networks(home, subject, published.day)
    served_score = home.served_scores.find(subject.key)
    if not json and served_score and answer.day == f"{served_score.day}" and method_version is None:
        profile = answers.load_current_profile(home.profiles, served_score)
        runs.print_standing_line(
            answers.compute_standing(home.served_scores, served_score.key), profile.range if profile else None
        )


def _print_silent_networks(home: Home, subject: Subject, day: PublishedDay) -> None:
    from renown import answers

    networks = {network for network, _ in subject.accounts}
    runs.print_silent_networks(answers.find_silent_networks(home.lake, networks, day.day))


def _load_method_switch(home: Home, subject: Subject, day: PublishedDay) -> answers.MethodSwitch | None:
    """Load what the latest switch of the method did to a person; None if the day is not by its default method."""
    from renown import answers

    switch = answers.find_switch_days(home.days, day.day) if day.is_default else None
    return answers.explain_method_switch(switch, subject.key) if switch else None


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
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    print_result = output.print_json if json else scores.print_explanation
    print_result(load_explanation(home, who, parse_optional_day(day), method_version, top))


def load_explanation(
    home: Home, name: str, day: date | None, method_version: str | None, top: int
) -> answers.Explanation:
    """Load a person's receipt with the people and posts of each signal."""
    from renown import answers
    from renown.store import PublishedTables

    with home.reader() as engine, PublishedTables(home.days.find(day, method_version), engine.connection) as published:
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
    from renown import answers
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    earlier_day, later_day = home.days.find_compared(parse_optional_day(day), parse_optional_day(since))
    with (
        home.reader() as engine,
        PublishedTables(earlier_day, engine.connection) as earlier_tables,
        PublishedTables(later_day, engine.connection) as later_tables,
    ):
        subject = find_subject(home, engine, who)
        answer = answers.explain_changes(subject, earlier_tables, later_tables, engine, home.lake)
    (output.print_json if json else scores.print_changes)(answer)
    if not json:
        _print_silent_networks(home, subject, later_day)
    if with_people and not json:
        scores.print_change_details(answer)
