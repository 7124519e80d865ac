"""Place: how far the reading of an account has come, as the cursor says it."""

from datetime import datetime

import msgspec

from renown.connectors.mastodon.shapes import Instant
from renown.errors import CursorLost


class Place(msgspec.Struct, omit_defaults=True, frozen=True):
    """The cursor."""

    finished: Instant | None = None
    """When the last collect that read everything began: what is new since happened after it."""
    began: Instant | None = None
    """When the collect began that has not read everything yet."""
    stage: str = ""
    """``mentions`` or ``statuses``: what it was reading."""
    max_id: str | None = None
    """It is to go on below this id."""

    def written(self) -> str:
        """Return it as text."""
        return msgspec.json.encode(self).decode()

    def at(self, stage: str, max_id: str, *, began: datetime) -> str:
        """Return the text of a place on the way."""
        return Place(self.finished, began, stage, max_id).written()

    def below(self, stage: str) -> dict[str, str]:
        """Return the query that goes on with a stage."""
        return {"max_id": self.max_id} if self.stage == stage and self.max_id else {}


def place(cursor: str) -> Place:
    """
    Return the place that a cursor says; the start where it is empty.

    Raises
    ------
    CursorLost
        If it says none.
    """
    try:
        return msgspec.json.decode(cursor, type=Place) if cursor else Place()
    except msgspec.MsgspecError as error:
        msg = f"cannot read on from {cursor[:80]!r}: {error}; the account is to be read again from the start"
        raise CursorLost(msg) from error
