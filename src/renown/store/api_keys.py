"""Store of API keys and their rate limits; only hashes of the keys are stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.schema import api_keys

KEY_PREFIX = "rn_"
_SECRET_BYTES = 24
"""Random bytes of a key: 192 bits cannot be guessed, so a plain hash without salt is enough."""
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True)
class ApiKey:
    """An API key with its rate limits."""

    digest: str
    """SHA-256 of the key."""
    name: str
    """Name of the key's owner."""
    per_second: int
    """Requests per second."""
    per_day: int
    """Requests per UTC day."""
    created_at: datetime


class ApiKeyStore:
    """The API keys of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def create(self, name: str, *, per_second: int, per_day: int, at: datetime) -> str:
        """
        Create a key and return it; it cannot be read again.

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
        row = {"digest": hash_key(secret), "name": name, "per_second": per_second, "per_day": per_day, "made_at": at}
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(api_keys).values(**row))
        except sa.exc.IntegrityError:
            raise InvalidInputError(
                f"there is an API key named {name!r} already; revoke it first (`renown key revoke {name}`), or choose "
                "another name"
            ) from None
        return secret

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the API key with this hash; None if it is unknown."""
        return next(iter(self._find(api_keys.c.digest == key_hash)), None)

    def all(self) -> list[ApiKey]:
        """Return every key, sorted by name."""
        return self._find(sa.true())

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
                raise InvalidInputError(f"there is no API key named {name!r}; `renown key list` shows which there are")

    def _find(self, where: sa.ColumnElement[bool]) -> list[ApiKey]:
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(api_keys).where(where).order_by(api_keys.c.name)).all()
        return [ApiKey(*row) for row in rows]


def hash_key(secret: str) -> str:
    """Return the hash under which a key is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
