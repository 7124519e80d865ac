"""Portraits: what pages tell of claimed people beside their scores, ready to be shown, and the names they go by."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa

from renown.records import day_number, day_of
from renown.store.database import scrub
from renown.store.reader import reader
from renown.store.schema import names, portraits

_FIND = "select day_no, body from portraits where key = :key"
_OWNER = "select key from names where network = :network and name = :name"


@dataclass(frozen=True)
class Name:
    """A name that a claimed account is found by."""

    network: str
    name: str
    """Its handle or its id, as `folded` makes it."""
    key: int
    """Key of the person."""
    account_id: str
    shown: str
    """The name as its network writes it."""


class Portraits:
    """The portraits of the day that was published last; a body is whatever `jobs.portray` made it."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = reader(database)

    def put(self, day: date, bodies: Iterable[tuple[int, bytes]], known: Iterable[Name]) -> None:
        """Keep the portraits of a day by key, and the names of claimed accounts, in place of all before."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(portraits))
            connection.execute(sa.delete(names))
            day_no = day_number(day)
            rows = [{"key": key, "day_no": day_no, "body": body} for key, body in bodies]
            called = [asdict(one) for one in {(one.network, one.name): one for one in known}.values()]
            for table, values in ((portraits, rows), (names, called)):
                if values:
                    connection.execute(sa.insert(table), values)

    def find(self, key: int) -> tuple[date, bytes] | None:
        """Return somebody's portrait and its day, None where there is none."""
        for day_no, body in self._reader.rows(_FIND, {"key": key}):
            return day_of(day_no), bytes(body)
        return None

    def day(self) -> date | None:
        """Return the day that people were portrayed on; None where nobody was."""
        with self._database.connect() as connection:
            day_no = connection.scalar(sa.select(sa.func.max(portraits.c.day_no)))
        return None if day_no is None else day_of(day_no)

    def all(self) -> list[tuple[int, date, bytes]]:
        """Return every portrait with its key and day."""
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(portraits).order_by(portraits.c.key)).all()
        return [(row.key, day_of(row.day_no), row.body) for row in rows]

    def replace(self, key: int, body: bytes) -> None:
        """Keep a portrait in place of one of the same day."""
        with self._database.begin() as connection:
            connection.execute(sa.update(portraits).where(portraits.c.key == key).values(body=body))

    def owner(self, network: str, name: str) -> int | None:
        """Return the key of the person who claimed the account with this handle or id."""
        return next((key for (key,) in self._reader.rows(_OWNER, {"network": network, "name": folded(name)})), None)

    def names(self, key: int) -> list[Name]:
        """Return the names of a person's accounts."""
        with self._database.connect() as connection:
            return [Name(*row) for row in connection.execute(sa.select(names).where(names.c.key == key)).all()]

    def search(self, text: str, *, network: str | None, limit: int) -> Sequence[int]:
        """Return keys of people one of whose accounts has a name that begins with `text`, by name."""
        begins = names.c.name.startswith(folded(text), autoescape=True)
        where = sa.and_(begins, names.c.network == network) if network else begins
        select = sa.select(names.c.key).where(where).group_by(names.c.key).order_by(sa.func.min(names.c.name))
        with self._database.connect() as connection:
            return list(connection.scalars(select.limit(limit)).all())

    def forget(self, key: int) -> int:
        """Take a person's portrait and names out; return how many rows went."""
        with self._database.begin() as connection:
            return sum(connection.execute(sa.delete(t).where(t.c.key == key)).rowcount for t in (portraits, names))

    def clean(self) -> None:
        """Leave nothing of what was deleted or replaced."""
        scrub(self._database, portraits, names)


def folded(name: str) -> str:
    """
    Return the form in which names are compared: people do not type case, nor a leading @.

    Examples
    --------
    >>> folded("@Ada@Example.social")
    'ada@example.social'
    """
    return name.removeprefix("@").casefold()
