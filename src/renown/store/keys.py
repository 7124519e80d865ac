"""Keys: who may ask the API how much; only their digests are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import BadInput
from renown.store.schema import api_keys

PREFIX = "rn_"
_BYTES = 24
"""Of chance in a key: nobody guesses 192 bits, so a plain digest is enough."""
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Key:
    """What somebody may ask."""

    digest: str
    """SHA-256 of the key."""
    name: str
    """Whose it is."""
    per_second: int
    """Requests a second."""
    per_day: int
    """Requests a UTC day."""
    made_at: datetime


class Keys:
    """The keys of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def make(self, name: str, *, per_second: int, per_day: int, at: datetime) -> str:
        """
        Make a key and return it, this once.

        Raises
        ------
        BadInput
            If the name cannot be one, or has a key already.
        """
        if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
            msg = f"{name!r} cannot be a key's name; write 1 to {_LONGEST_NAME} printable characters"
            raise BadInput(msg)
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        row = {"digest": digest(secret), "name": name, "per_second": per_second, "per_day": per_day, "made_at": at}
        try:
            with self._database.begin() as connection:
                connection.execute(sa.insert(api_keys).values(**row))
        except sa.exc.IntegrityError:
            msg = (
                f"there is a key called {name!r}; revoke it first (`renown key revoke {name}`), or choose another name"
            )
            raise BadInput(msg) from None
        return secret

    def find(self, mark: str) -> Key | None:
        """Return what the key of a digest allows, None where it is none of ours."""
        return next(iter(self._all(api_keys.c.digest == mark)), None)

    def all(self) -> list[Key]:
        """Return every key, by name."""
        return self._all(sa.true())

    def revoke(self, name: str) -> None:
        """
        Take a key back.

        Raises
        ------
        BadInput
            If there is none of that name.
        """
        with self._database.begin() as connection:
            if not connection.execute(sa.delete(api_keys).where(api_keys.c.name == name)).rowcount:
                msg = f"there is no key called {name!r}; `renown key list` shows which there are"
                raise BadInput(msg)

    def _all(self, where: sa.ColumnElement[bool]) -> list[Key]:
        with self._database.connect() as connection:
            rows = connection.execute(sa.select(api_keys).where(where).order_by(api_keys.c.name)).all()
        return [Key(*row) for row in rows]


def digest(secret: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
