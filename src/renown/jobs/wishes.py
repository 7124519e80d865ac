"""Wishes: leave alone, or erase, who asked for it on the web; what was begun and killed is begun again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import stamina

from renown.answers import Who, alone, claimed
from renown.answers.held import Home as Holding
from renown.engines.duckdb import DuckDB
from renown.errors import BusyLake, BusyRun, RenownError
from renown.jobs.beside import beside
from renown.jobs.forget import forget
from renown.jobs.opting import opt_out
from renown.jobs.turn import turn
from renown.settings import Settings
from renown.store import ERASE, Wish, Wishes

TURN = "wishes"
"""File of a home that says who works on wishes."""
NOBODY = 0
"""Key of no person."""
PATIENCE = 600.0
"""Seconds that another writer of the lake is waited for; then the wish waits for the next run."""


class Home(Holding, Protocol):
    """The parts of a home that wishes are about; `assembly.Home` has them."""

    @property
    def settings(self) -> Settings:
        """What it was told."""

    @property
    def wishes(self) -> Wishes:
        """What people asked for."""


@dataclass(frozen=True)
class Granted:
    """What came of one wish."""

    kind: str
    """One of ``opt-out`` and ``erase``."""
    done: bool
    said: str
    """Why it waits; empty where it is done."""


def grant(
    engine: Callable[[], DuckDB], home: Home, *, now: Callable[[], datetime], patience: float = PATIENCE
) -> list[Granted]:
    """
    Do what people asked for, oldest first; nothing where another process is at it.

    Parameters
    ----------
    engine : callable
        Opens a session.
    home : Home
    now : callable
        Returns the UTC instant.
    patience : float
        Seconds that another writer of the lake is waited for.
    """
    found: list[Granted] = []
    tried: set[str] = set()
    # A wish that comes while the turn ends is seen by who had it, or by who could not get it.
    with suppress(BusyRun):
        while waiting := [wish for wish in home.wishes.open() if wish.digest not in tried]:
            with turn(home.settings.home / TURN, at=now()):
                for wish in waiting:
                    tried.add(wish.digest)
                    found.append(_one(engine, home, wish, now, patience))
    return found


def hasten(home: Path, store: str) -> None:
    """Let the wishes of a home be granted in a process of its own, as `beside` says."""
    beside(home, store, "wishes")


def _one(engine: Callable[[], DuckDB], home: Home, wish: Wish, now: Callable[[], datetime], patience: float) -> Granted:
    home.wishes.begin(wish, at=now())
    try:
        for attempt in stamina.retry_context(
            on=BusyLake, attempts=None, timeout=patience, wait_initial=0.2, wait_max=5
        ):
            with attempt, engine() as session:
                _grant(session, home, wish, now())
    except RenownError as error:
        return Granted(wish.kind, done=False, said=str(error))
    home.wishes.done(wish, at=now())
    home.people.clean()
    return Granted(wish.kind, done=True, said="")


def _grant(engine: DuckDB, home: Home, wish: Wish, now: datetime) -> None:
    asked = _who(engine, home, wish)
    if asked is None:
        if wish.account:
            home.people.opt_outs.add(*wish.account)
            home.people.forget(NOBODY, {wish.account: None})
    elif wish.kind == ERASE:
        forget(engine, home, asked)
    else:
        opt_out(engine, home, asked, now=now)


def _who(engine: DuckDB, home: Home, wish: Wish) -> Who | None:
    """Return whom a wish is about; None where nothing is known of them, any more or yet."""
    if wish.account:
        return alone(*wish.account, engine, home.lake)
    person = home.people.by_key(wish.key) if wish.key is not None else None
    return claimed(person, engine, home.lake) if person else None
