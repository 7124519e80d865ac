"""Prepare sessions of the engine in which past days are recomputed: with the ledger, or with the acts alone."""

from datetime import date

from renown.engines.base import Engine
from renown.errors import DayNotPublishedError, InvalidMethodError
from renown.lake import Lake
from renown.method.file import Method
from renown.records import day_from_number, day_number
from renown.scoring.entry_inputs import load_entry_inputs
from renown.scoring.inputs import load_inputs
from renown.scoring.ledger import open_ledger
from renown.scoring.score import find_previous_day, load_day_ledger
from renown.scoring.seeds import create_verified_accounts
from renown.store import PeopleStore, PublishedDayStore


def refresh_ledger(
    engine: Engine, lake: Lake, days: PublishedDayStore, people: PeopleStore, method: Method
) -> dict[str, int]:
    """
    Enter the days again of which the lake has other acts than the ledger.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    days : PublishedDayStore
    people : PeopleStore
    method : Method

    Returns
    -------
    dict of str to int
        Version of each table of the lake.

    Raises
    ------
    InvalidMethodError
        If the method has no ledger.
    DayNotPublishedError
        If no day was scored by this method yet.
    """
    last_day = find_last_day(lake, method)
    versions = lake.versions()
    load_inputs(engine, lake, method, day_number(last_day), versions)
    previous_day = find_previous_day(days, method, last_day)
    load_day_ledger(engine, lake, previous_day, people, method, day=last_day, versions=versions)
    return versions


def load_acts(engine: Engine, lake: Lake, people: PeopleStore, method: Method, *, last: date) -> dict[str, int]:
    """
    Load what days of a few people are computed from without bringing the ledger up to date, which takes all acts.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    people : PeopleStore
    method : Method
    last : date
        The last of the days.

    Returns
    -------
    dict of str to int
        Version of each table of the lake.

    Raises
    ------
    DayNotPublishedError
        If the lake has no data up to that day.
    """
    versions = lake.versions()
    load_inputs(engine, lake, method, day_number(last), versions)
    create_verified_accounts(engine, lake, people, method, versions=versions)
    load_entry_inputs(engine, lake, method, versions=versions)
    return versions


def find_last_day(lake: Lake, method: Method) -> date:
    """
    Find the last day that was entered into the ledger of a method.

    Raises
    ------
    InvalidMethodError
        If the method has no ledger.
    DayNotPublishedError
        If no day was scored by this method yet.
    """
    if not method.has_ledger:
        raise InvalidMethodError(
            f"method {method.version} has no ledger to recompute past days of claimed people from; "
            "use a method with one (`--method 3`), or score everybody on these days, without --claimed"
        )
    state = open_ledger(lake, method).load_state()
    if state is None or state.method != method.digest:
        raise DayNotPublishedError(f"no day is scored by method {method.version} yet; run `renown score` first")
    return day_from_number(state.last_day)
