"""Settling: whose an account is once it was proven; a proof goes before everybody's word."""

import unicodedata
from datetime import datetime

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.opt_outs import OptOuts
from renown.store.people import GIVEN, People, Person, check_name, token
from renown.store.schema import claims, people

_SAID = ("", "archive")
"""What can stand beside a claim that is not proven."""


class Settling:
    """Lets who proved an account be somebody."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._people = People(database)
        self._opt_outs = OptOuts(database)

    def enter(self, network: str, account_id: str, proof: str, *, at: datetime) -> Person | None:
        """
        Return the person whom a proven account makes its owner; None where it is yet to be claimed.

        That is who proved it before. Of a person who proved nothing yet, the first proof decides: whoever runs the
        home said that the account is theirs. Who proved other accounts is not somebody else for a claim nobody proved.
        """
        with self._database.begin() as connection:
            owner = _owner(connection, network, account_id)
            if owner is None:
                return None
            _hold(connection, owner)
            select = sa.select(claims).where(claims.c.person_id == owner)
            theirs = {(row.network, row.account_id): row.proof not in _SAID for row in connection.execute(select)}
            if any(theirs.values()) and not theirs.get((network, account_id)):
                return None
            _note(connection, owner, network, account_id, proof, at)
        return self._people.by_key(-owner)

    def take(self, key: int, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """
        Let a proven account be a person's; a claim of somebody else's that nothing proves is theirs no more.

        Raises
        ------
        BadInput
            If somebody else proved it, or it is to be left alone.
        """
        self._check(network, account_id)
        with self._database.begin() as connection:
            _hold(connection, -key)
            _note(connection, -key, network, account_id, proof, at)

    def found(self, name: str, network: str, account_id: str, proof: str, *, at: datetime) -> Person:
        """
        Let who proved an account be a new person.

        Raises
        ------
        BadInput
            If the name cannot be one, or is somebody's; if somebody else proved the account, or it is left alone.
        """
        name = unicodedata.normalize("NFC", name.strip())
        check_name(name)
        if name in {".", ".."}:
            msg = f"{name!r} cannot be the name of a page; choose another"
            raise BadInput(msg)
        self._check(network, account_id)
        try:
            with self._database.begin() as connection:
                if connection.scalar(sa.select(people.c.name).where(sa.func.lower(people.c.name) == name.lower())):
                    raise _taken(name)
                row = {"name": name, "added_at": at, "consent": GIVEN, "consent_at": at}
                person_id = connection.execute(
                    sa.insert(people).values(**row).returning(people.c.person_id)
                ).scalar_one()
                _note(connection, person_id, network, account_id, proof, at)
        except sa.exc.IntegrityError:
            # Somebody else took the name, or the account, a moment ago.
            raise _taken(name) from None
        made = self._people.by_name(name)
        assert made is not None  # noqa: S101 - it was made above
        return made

    def release(self, network: str, account_id: str) -> None:
        """Let a proven account be nobody's, whose owner wants no page: a claim that nothing proves yields."""
        here = sa.and_(claims.c.network == network, claims.c.account_id == account_id, claims.c.proof.in_(_SAID))
        with self._database.begin() as connection:
            connection.execute(sa.delete(claims).where(here))

    def _check(self, network: str, account_id: str) -> None:
        if self._opt_outs.has(network, account_id):
            msg = "this account is left alone here, as its owner asked for; say that you want to come back"
            raise BadInput(msg)


def _note(connection: sa.Connection, person_id: int, network: str, account_id: str, proof: str, at: datetime) -> None:
    """Write a proven claim, in place of one that nothing proves."""
    here = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
    row = connection.execute(sa.select(claims).where(here)).one_or_none()
    if row and row.proof not in _SAID:
        if row.person_id == person_id:
            return
        msg = "this account is proven as somebody else's; sign out, and sign in with it, to be them"
        raise BadInput(msg)
    if row and row.person_id == person_id:
        connection.execute(sa.update(claims).where(here).values(proof=proof, proved_at=at))
        return
    connection.execute(sa.delete(claims).where(here))
    new = {"person_id": person_id, "network": network, "account_id": account_id, "claimed_at": at}
    connection.execute(sa.insert(claims).values(**new, token=token(), proof=proof, proved_at=at))


def _owner(connection: sa.Connection, network: str, account_id: str) -> int | None:
    here = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
    return connection.scalar(sa.select(claims.c.person_id).where(here))


def _hold(connection: sa.Connection, person_id: int) -> None:
    """Hold up whoever else would settle something of a person, until the transaction ends."""
    connection.execute(sa.update(people).where(people.c.person_id == person_id).values(person_id=person_id))


def _taken(name: str) -> BadInput:
    return BadInput(f"{name!r} is somebody's name here, or too much like it; choose another")
