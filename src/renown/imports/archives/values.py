"""Values in the files of archives: ids, counts and instants."""

from datetime import datetime
from typing import Annotated

import msgspec

from renown.imports.column_reader import EARLIEST_INSTANT
from renown.imports.field_sql import MAX_COUNT
from renown.records import MAX_ID_BYTES

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
IdText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_BYTES // 4)]
"""An id or handle; a character has up to four bytes in UTF-8."""


def plausible_instant(at: datetime | None) -> datetime | None:
    """Return when an account was created; None if that is before any network, such as in the year 1."""
    return at if at is not None and at.year >= EARLIEST_INSTANT.year else None
