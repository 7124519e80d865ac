"""How long work says where it is; the faces draw it."""

from typing import Protocol


class Progress(Protocol):
    """Somebody who wants to know how far the work is."""

    def start(self, what: str, total: int) -> None:
        """Begin a piece of work of `total` parts; 0 where nobody knows how many."""

    def advance(self, part: str) -> None:
        """Say that a part is about to be done."""

    def done(self, said: str) -> None:
        """End the piece of work with one line."""


class Silent:
    """Nobody who wants to know."""

    def start(self, what: str, total: int) -> None:
        """Say nothing."""

    def advance(self, part: str) -> None:
        """Say nothing."""

    def done(self, said: str) -> None:
        """Say nothing."""
