"""Stream personal data as one ZIP file of JSON lines."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from renown.privacy.export_part import ExportPart

CHUNK_BYTES = 65_536
"""Size of the chunks that are yielded, in bytes."""
_README_TEXT = """Personal data of {name} on this server, as of {at:%Y-%m-%d %H:%M} UTC.

Each file is one table in JSON Lines (https://jsonlines.org), one row per line. `lake` has the collected data
(people who reacted to you are not named: that is their data), `ledger` has what reactions were worth on their day,
`published` has the results of each day, and `store` has the rest. Empty tables are omitted.
docs/explanation/privacy.md describes the tables.
"""


def write_export(name: str, parts: Iterable[ExportPart], *, at: datetime) -> Iterator[bytes]:
    """
    Yield a ZIP file of JSON lines in chunks, so that memory stays bounded for any amount of data.

    Parameters
    ----------
    name : str
        Name of the person, written into the README.
    parts : iterable of ExportPart
    at : datetime
        Time of the export, in UTC.
    """
    buffer = _ZipBuffer()
    timestamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_zip_info("README.txt", timestamp), _README_TEXT.format(name=name, at=at))
        for part in parts:
            rows = part.rows()
            first_row = next(rows, None)
            if first_row is None:
                continue
            with archive.open(_zip_info(f"{part.name}.jsonl", timestamp), "w", force_zip64=True) as file:
                file.write(msgspec.json.encode(first_row) + b"\n")
                for row in rows:
                    file.write(msgspec.json.encode(row) + b"\n")
                    if len(buffer.pending) >= CHUNK_BYTES:
                        yield buffer.drain()
            yield buffer.drain()
    yield buffer.drain()


class _ZipBuffer(io.RawIOBase):
    """Write-only file that buffers bytes until they are drained."""

    def __init__(self) -> None:
        self.pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        data = bytes(chunk)  # type: ignore[call-overload]
        self.pending += data
        return len(data)

    def drain(self) -> bytes:
        """Return and clear the buffered bytes."""
        data, self.pending = bytes(self.pending), bytearray()
        return data


def _zip_info(name: str, timestamp: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, timestamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
