"""Bundle: what is held of somebody as one ZIP file, made while it is sent."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from renown.answers.held import Part

AT_ONCE = 65_536
"""Bytes that are handed on together."""
_READ_ME = """What this home holds of {who}, as of {at:%Y-%m-%d %H:%M} UTC.

Every file is a table, a row a line, in JSON (https://jsonlines.org). Below `lake` is what was collected
(who acted on you is the other's, and not named), below `published` what was made of it day by day, below
`store` all the rest. Tables without rows are left out. docs/people.md says what the columns are.
"""


class _Pipe(io.RawIOBase):
    """A file that is handed on as it is written."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, said: object) -> int:
        data = bytes(said)  # type: ignore[call-overload]
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        """Return what was written since it was last asked for."""
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


def bundle(who: str, parts: Iterable[Part], *, at: datetime) -> Iterator[bytes]:
    """
    Yield a ZIP file of JSON lines, piece by piece: however much is held, little of it is in memory.

    Parameters
    ----------
    who : str
        What the file says whose it is.
    parts : iterable of Part
    at : datetime
        The instant that it is of.
    """
    pipe = _Pipe()
    stamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(_info("README.txt", stamp), _READ_ME.format(who=who, at=at))
        for part in parts:
            rows = part.rows()
            first = next(rows, None)
            if first is None:
                continue
            with packed.open(_info(f"{part.name}.jsonl", stamp), "w", force_zip64=True) as file:
                file.write(msgspec.json.encode(first) + b"\n")
                for row in rows:
                    file.write(msgspec.json.encode(row) + b"\n")
                    if len(pipe.waiting) >= AT_ONCE:
                        yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def _info(name: str, stamp: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, stamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
