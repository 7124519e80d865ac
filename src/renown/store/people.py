"""People and the accounts they claimed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.database import scrub
from renown.store.schema import claims, people, reading_counts, readings

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Person:
    """Somebody who claimed accounts."""

    person_id: int
    name: str
    accounts: tuple[tuple[str, str], ...]
    """(network, account_id) of every account claimed."""

    @property
    def key(self) -> int:
        """What scores call the person: below zero, where no account's key is."""
        return -self.person_id


class People:
    """Who claimed what."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def add(self, name: str, accounts: list[tuple[str, str]], *, at: datetime) -> Person:
        """
        Add a person, or accounts to one who is there.

        Raises
        ------
        BadInput
            If the name cannot be one, or somebody else claimed an account.
        """
        if not name.strip() or ":" in name or len(name) > _LONGEST_NAME or not name.isprintable():
            msg = f"{name!r} cannot be a person's name; write 1 to {_LONGEST_NAME} printable characters without ':'"
            raise BadInput(msg)
        with self._database.begin() as connection:
            person_id = connection.scalar(sa.select(people.c.person_id).where(people.c.name == name))
            if person_id is None:
                person_id = connection.scalar(
                    sa.insert(people).values(name=name, added_at=at).returning(people.c.person_id)
                )
            for network, account_id in accounts:
                self._claim(connection, person_id, network, account_id, at)
        return self._find(people.c.name == name)[0]

    def by_name(self, name: str) -> Person | None:
        """Return the person with this name."""
        return next(iter(self._find(people.c.name == name)), None)

    def by_account(self, network: str, account_id: str) -> Person | None:
        """Return who claimed an account."""
        owner = sa.select(claims.c.person_id).where(claims.c.network == network, claims.c.account_id == account_id)
        return next(iter(self._find(people.c.person_id.in_(owner))), None)

    def all(self) -> list[Person]:
        """Return everybody, in the order in which they came."""
        return self._find(sa.true())

    def forget(self, key: int) -> int:
        """Take a person and their claims out, from free pages and the log too; return how many rows went."""
        where = people.c.person_id == -key
        theirs = sa.select(claims.c.network, claims.c.account_id).where(claims.c.person_id == -key)
        with self._database.begin() as connection:
            for table in (readings, reading_counts):
                connection.execute(sa.delete(table).where(sa.tuple_(table.c.network, table.c.account_id).in_(theirs)))
            gone = connection.execute(sa.delete(claims).where(claims.c.person_id == -key)).rowcount
            gone += connection.execute(sa.delete(people).where(where)).rowcount
        scrub(self._database, claims, people, readings, reading_counts)
        return gone

    def _claim(self, connection: sa.Connection, person_id: int, network: str, account_id: str, at: datetime) -> None:
        where = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
        owner = connection.scalar(sa.select(claims.c.person_id).where(where))
        if owner is None:
            row = {"person_id": person_id, "network": network, "account_id": account_id, "claimed_at": at}
            connection.execute(sa.insert(claims).values(**row))
        elif owner != person_id:
            name = connection.scalar(sa.select(people.c.name).where(people.c.person_id == owner))
            msg = f"{network}:{account_id} is claimed by {name!r}; an account belongs to one person"
            raise BadInput(msg)

    def _find(self, where: sa.ColumnElement[bool]) -> list[Person]:
        joined = people.outerjoin(claims)
        select = (
            sa.select(people.c.person_id, people.c.name, claims.c.network, claims.c.account_id)
            .select_from(joined)
            .where(where)
            .order_by(people.c.person_id, claims.c.network, claims.c.account_id)
        )
        found: dict[tuple[int, str], list[tuple[str, str]]] = {}
        with self._database.connect() as connection:
            for person_id, name, network, account_id in connection.execute(select):
                accounts = found.setdefault((person_id, name), [])
                if network is not None:
                    accounts.append((network, account_id))
        return [Person(person_id, name, tuple(accounts)) for (person_id, name), accounts in found.items()]
