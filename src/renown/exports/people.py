"""Export claimed people: their accounts with proofs, and their history day by day."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

from renown import answers
from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError, PersonNotFoundError
from renown.exports.columns import select_columns
from renown.exports.sources import DayRange, ExportSources, TablePart
from renown.records import day_number
from renown.scoring.seeds import seed_group
from renown.store import CONSENT_GIVEN, Person

_PEOPLE_COLUMNS = {
    "position": "integer",
    **dict.fromkeys(("name", "network", "account_id", "handle"), "string"),
    "verified": "boolean",
    **dict.fromkeys(("proof", "proved_at", "consent_at"), "string"),
    "seed_group": "integer",
}
_HISTORY_COLUMNS = {
    "name": "string",
    "day_no": "integer",
    "score": "double",
    "recomputed": "boolean",
    "range_low": "double",
    "range_high": "double",
}
_MAX_DAYS = 100 * 366
"""More days than any history has."""
_PEOPLE_PER_INSERT = 100
"""People whose histories are in memory as rows of Python at once."""


def list_people_parts(sources: ExportSources, days: DayRange) -> list[TablePart]:
    """
    List the only part of the table `people`.

    Raises
    ------
    InvalidInputError
        If days are named: people are exported as they are now.
    """
    if days != DayRange():
        raise InvalidInputError("people are exported as they are now; leave out days and the method")
    return [TablePart(None, partial(_open_people, sources))]


def list_history_parts(sources: ExportSources, days: DayRange) -> list[TablePart]:
    """
    List the only part of the table `history`.

    Raises
    ------
    InvalidInputError
        If a method is named: a history has the scores that were shown.
    """
    if days.method:
        raise InvalidInputError(
            f"the method is {days.method!r}, but a history has each day's default method; leave the method out"
        )
    return [TablePart(None, partial(_open_history, sources, days))]


@contextmanager
def _open_people(sources: ExportSources, engine: DuckDB) -> Iterator[str]:
    people = answers.list_people(engine, sources.lake, sources.people)
    consenting = (person for person in people if person.consent == CONSENT_GIVEN)
    seed_groups = _find_seed_groups(sources)
    rows = [
        row
        for position, person in enumerate(consenting)
        for row in _person_rows(position, person, seed_groups.get(person.name))
    ]
    engine.create_table("people_rows", rows, _PEOPLE_COLUMNS)
    yield select_columns("people", {}, "from people_rows order by position, network, account_id")


def _find_seed_groups(sources: ExportSources) -> dict[str, int]:
    """Find the seed groups of people, by name; those of people whom an operator removed as seeds are left out."""
    if not sources.method.has_ledger:
        return {}
    removed_keys = sources.people.trust.removed_seeds().keys()
    return {
        person.name: seed_group(person, sources.method)
        for person in sources.people.all_consenting()
        if person.key not in removed_keys
    }


def _person_rows(position: int, person: answers.VisiblePerson, group: int | None) -> Iterator[Row]:
    for account in person.accounts:
        account_row = (account.network, account.account_id, account.handle, account.proven, account.proof or None)
        account_group = group if account.proven else None
        yield (position, person.name, *account_row, account.proved_at or None, person.consent_at, account_group)
    if not person.accounts:
        yield (position, person.name, *[None] * 6, person.consent_at, None)


@contextmanager
def _open_history(sources: ExportSources, days: DayRange, engine: DuckDB) -> Iterator[str]:
    engine.create_table("history_rows", (), _HISTORY_COLUMNS)
    people = sources.people.all_consenting()
    for offset in range(0, len(people), _PEOPLE_PER_INSERT):
        piece = people[offset : offset + _PEOPLE_PER_INSERT]
        engine.create_table("new_history_rows", _history_rows(sources, days, piece), _HISTORY_COLUMNS)
        engine.execute("insert into history_rows from new_history_rows")
    expressions = {"day": "date '1970-01-01' + day_no"}
    yield select_columns("history", expressions, "from history_rows order by name, day_no")


def _history_rows(sources: ExportSources, days: DayRange, people: Iterable[Person]) -> Iterator[Row]:
    for person in people:
        try:
            history = answers.load_history(sources.served_scores, person.key, days=_MAX_DAYS)
        except PersonNotFoundError:
            continue
        for past_day in history.days:
            day = date.fromisoformat(past_day.day)
            if past_day.score is not None and days.includes(day):
                bounds = past_day.range
                ends = (bounds.low, bounds.high) if bounds else (None, None)
                yield (person.name, day_number(day), past_day.score, past_day.recomputed, *ends)
