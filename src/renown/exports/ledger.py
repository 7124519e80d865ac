"""Export the entries of the ledger: what the acts of each actor on each target were worth, day by day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from renown.engines.duckdb import DuckDB
from renown.errors import DayNotPublishedError, InvalidInputError
from renown.exports.columns import select_columns
from renown.exports.identities import load_identities
from renown.exports.sources import DayRange, ExportSources, TablePart
from renown.method import load_method
from renown.method.file import Method
from renown.records import day_from_number, day_number
from renown.scoring.ledger import LEDGER_COLUMNS, Ledger, open_ledger
from renown.steps import quote_literal
from renown.text import plural

_ENTRIES_SQL = """
from exported_entries e
join signal_names n on n.number = e.signal
anti join departed_people d on d.key = e.target
anti join departed_people d on d.key = e.actor
left join account_names t on t.account = e.target
left join account_names a on a.account = e.actor
left join latest_handles th on th.account = e.target
left join latest_handles ah on ah.account = e.actor
order by t.network, t.account_id, a.account_id, n.name"""
_EXPRESSIONS = {
    "day": "date '1970-01-01' + e.day_no",
    "network": "t.network",
    "target_id": "t.account_id",
    "target_handle": "th.handle",
    "actor_id": "a.account_id",
    "actor_handle": "ah.handle",
    "signal": "n.name",
    "known": "e.known = 1",
    "worth": "e.worth / 1e6",
    "worth_on_day": "e.fresh_worth / 1e6",
}


def list_ledger_parts(sources: ExportSources, days: DayRange) -> list[TablePart]:
    """
    List the parts of the table `ledger`.

    Raises
    ------
    InvalidInputError
        If the method has no ledger.
    DayNotPublishedError
        If no acts are entered on any of these days.
    """
    method = load_method(Path(days.method)) if days.method else sources.method
    if not method.has_ledger:
        raise InvalidInputError(f"method {method.version!r} has no ledger; name one that has, such as 3")
    ledger = open_ledger(sources.lake, method)
    folders = {Path(file).parent.name for file in ledger.files("entries")}
    entered_days = sorted(day_from_number(int(folder.removeprefix("day_no="))) for folder in folders)
    if not (days.first or days.last):
        latest = sources.days.find(method=method.version).day
        # Without acts it has no rows: `renown run && renown export ledger` must not fail on a quiet day.
        return [_list_part(sources, method, ledger, latest)]
    matches = [day for day in entered_days if days.includes(day)]
    if not matches:
        span = f"the ledger has {plural(len(entered_days), 'day')}" + (
            f", from {entered_days[0]} to {entered_days[-1]}" if entered_days else "; score a day first"
        )
        raise DayNotPublishedError(
            f"no acts are entered from {days.first or 'the first'} to {days.last or 'the last day'}; {span}"
        )
    return [_list_part(sources, method, ledger, day) for day in matches]


def _list_part(sources: ExportSources, method: Method, ledger: Ledger, day: date) -> TablePart:
    return TablePart(day, partial(_open_entries, sources, method, ledger, day_number(day)))


@contextmanager
def _open_entries(sources: ExportSources, method: Method, ledger: Ledger, day_no: int, engine: DuckDB) -> Iterator[str]:
    load_identities(engine, sources)
    engine.scan("exported_entries", ledger.files("entries", days=[day_no]), LEDGER_COLUMNS["entries"])
    engine.create_table(
        "signal_names",
        [(signal.number, signal.name) for signal in method.signals],
        {"number": "smallint", "name": "string"},
    )
    yield select_columns("ledger", _EXPRESSIONS | {"method": quote_literal(method.version)}, _ENTRIES_SQL)
