"""Store of profile pages: prepared page data of claimed people, and an index of their account names for search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from renown.errors import DepartureError
from renown.records import day_from_number, day_number
from renown.store.database import purge_deleted_rows
from renown.store.opt_outs import count_departures
from renown.store.person import CONSENT_GIVEN
from renown.store.person_days import erase_person, replace_day
from renown.store.receipts import ReceiptStore
from renown.store.schema import account_names, first_scores, people, profiles, receipts, score_ranges
from renown.store.serving.read import open_reader
from renown.store.serving.score_ranges import ScoreRange, ScoreRangeReader

_FETCH_ROWS = 100
"""Profiles per fetch, to bound memory."""
_FIND_SQL = "select day_no, body from profiles where key = :key"
_OWNER_SQL = "select key from account_names where network = :network and name = :name"


@dataclass(frozen=True)
class AccountName:
    """A name under which a claimed account can be found."""

    network: str
    name: str
    """Handle or id, in the form that `normalize_name` returns."""
    key: int
    """Score key of the person."""
    account_id: str
    original_name: str
    """The name as the network writes it."""


class ProfileStore:
    """Profiles of the day that was published last; a body is whatever `build_profiles` serialized."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)
        self.ranges = ScoreRangeReader(database)
        self.receipts = ReceiptStore(database)

    def count_departures(self) -> int:
        """Count opt-outs and erasures so far; profiles built before the count grew may contain these people."""
        with self._database.connect() as connection:
            return count_departures(connection)

    def replace_all(
        self,
        day: date,
        bodies: Iterable[tuple[int, bytes]],
        new_names: Iterable[AccountName],
        *,
        ranges: Iterable[ScoreRange] = (),
        receipt_bodies: Iterable[tuple[int, bytes]] = (),
        departures: int | None = None,
    ) -> None:
        """
        Replace all profiles and account names by those of a day, and what is kept of that day, in one transaction.

        Parameters
        ----------
        day : date
        bodies : iterable of (int, bytes)
            Score key and body.
        new_names : iterable of AccountName
        ranges : iterable of ScoreRange
            Confidence ranges of the day; those of other days stay.
        receipt_bodies : iterable of (int, bytes)
            Score key and body of the receipts of the day; those of other days stay.
        departures : int, optional
            What `count_departures` returned before anything of the profiles was read.

        Raises
        ------
        DepartureError
            If somebody opted out since.
        """
        with self._database.begin() as connection:
            connection.execute(sa.delete(profiles))
            connection.execute(sa.delete(account_names))
            if departures not in {None, count_departures(connection, lock=True)}:
                raise DepartureError("somebody opted out while profiles were built; build them again")
            day_no = day_number(day)
            rows = [{"key": key, "day_no": day_no, "body": body} for key, body in bodies]
            name_rows = list(map(_to_row, {(name.network, name.name): name for name in new_names}.values()))
            for table, values in ((profiles, rows), (account_names, name_rows)):
                if values:
                    connection.execute(sa.insert(table), values)
            # What a published profile shows need not be kept a second time.
            is_published = sa.exists().where(profiles.c.key == -first_scores.c.person_id)
            connection.execute(sa.update(first_scores).where(is_published).values(profile=None))
            range_rows = ((row.key, {"score": row.score, "low": row.low, "high": row.high}) for row in ranges)
            replace_day(connection, score_ranges, day, range_rows)
            replace_day(connection, receipts, day, ((key, {"body": body}) for key, body in receipt_bodies))

    def find(self, key: int) -> tuple[date, bytes] | None:
        """Return a person's profile and its day; None if there is none."""
        for day_no, body in self._reader.read_rows(_FIND_SQL, {"key": key}):
            return day_from_number(day_no), bytes(body)
        return None

    def day(self) -> date | None:
        """Return the day of the stored profiles; None if there are none."""
        with self._database.connect() as connection:
            day_no = connection.scalar(sa.select(sa.func.max(profiles.c.day_no)))
        return None if day_no is None else day_from_number(day_no)

    def all(self) -> list[tuple[int, date, bytes]]:
        """Return every profile with its score key and day."""
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(profiles).order_by(profiles.c.key)).all()
        return [(row.key, day_from_number(row.day_no), row.body) for row in rows]

    def update(self, key: int, body: bytes) -> None:
        """Replace the body of a person's profile."""
        with self._database.begin() as connection:
            connection.execute(sa.update(profiles).where(profiles.c.key == key).values(body=body))

    def find_owner(self, network: str, name: str) -> int | None:
        """Return the score key of the person who claimed the account with this handle or id; None if nobody did."""
        return next(
            (key for (key,) in self._reader.read_rows(_OWNER_SQL, {"network": network, "name": normalize_name(name)})),
            None,
        )

    def names(self, key: int) -> list[AccountName]:
        """Return the names of a person's accounts: handles, and ids."""
        with self._database.connect() as connection:
            return [
                AccountName(*row)
                for row in connection.execute(sa.select(account_names).where(account_names.c.key == key)).all()
            ]

    def handles(self, key: int) -> dict[tuple[str, str], str]:
        """Return the handles of a person's accounts by network and id; the id where no handle is known."""
        ids_first = sorted(self.names(key), key=lambda name: name.original_name != name.account_id)
        return {(name.network, name.account_id): name.original_name for name in ids_first}

    def add_names(self, new_names: Sequence[AccountName]) -> None:
        """
        Add names of accounts that were claimed since the profiles were built; earlier owners lose them.

        People who opted out meanwhile are left out.
        """
        with self._database.begin() as connection:
            count_departures(connection, lock=True)  # whoever opts out from here on waits, and deletes these rows
            is_consenting = sa.and_(
                people.c.consent == CONSENT_GIVEN, people.c.person_id.in_({-name.key for name in new_names})
            )
            consenting = set(connection.scalars(sa.select(people.c.person_id).where(is_consenting)))
            for account_name in (name for name in new_names if -name.key in consenting):
                is_name = sa.and_(
                    account_names.c.network == account_name.network, account_names.c.name == account_name.name
                )
                connection.execute(sa.delete(account_names).where(is_name))
                connection.execute(sa.insert(account_names).values(**_to_row(account_name)))

    def search(self, text: str, *, network: str | None, limit: int, after: int | None = None) -> Sequence[int]:
        """
        Search people by the beginning of an account name; return score keys, sorted by name.

        Parameters
        ----------
        text : str
        network : str, optional
        limit : int
        after : int, optional
            Score key of the last person of the previous page.
        """
        matches = account_names.c.name.startswith(normalize_name(text), autoescape=True)
        where = sa.and_(matches, account_names.c.network == network) if network else matches
        name = sa.func.min(account_names.c.name)
        select = (
            sa.select(account_names.c.key)
            .where(where)
            .group_by(account_names.c.key)
            .order_by(name, account_names.c.key)
        )
        if after is not None:
            last = sa.select(name).where(where, account_names.c.key == after).scalar_subquery()
            select = select.having(sa.or_(name > last, sa.and_(name == last, account_names.c.key > after)))
        with self._database.connect() as connection:
            return list(connection.scalars(select.limit(limit)).all())

    def erase(self, key: int) -> int:
        """Erase a person's profile, ranges, receipts and account names; return the number of rows deleted."""
        with self._database.begin() as connection:
            rows = [
                connection.execute(sa.delete(table).where(table.c.key == key)).rowcount
                for table in (profiles, account_names)
            ]
            return sum(rows) + sum(erase_person(connection, table, key) for table in (score_ranges, receipts))

    def purge(self) -> None:
        """Purge deleted and replaced rows from the database files."""
        tables = (profiles, account_names, score_ranges, receipts, first_scores)
        purge_deleted_rows(self._database, *tables)


def normalize_name(name: str) -> str:
    """
    Normalize a name for comparison: ignore case and a leading @, which people often do not type.

    Examples
    --------
    >>> normalize_name("@Ada@Example.social")
    'ada@example.social'
    """
    return name.removeprefix("@").casefold()


def _to_row(account_name: AccountName) -> dict[str, object]:
    return {
        "network": account_name.network,
        "name": account_name.name,
        "key": account_name.key,
        "account_id": account_name.account_id,
        "original_name": account_name.original_name,
    }
