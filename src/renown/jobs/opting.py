"""Opting out and in: from now on leave somebody alone, or, at their wish, no longer."""

from collections.abc import Iterable
from datetime import datetime

from renown.answers import Who, claimed
from renown.answers.held import Home
from renown.engines.duckdb import DuckDB
from renown.jobs.forget import keep_out, withdraw
from renown.store import GIVEN, WITHDRAWN, People, Person


def opt_out(engine: DuckDB, home: Home, asked: Who, *, now: datetime) -> int:
    """
    From now on, collect, score and show nothing of somebody; take them out of what was published.

    What the lake holds of them stays, unread, in case they come back; `forget` erases it.

    Parameters
    ----------
    engine : DuckDB
        A session of its own.
    home : Home
    asked : Who
    now : datetime

    Returns
    -------
    int
        Published rows that went.
    """
    home.people.consent(asked.key, WITHDRAWN, at=now)
    keep_out(engine, home, asked)
    gone = withdraw(home, asked)
    home.people.clean()
    return gone


def hide(engine: DuckDB, home: Home, person: Person, *, now: datetime) -> None:
    """
    From now on show nothing of a person, and take nothing of theirs in: what takes a moment of `opt_out`.

    Files of days that were published are rewritten by `opt_out`, which may take long, and which is to follow.
    """
    home.people.consent(person.key, WITHDRAWN, at=now)
    keep_out(engine, home, claimed(person, engine, home.lake))
    home.days.hide(person.key)
    home.portraits.forget(person.key)
    home.groups.forget(person.key)


def opt_in(people: People, person: Person | None, accounts: Iterable[tuple[str, str]], *, now: datetime) -> int:
    """
    Collect, score and show somebody again who asks for it.

    Parameters
    ----------
    people : People
    person : Person or None
        Who claimed the accounts.
    accounts : iterable of (network, account_id)
    now : datetime

    Returns
    -------
    int
        Accounts that had been left out.
    """
    back = sum(people.opt_outs.remove(*account) for account in accounts)
    if person:
        people.consent(person.key, GIVEN, at=now)
    return back
