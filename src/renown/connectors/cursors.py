"""Cursors that are JSON: how far an account was read, as text that the caller keeps from run to run."""

from typing import Self

import msgspec


class JsonCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    How far an account was read; every field has a default, with which the account was never read.

    Examples
    --------
    >>> class Cursor(JsonCursor, frozen=True):
    ...     since: int = 0
    >>> str(Cursor(since=7)), Cursor.parse('{"since":7}'), Cursor.parse("?")
    ('{"since":7}', Cursor(since=7), Cursor(since=0))
    """

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a cursor; one that is empty or cannot be read means to start from the beginning."""
        try:
            return msgspec.json.decode(text or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()

    def __str__(self) -> str:
        """Return the JSON."""
        return msgspec.json.encode(self).decode()
