"""People, the accounts they claimed with what proves it, and their consent."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.database import scrub, utc
from renown.store.opt_outs import OptOuts, leave
from renown.store.schema import (
    claims,
    exports,
    leaving,
    opt_outs,
    people,
    reading_counts,
    readings,
    session_accounts,
    sessions,
    wishes,
)

PROOFS = {
    "token": "the account says the claim's token",
    "link": "the account links to the person's page",
    "domain": "the account's name is the domain of this home's pages",
    "archive": "somebody had the account's archive, which can be forged: not proven",
}
"""What can be said for a claim; nothing is said for one that was only typed."""
_NO_PROOFS = ("", "archive")
GIVEN, WITHDRAWN = "given", "withdrawn"
"""What people's consent can be."""
_LONGEST_NAME = 100
_HOLD_PEOPLE = (
    *(claims, people, readings, reading_counts, opt_outs, leaving, exports),
    *(sessions, session_accounts, wishes),
)


@dataclass(frozen=True)
class Claim:
    """An account that somebody says is theirs."""

    network: str
    account_id: str
    token: str = field(repr=False)
    """What the account is to say if it is theirs."""
    proof: str
    """One of `PROOFS`; empty where nothing is said for it."""
    proved_at: datetime | None
    claimed_at: datetime

    @property
    def proven(self) -> bool:
        """Whether only who controls the account could have shown what was seen."""
        return self.proof not in _NO_PROOFS


@dataclass(frozen=True)
class Person:
    """Somebody who claimed accounts."""

    person_id: int
    name: str
    claims: tuple[Claim, ...]
    consent: str
    """`GIVEN` or `WITHDRAWN`."""
    consent_at: datetime
    """UTC instant since which it is so."""

    @property
    def key(self) -> int:
        """What scores call the person: below zero, where no account's key is."""
        return -self.person_id

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """(network, account_id) of every account claimed."""
        return tuple((claim.network, claim.account_id) for claim in self.claims)

    @property
    def consents(self) -> bool:
        """Whether they are to be collected, scored and shown."""
        return self.consent == GIVEN


class People:
    """Who claimed what, and who wants to be left alone."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self.opt_outs = OptOuts(database)

    def add(self, name: str, accounts: list[tuple[str, str]], *, at: datetime) -> Person:
        """
        Add a person, or accounts to one who is there.

        Raises
        ------
        BadInput
            If the name cannot be one, somebody else claimed an account, or whose it is opted out.
        """
        check_name(name)
        there = self.by_name(name)
        left = [name] if there and not there.consents else []
        left += [
            f"{network}:{account_id}" for network, account_id in accounts if self.opt_outs.has(network, account_id)
        ]
        if left:
            msg = (
                f"{left[0]!r} is to be left alone; if they ask to come back, let them in with `renown opt-in {left[0]}`"
            )
            raise BadInput(msg)
        with self._database.begin() as connection:
            person_id = connection.scalar(sa.select(people.c.person_id).where(people.c.name == name))
            if person_id is None:
                row = {"name": name, "added_at": at, "consent": GIVEN, "consent_at": at}
                person_id = connection.scalar(sa.insert(people).values(**row).returning(people.c.person_id))
            for network, account_id in accounts:
                self._claim(connection, person_id, network, account_id, at)
        return self._find(people.c.name == name)[0]

    def unproven(self) -> frozenset[int]:
        """Return the keys of people who have a claim that nothing proves."""
        select = sa.select(claims.c.person_id).where(claims.c.proof.in_(_NO_PROOFS)).distinct()
        with self._database.connect() as connection:
            return frozenset(-person_id for person_id in connection.scalars(select))

    def left(self) -> frozenset[int]:
        """Return the keys of people, and of accounts that the lake knows, who are to be left alone."""
        withdrawn = sa.select(people.c.person_id).where(people.c.consent == WITHDRAWN)
        accounts = sa.select(opt_outs.c.account).where(opt_outs.c.account.is_not(None))
        with self._database.connect() as connection:
            left = {-person_id for person_id in connection.scalars(withdrawn)}
            return frozenset(left.union(connection.scalars(accounts)))

    def by_name(self, name: str) -> Person | None:
        """Return the person with this name."""
        return next(iter(self._find(people.c.name == name)), None)

    def by_account(self, network: str, account_id: str) -> Person | None:
        """Return who claimed an account."""
        owner = sa.select(claims.c.person_id).where(claims.c.network == network, claims.c.account_id == account_id)
        return next(iter(self._find(people.c.person_id.in_(owner))), None)

    def by_key(self, key: int) -> Person | None:
        """Return the person whom scores call so."""
        return next(iter(self._find(_is(key))), None)

    def all(self) -> list[Person]:
        """Return everybody, in the order in which they came."""
        return self._find(sa.true())

    def consenting(self) -> list[Person]:
        """Return everybody who is to be collected, scored and shown."""
        return self._find(people.c.consent == GIVEN)

    def consent(self, key: int, consent: str, *, at: datetime) -> None:
        """Note whether a person consents from here on."""
        with self._database.begin() as connection:
            changed = sa.update(people).where(_is(key), people.c.consent != consent)
            connection.execute(changed.values(consent=consent, consent_at=at))

    def prove(self, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """Note what proves a claim; what was proven once stays so, and an archive takes nothing from it."""
        here = sa.and_(_of(claims, network, account_id), claims.c.proof.in_(["", "archive"]))
        with self._database.begin() as connection:
            connection.execute(sa.update(claims).where(here).values(proof=proof, proved_at=at))

    def forget(self, key: int, accounts: Mapping[tuple[str, str], int | None] | None = None) -> int:
        """
        Take a person and their claims out, from free pages and the log too; return how many rows went.

        Parameters
        ----------
        key : int
            What scores call them.
        accounts : mapping of (network, account_id) to int or None, optional
            More accounts of theirs, with the keys that the lake no longer has: marks go on without them.
        """
        person = self.by_key(key)
        theirs = set(accounts or ()) | set(person.accounts if person else ())
        with self._database.begin() as connection:
            gone = 0
            for table in (readings, reading_counts, session_accounts, claims):
                rows = [connection.execute(sa.delete(table).where(_of(table, *account))).rowcount for account in theirs]
                gone += sum(rows) if table is claims else 0
            for account in theirs:
                nameless = sa.update(wishes).where(_of(wishes, *account))
                connection.execute(nameless.values(network=None, account_id=None))
            gone += connection.execute(sa.delete(people).where(_is(key))).rowcount
            keys = [account for account in (accounts or {}).values() if account is not None]
            nobodys = sa.update(opt_outs).where(opt_outs.c.account.in_(keys))
            connection.execute(nobodys.values(network=None, account=None))
            leave(connection)
        self.clean()
        return gone

    def clean(self) -> None:
        """Leave nothing of what was deleted or changed in SQLite's log, or in PostgreSQL's pages."""
        scrub(self._database, *_HOLD_PEOPLE)

    def _claim(self, connection: sa.Connection, person_id: int, network: str, account_id: str, at: datetime) -> None:
        owner = connection.scalar(sa.select(claims.c.person_id).where(_of(claims, network, account_id)))
        if owner is None:
            row = {"person_id": person_id, "network": network, "account_id": account_id, "claimed_at": at}
            connection.execute(sa.insert(claims).values(**row, token=token()))
        elif owner != person_id:
            name = connection.scalar(sa.select(people.c.name).where(people.c.person_id == owner))
            msg = f"{network}:{account_id} is claimed by {name!r}; an account belongs to one person"
            raise BadInput(msg)

    def _find(self, where: sa.ColumnElement[bool]) -> list[Person]:
        columns = (
            *(claims.c.network, claims.c.account_id, claims.c.token),
            *(claims.c.proof, claims.c.proved_at, claims.c.claimed_at),
        )
        select = (
            sa.select(people.c.person_id, people.c.name, people.c.consent, people.c.consent_at, *columns)
            .select_from(people.outerjoin(claims))
            .where(where)
            .order_by(people.c.person_id, claims.c.network, claims.c.account_id)
        )
        found: dict[int, Person] = {}
        with self._database.connect() as connection:
            for person_id, name, consent, consent_at, *claim in connection.execute(select):
                person = found.get(person_id) or Person(person_id, name, (), consent, utc(consent_at))
                claimed = [_claim_of(*claim)] if claim[0] else []
                found[person_id] = replace(person, claims=(*person.claims, *claimed))
        return list(found.values())


def _is(key: int) -> sa.ColumnElement[bool]:
    """Return what is true of the person whom scores call so; an account that nobody claimed is none."""
    return people.c.person_id == -key if key < 0 else sa.false()


def _of(table: sa.Table, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.network == network, table.c.account_id == account_id)


def _claim_of(
    network: str, account_id: str, said: str, proof: str, proved_at: datetime | None, claimed_at: datetime
) -> Claim:
    return Claim(network, account_id, said, proof, proved_at and utc(proved_at), utc(claimed_at))


def check_name(name: str) -> None:
    """
    Refuse what cannot be a person's name.

    Raises
    ------
    BadInput
    """
    if not name.strip() or ":" in name or len(name) > _LONGEST_NAME or not name.isprintable():
        msg = f"{name!r} cannot be a person's name; write 1 to {_LONGEST_NAME} printable characters without ':'"
        raise BadInput(msg)


def token() -> str:
    """Return a word that nobody says by chance or can guess: 80 bits."""
    return f"renown-{secrets.token_hex(10)}"
