"""Store of display names and pictures of claimed accounts, and of what their owners choose to show of them."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.store.opt_outs import count_departures
from renown.store.person import CONSENT_GIVEN, UNVERIFIED_PROOFS
from renown.store.schema import claims, identities, identity_choices, people
from renown.store.schema.instants import as_utc
from renown.store.serving.read import open_reader
from renown.store.visibility import record_visibility_change

PICTURE_TYPE = "image/webp"
"""Media type of stored pictures."""
_DIGEST_LENGTH = 32
_MAX_OWNERS = 100
"""Maximum accounts with one picture: networks give many the same one."""
_ACCOUNT = (identities.c.network, identities.c.account_id)
_CHOICE = (
    *(identity_choices.c.network, identity_choices.c.account_id),
    *(identity_choices.c.shows_name, identity_choices.c.shows_picture),
)
"""Columns of a choice; null if the person made none."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of an account, as it is served."""

    content: bytes = field(repr=False)
    """WebP."""
    source_url: str
    """Where it was read."""
    validator: str = ""
    """`HttpResult.validator` of the response that had it."""

    @property
    def digest(self) -> str:
        """Hash of the content (SHA-256, in hex, cut)."""
        return hashlib.sha256(self.content).hexdigest()[:_DIGEST_LENGTH]


@dataclass(frozen=True, kw_only=True)
class StoredIdentity:
    """Display name and picture of a claimed account."""

    network: str
    account_id: str
    display_name: str = ""
    """Empty if it has none."""
    picture: Picture | None = None


@dataclass(frozen=True, kw_only=True)
class IdentityChoice:
    """What a person chooses to show of their accounts' names and pictures."""

    network: str = ""
    account_id: str = ""
    """The account whose name and picture are shown; empty for the first verified one that has some."""
    shows_name: bool = True
    shows_picture: bool = True


@dataclass(frozen=True, kw_only=True)
class IdentityCandidate:
    """A claimed account whose name and picture may be shown for a person."""

    person: str
    """Name of the person."""
    network: str
    account_id: str
    is_verified: bool
    claimed_at: datetime
    display_name: str
    digest: str
    """Digest of the picture; empty without one."""
    choice: IdentityChoice
    """What the person chose."""


class IdentityStore:
    """
    Display names and pictures of claimed accounts.

    A row goes with its claim: taking an account off a person and erasing the person deletes it.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)
        self._by_names_sql = _compile_by_names(database.dialect)

    def is_collectable(self, network: str, account_id: str) -> bool:
        """Tell whether an account is claimed by somebody who consents."""
        with self._database.connect() as connection:
            return _is_collectable(connection, network, account_id)

    def find(self, network: str, account_id: str) -> StoredIdentity | None:
        """Return what is stored of an account; None if nothing is."""
        condition = sa.and_(identities.c.network == network, identities.c.account_id == account_id)
        return next(iter(self._read(sa.select(identities).where(condition))), None)

    def list_of(self, key: int) -> list[StoredIdentity]:
        """Return what is stored of a person's accounts."""
        return self._read(sa.select(identities).join(claims).where(claims.c.person_id == -key).order_by(*_ACCOUNT))

    def save(self, identity: StoredIdentity, *, at: datetime) -> bool:
        """
        Store an account's name and picture in place of the earlier ones.

        Returns
        -------
        bool
            False if nobody who consents claims the account any more: then nothing is stored.
        """
        picture = identity.picture
        account = {"network": identity.network, "account_id": identity.account_id}
        values = {
            "display_name": identity.display_name,
            "picture": picture and picture.content,
            "digest": picture.digest if picture else "",
            "source_url": picture.source_url if picture else "",
            "validator": picture.validator if picture else "",
            "read_at": at,
        }
        with self._database.begin() as connection:
            count_departures(connection, lock=True)  # whoever opts out from here on waits, and deletes this row
            if not _is_collectable(connection, **account):
                return False
            shown = (identities.c.display_name, identities.c.digest)
            before = connection.execute(sa.select(*shown).filter_by(**account)).first()
            connection.execute(sa.delete(identities).filter_by(**account))
            connection.execute(sa.insert(identities).values(**account, **values))
            if before is None or tuple(before) != (values["display_name"], values["digest"]):
                record_visibility_change(connection)
        return True

    def list_candidates(self, names: Collection[str]) -> list[IdentityCandidate]:
        """Return the accounts whose names and pictures may be shown for people who consent, by the people's names."""
        rows = self._reader.read_rows(self._by_names_sql, {"names": json.dumps(list(names))})
        return [_to_candidate(dict(zip(_CANDIDATE_FIELDS, row, strict=True))) for row in rows]

    def list_owners(self, digest: str) -> list[IdentityCandidate]:
        """Return all candidates of the people who have an account with this picture, of some if there are many."""
        owners = sa.select(claims.c.person_id).join(identities).where(identities.c.digest == digest)
        owners = owners.order_by(claims.c.person_id).limit(_MAX_OWNERS)
        return self._list_candidates(people.c.person_id.in_(owners))

    def read_picture(self, digest: str) -> bytes | None:
        """Return the content of a picture, whoever may see it; None if there is none."""
        with self._database.connect() as connection:
            return connection.scalar(sa.select(identities.c.picture).where(identities.c.digest == digest).limit(1))

    def choice(self, key: int) -> IdentityChoice:
        """Return what a person chose to show; by default everything, of their first account."""
        select = sa.select(*_CHOICE).where(identity_choices.c.person_id == -key)
        with self._database.connect() as connection:
            row = connection.execute(select).mappings().first()
        return IdentityChoice(**row) if row else IdentityChoice()

    def choose(self, key: int, choice: IdentityChoice) -> None:
        """Store what a person chooses to show, from now on."""
        with self._database.begin() as connection:
            connection.execute(sa.delete(identity_choices).where(identity_choices.c.person_id == -key))
            values = {column.name: getattr(choice, column.name) for column in _CHOICE}
            connection.execute(sa.insert(identity_choices).values(person_id=-key, **values))
            record_visibility_change(connection)

    def erase(self, key: int) -> int:
        """Erase names and pictures of a person's accounts; return the number of rows deleted."""
        if key >= 0:
            return 0  # an account that nobody claimed
        accounts = sa.select(claims.c.network, claims.c.account_id).where(claims.c.person_id == -key)
        with self._database.begin() as connection:
            deleted = connection.execute(sa.delete(identities).where(sa.tuple_(*_ACCOUNT).in_(accounts))).rowcount
            record_visibility_change(connection)
        return deleted

    def _read(self, select: sa.Select[tuple[object, ...]]) -> list[StoredIdentity]:
        with self._database.connect() as connection:
            return [_to_identity(row) for row in connection.execute(select).mappings()]

    def _list_candidates(self, condition: sa.ColumnElement[bool]) -> list[IdentityCandidate]:
        with self._database.connect() as connection:
            rows = connection.execute(_select_candidates(condition)).mappings()
            return [_to_candidate(row) for row in rows]


def _select_candidates(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(*_CANDIDATE_COLUMNS)
        .select_from(people.join(claims).join(identities).outerjoin(identity_choices))
        .where(condition, people.c.consent == CONSENT_GIVEN)
        .order_by(people.c.person_id, *_ACCOUNT)
    )


_CANDIDATE_COLUMNS = (
    people.c.name.label("person"),
    *_ACCOUNT,
    *(claims.c.proof, claims.c.claimed_at, identities.c.display_name, identities.c.digest),
    *(column.label(f"chosen_{column.name}") for column in _CHOICE),
)
_CANDIDATE_FIELDS = [column.name for column in _CANDIDATE_COLUMNS]
_NAMES_SQL = {
    "sqlite": "select value from json_each(:names)",
    "postgresql": "select jsonb_array_elements_text(cast(:names as jsonb))",
}
"""By dialect: the names of a JSON array as rows, so that one prepared statement reads any number of people."""


def _compile_by_names(dialect: sa.Dialect) -> str:
    """
    Return the SELECT of the candidates of people with these ``:names``.

    Each read of a score has this query: building the statement anew would take twenty times as long as running it.
    """
    select = _select_candidates(sa.literal_column(f"people.name in ({_NAMES_SQL[dialect.name]})", sa.Boolean))
    return str(select.compile(compile_kwargs={"literal_binds": True}))


def _is_collectable(connection: sa.Connection, network: str, account_id: str) -> bool:
    claimed = sa.select(claims.c.account_id).join(people).where(people.c.consent == CONSENT_GIVEN)
    return connection.scalar(claimed.filter_by(network=network, account_id=account_id)) is not None


def _to_identity(row: sa.RowMapping) -> StoredIdentity:
    content = row["picture"]
    return StoredIdentity(
        network=row["network"],
        account_id=row["account_id"],
        display_name=row["display_name"],
        picture=content and Picture(content=content, source_url=row["source_url"], validator=row["validator"]),
    )


def _to_candidate(row: Mapping[Any, Any]) -> IdentityCandidate:
    claimed_at = row["claimed_at"]
    choice = {column.name: row[f"chosen_{column.name}"] for column in _CHOICE}
    return IdentityCandidate(
        person=row["person"],
        network=row["network"],
        account_id=row["account_id"],
        is_verified=row["proof"] not in UNVERIFIED_PROOFS,
        # The reader of snapshots does not parse instants.
        claimed_at=as_utc(datetime.fromisoformat(claimed_at) if isinstance(claimed_at, str) else claimed_at),
        display_name=row["display_name"],
        digest=row["digest"],
        choice=IdentityChoice() if choice["network"] is None else IdentityChoice(**choice),
    )
