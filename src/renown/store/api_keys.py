"""Store of API keys and their rate limits; only hashes of the keys are stored."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.person import Person
from renown.store.schema import api_keys
from renown.store.secret_hash import hash_secret

KEY_PREFIX = "rn_"
_SECRET_BYTES = 24
"""Random bytes of a key: 192 bits cannot be guessed, so a plain hash without salt is enough."""
_MAX_NAME_LENGTH = 90


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """An API key with its rate limits."""

    digest: str
    """SHA-256 of the key."""
    name: str
    """Of who uses it; a key that a person made has the person's name in front."""
    per_second: int
    """Requests per second."""
    per_day: int
    """Requests per UTC day."""
    created_at: datetime
    person_key: int | None = None
    """Score key of the person who made it; None for keys of the operator."""
    used_at: datetime | None = None
    """When it was used last, to a few minutes; None if it never was."""


class ApiKeyStore:
    """The API keys of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def create(self, name: str, *, per_second: int, per_day: int, at: datetime, owner: Person | None = None) -> str:
        """
        Create a key and return it; it cannot be read again.

        Parameters
        ----------
        name : str
        per_second, per_day : int
            Rate limits.
        at : datetime
        owner : Person, optional
            The person who makes it for themselves; names of their keys are their own.

        Raises
        ------
        InvalidInputError
            If the name is invalid, or has a key already.
        """
        if not (0 < len(name) <= _MAX_NAME_LENGTH and name.isprintable()):
            raise InvalidInputError(
                f"{name!r} cannot be an API key's name; write 1 to {_MAX_NAME_LENGTH} printable characters"
            )
        secret = KEY_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        row = {"digest": hash_secret(secret), "per_second": per_second, "per_day": per_day, "created_at": at}
        row |= {"name": _prefix(owner) + name, "person_id": owner.person_id} if owner else {"name": name}
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(api_keys).values(**row))
        except sa.exc.IntegrityError:
            raise InvalidInputError(
                f"there is an API key named {name!r} already; revoke it first, or choose another name"
            ) from None
        return secret

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the API key with this hash; None if it is unknown."""
        return next(iter(self._find(api_keys.c.digest == key_hash)), None)

    def find_by_name(self, name: str) -> ApiKey:
        """
        Return the API key with this name.

        Raises
        ------
        InvalidInputError
            If there is none.
        """
        keys = self._find(api_keys.c.name == name)
        if not keys:
            raise _unknown_key_error(name)
        return keys[0]

    def all(self) -> list[ApiKey]:
        """Return every key, sorted by name."""
        return self._find(sa.true())

    def list_of(self, owner: Person) -> list[ApiKey]:
        """Return the keys that a person made, with the names that they gave them, sorted by name."""
        keys = self._find(api_keys.c.person_id == owner.person_id)
        return [replace(key, name=key.name.removeprefix(_prefix(owner))) for key in keys]

    def revoke_own(self, owner: Person, digest: str) -> None:
        """Revoke a key that a person made; nothing happens if it is somebody else's."""
        condition = sa.and_(api_keys.c.digest == digest, api_keys.c.person_id == owner.person_id)
        with self._database.begin() as connection:
            connection.execute(sa.delete(api_keys).where(condition))

    def record_use(self, digest: str, *, at: datetime) -> None:
        """Record when a key was used last."""
        with self._database.begin() as connection:
            connection.execute(sa.update(api_keys).where(api_keys.c.digest == digest).values(used_at=at))

    def revoke(self, name: str) -> None:
        """
        Revoke a key.

        Raises
        ------
        InvalidInputError
            If no key has this name.
        """
        with self._database.begin() as connection:
            if not connection.execute(sa.delete(api_keys).where(api_keys.c.name == name)).rowcount:
                raise _unknown_key_error(name)

    def _find(self, where: sa.ColumnElement[bool]) -> list[ApiKey]:
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(api_keys).where(where).order_by(api_keys.c.name)).all()
        return [_to_key(row) for row in rows]


def _unknown_key_error(name: str) -> InvalidInputError:
    return InvalidInputError(f"there is no API key named {name!r}; `renown key list` shows which there are")


def _prefix(owner: Person) -> str:
    """Return what the names of a person's keys begin with; no name of a person contains a colon."""
    return f"{owner.name}: "


def _to_key(row: Any) -> ApiKey:
    return ApiKey(
        digest=row.digest,
        name=row.name,
        per_second=row.per_second,
        per_day=row.per_day,
        created_at=row.created_at,
        person_key=None if row.person_id is None else -row.person_id,
        used_at=row.used_at,
    )
