"""Held: all that a home holds of somebody, table by table; what is told is what `forget` erases."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

import msgspec
from duckdb import DuckDBPyConnection

from renown.answers.portrait import unpacked
from renown.answers.who import Who, account_ids, claimed
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.records import KEPT, VERBS, day_of
from renown.store import (
    HELD,
    Days,
    Groups,
    Judgements,
    People,
    Person,
    Portraits,
    Published,
    PublishedDay,
    Readings,
    Sessions,
    Wishes,
)

ACCOUNTS = {
    "interactions": ("actor", "target"),
    "tallies": ("account",),
    "profiles": ("account",),
    "presence": ("account",),
    "handles": ("account",),
    "accounts": ("account",),
}
"""The columns of the lake that hold accounts; the directory goes last, so that after a kill they are still found."""
_VERBS = {number: verb for verb, number in VERBS.items()}

_AT_ONCE = 2_000
"""Rows in memory together."""
_ACTED, _RECEIVED = ("interactions", " as actor"), ("interactions", " as target")
_TOLD = {
    _ACTED: "p.* exclude (actor, target), d.account_id as target_id",
    _RECEIVED: "p.* exclude (actor, target)",
}
"""What is told of a row, where it is not all: who acted on somebody is the other's."""
_NAMED = defaultdict(str, {_ACTED: "left join directory d on d.account = p.target"})

Row = Mapping[str, Any]


class Home(Protocol):
    """The parts of a home that hold people; `assembly.Home` has them."""

    @property
    def lake(self) -> Lake:
        """What was collected."""

    @property
    def people(self) -> People:
        """Who claimed what."""

    @property
    def days(self) -> Days:
        """What was published."""

    @property
    def readings(self) -> Readings:
        """How far each account was read."""

    @property
    def portraits(self) -> Portraits:
        """What pages tell of people."""

    @property
    def groups(self) -> Groups:
        """Who races whom."""

    @property
    def judgements(self) -> Judgements:
        """What people said of each other."""

    @property
    def sessions(self) -> Sessions:
        """Who is signed in."""

    @property
    def wishes(self) -> Wishes:
        """What people asked for."""


@dataclass(frozen=True)
class Part:
    """One table's rows of somebody."""

    name: str
    """Where it lies in what is handed out, as ``lake/interactions/bluesky as actor``."""
    count: Callable[[], int]
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Holding:
    """How much a table holds of somebody."""

    name: str
    rows: int


@dataclass(frozen=True)
class Held:
    """What a home holds of somebody."""

    who: str
    holdings: tuple[Holding, ...]
    """Those with rows."""


Accounts = Mapping[tuple[str, str], int | None]
"""(network, account_id) to the account's key; None where the lake has none."""


def held(asked: Who, accounts: Accounts, home: Home, engine: DuckDB) -> Held:
    """Return how much every table holds of somebody."""
    counted = (Holding(part.name, part.count()) for part in parts(asked, accounts, home, engine))
    return Held(asked.name, tuple(one for one in counted if one.rows))


def proven(person: Person, engine: DuckDB, home: Home) -> tuple[Who, Accounts]:
    """Return a person with those accounts alone that are proven to be theirs: nobody else's word tells of others."""
    whole = claimed(person, engine, home.lake)
    theirs = {(claim.network, claim.account_id) for claim in person.claims if claim.proven}
    every = account_ids(whole, engine, home.lake, home.people)
    accounts = {account: key for account, key in every.items() if account in theirs}
    known = tuple((network, key) for (network, _), key in accounts.items() if key is not None)
    return Who(person.key, person.name, known), accounts


def parts(asked: Who, accounts: Accounts, home: Home, engine: DuckDB) -> Iterator[Part]:
    """
    Yield all that is held of somebody, a part a table; each is to be read before the next.

    Who acted on them is not named: that is the other's. Whom they acted on is.

    Parameters
    ----------
    asked : Who
    accounts : mapping of (network, account_id) to int or None
        Those of their accounts that are told of, with the keys that the lake has.
    home : Home
    engine : DuckDB
        A session of its own.
    """
    person = home.people.by_key(asked.key)
    if person:
        yield from _of_person(person, home)
    yield from _of_accounts(accounts, home)
    yield from _shown(asked, accounts, person, home)
    keys = [asked.key, *(key for key in accounts.values() if key is not None)]
    for day in home.days.all():
        for table in HELD:
            yield _published(day, table, keys)
    networks = sorted({network for network, _ in accounts})
    for network in networks:
        theirs = [key for (where, _), key in accounts.items() if where == network and key is not None]
        if theirs:
            yield from _collected(network, theirs, home.lake, engine)


def _of_person(person: Person, home: Home) -> Iterator[Part]:
    """Yield what the store says of a person."""
    yield _part("store/person", [{"name": person.name, "consent": person.consent, "since": person.consent_at}])
    yield _part(
        "store/claims",
        [
            {
                "network": claim.network,
                "account_id": claim.account_id,
                "claimed_at": claim.claimed_at,
                "proof": claim.proof,
                "proven": claim.proven,
                "proved_at": claim.proved_at,
            }
            for claim in person.claims
        ],
    )
    yield _part("store/sessions", [{"made_at": made, "used_at": used} for made, used in home.sessions.of(person.key)])
    wishes = home.wishes.of(person.key)
    yield _part("store/wishes", [{"kind": one.kind, "asked_at": one.asked_at} for one in wishes])
    inside = home.groups.of(person.key)
    joined = {group.name: one.joined_at for group in inside for one in home.groups.members(group.name)}
    yield _part("store/groups", [{"group": name, "joined_at": at} for name, at in joined.items()])
    logged = (
        {"group": group.name, "entry": entry.number, "score": opening.score, "salt": opening.salt}
        for group in home.groups.all()
        for entry in home.groups.log(group.name)
        for opening in entry.openings
        if opening.member == person.name
    )
    yield _part("store/group_log", list(logged))


def _of_accounts(accounts: Accounts, home: Home) -> Iterator[Part]:
    """Yield how far accounts were read, and whether they are left alone."""
    found = [reading for account in accounts if (reading := home.readings.find(*account))]
    yield _part("store/readings", [asdict(reading) for reading in found])
    counts = (
        {"network": network, "account_id": account_id, "post": post, "verb": verb, "count": count}
        for network, account_id in accounts
        for (post, verb), count in home.readings.counts(network, account_id).items()
    )
    yield _part("store/reading_counts", list(counts))
    left = [account for account in accounts if home.people.opt_outs.has(*account)]
    yield _part("store/opt_outs", [{"network": network, "account_id": account_id} for network, account_id in left])


def _shown(asked: Who, accounts: Accounts, person: Person | None, home: Home) -> Iterator[Part]:
    """Yield what was said of somebody, the names that they are found by, and their portrait."""
    keys = {asked.key, *(key for key in accounts.values() if key is not None)}
    theirs = [
        {
            "judge": one.judge if person and one.judge == person.name else "",
            "winner": one.winner in keys,
            "loser": one.loser in keys,
            "at": one.at,
        }
        for one in home.judgements.all()
        if keys & {one.winner, one.loser} or (person and one.judge == person.name)
    ]
    yield _part("store/judgements", theirs)
    found = home.portraits.names(asked.key)
    yield _part("store/names", [{"network": one.network, "name": one.shown} for one in found])
    drawn = home.portraits.find(asked.key)
    told = msgspec.to_builtins(unpacked(drawn[1]).discreet(frozenset())) if drawn else {}
    yield _part("store/portraits", [{"day": drawn[0], **told}] if drawn else [])


def _published(day: PublishedDay, table: str, keys: Sequence[int]) -> Part:
    """Return a published table's rows of a day."""

    def rows() -> Iterator[Row]:
        with Published(day) as published:
            yield from published.held(table, keys)

    return Part(f"published/{day.day}/{day.method}/{table}", lambda: sum(1 for _ in rows()), rows)


def _collected(network: str, theirs: Sequence[int], lake: Lake, engine: DuckDB) -> Iterator[Part]:
    """Yield the lake's rows of accounts of one network."""
    listed = ", ".join(map(str, theirs))
    for table, columns in ACCOUNTS.items():
        for column in columns:
            yield _lake_part(
                engine, lake, table, network, f"{column} in ({listed})", f" as {column}" * (len(columns) > 1)
            )
    acted = f"interaction in (select interaction from acts where actor in ({listed}))"
    yield _lake_part(engine, lake, "undone", network, acted, "")


def _lake_part(engine: DuckDB, lake: Lake, table: str, network: str, held: str, as_: str) -> Part:
    def scanned(select: str) -> DuckDBPyConnection:
        engine.scan("acts", lake.files("interactions", network=network), KEPT["interactions"])
        engine.scan("directory", lake.files("accounts", network=network), KEPT["accounts"])
        engine.scan("present", lake.files(table, network=network), KEPT[table])
        return engine.execute(f"select {select} from (select * from present where {held}) p {_NAMED[table, as_]}")

    def rows() -> Iterator[Row]:
        found = scanned(_TOLD.get((table, as_), "p.*"))
        names = [column[0] for column in found.description or ()]
        while some := found.fetchmany(_AT_ONCE):
            for row in some:
                yield _told(dict(zip(names, row, strict=True)))

    return Part(f"lake/{table}/{network}{as_}", lambda: int(scanned("count(*)").fetchall()[0][0]), rows)


def _told(row: dict[str, Any]) -> Row:
    """Return a row of the lake as people read it: instants and verbs by name."""
    if row.get("day_no") is not None:
        at = datetime.combine(day_of(row.pop("day_no")), time(), UTC) + timedelta(seconds=row.pop("second"))
        row = {"at": at, **row}
    if "seen" in row:
        row["seen"] = datetime.fromtimestamp(row["seen"], UTC)
    if "verb" in row:
        row["verb"] = _VERBS.get(row["verb"], row["verb"])
    return row


def _part(name: str, rows: Sequence[Row]) -> Part:
    return Part(name, lambda: len(rows), lambda: iter(rows))
