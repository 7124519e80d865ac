"""Judgements: record which of two people is more influential, and export what was recorded."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from renown.cli.home import open_home
from renown.cli.options import check_new_file, parse_optional_day
from renown.cli.output import console, escape_text
from renown.errors import InvalidInputError
from renown.text import plural


def judge(
    context: typer.Context,
    winner: Annotated[str, typer.Argument(metavar="WINNER", help="The more influential person.")],
    loser: Annotated[str, typer.Argument(metavar="LOSER", help="The less influential person.")],
    by: Annotated[str, typer.Option(help="Name of the judge.")] = "",
) -> None:
    """
    Record a judgement: which of two people is more influential.

    Weights can be learned from judgements; `renown judgements` writes them to a file for that.

    Example: `renown judge ada bob --by eve`
    """
    from renown import scoring

    home = open_home(context)
    with home.reader() as engine:
        winner_subject, loser_subject = (
            scoring.resolve_subject(name, engine, home.lake, home.people) for name in (winner, loser)
        )
    home.judgements.add(winner_subject.key, loser_subject.key, judge=by, at=datetime.now(UTC))
    judgement = f"{escape_text(winner_subject.name)} is more influential than {escape_text(loser_subject.name)}"
    console.print(f"recorded: {judgement} ({plural(len(home.judgements.all()), 'judgement')} in all)")


def export_judgements(
    context: typer.Context,
    to: Annotated[
        Path, typer.Option(help="CSV file to write; a .toml file that maps its columns is written beside it.")
    ],
    day: Annotated[
        str | None, typer.Option(help="UTC day whose signals are written. Default: the latest published.")
    ] = None,
) -> None:
    """
    Write the recorded judgements to a CSV file, with the signals of both people, for `renown learn pairs`.

    Example: `renown judgements --to judged.csv`
    """
    from renown import research
    from renown.research.judged_splits import MIN_JUDGEMENTS, MIN_PEOPLE
    from renown.store import PublishedTables

    home = open_home(context)
    mapping_path = to.with_suffix(".toml")
    if mapping_path == to:
        raise InvalidInputError(f"--to is {str(to)!r}; write the name of a CSV file, such as judged.csv")
    for path in (to, mapping_path):
        check_new_file(path)
    with (
        home.reader() as engine,
        PublishedTables(home.days.find(parse_optional_day(day)), engine.connection) as published,
    ):
        pairs = research.build_judged_pairs(home.judgements.all(), published, home.method.signals, engine, home.lake)
    with to.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([pairs.header, *pairs.rows])
    mapping = research.pairs_mapping_toml([signal.name for signal in home.method.signals])
    mapping_path.write_text(mapping, encoding="utf-8")
    skipped_text = (
        f", without {pairs.skipped_judgements:,} of people who have no score that day"
        if pairs.skipped_judgements
        else ""
    )
    next_step = (
        f"renown learn pairs {to} --signals {mapping_path} --to NEW.toml"
        if len(pairs.rows) >= MIN_JUDGEMENTS
        else f"learning needs at least {MIN_JUDGEMENTS} of {MIN_PEOPLE} people; record more with `renown judge`"
    )
    console.print(
        f"{plural(len(pairs.rows), 'judgement is', 'judgements are')} in {to}{skipped_text}; {next_step}",
        soft_wrap=True,
    )
