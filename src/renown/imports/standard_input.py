"""Read records from a stream, such as standard input, by way of a temporary file, since imports read files twice."""

import shutil
import zlib
from pathlib import Path
from typing import BinaryIO

from renown.errors import InvalidInputError

STREAM_FORMATS = ("csv", "jsonl", "parquet")
"""Formats of a stream; CSV and JSON Lines may be compressed with gzip."""
_GZIP_MAGIC, _PARQUET_MAGIC = b"\x1f\x8b", b"PAR1"
_HEAD_BYTES = 4096
"""Bytes from which the format is detected."""


def spool_stream(stream: BinaryIO, folder: Path, file_format: str | None = None) -> Path:
    """
    Copy a stream to a file whose name ends in its format.

    Parameters
    ----------
    stream : binary file
    folder : Path
    file_format : str, optional
        One of `STREAM_FORMATS`; detected by default.

    Raises
    ------
    InvalidInputError
        If the format is unknown, or the stream is empty.
    """
    if file_format not in {None, *STREAM_FORMATS}:
        raise InvalidInputError(f"--format is {file_format!r}; write one of {', '.join(STREAM_FORMATS)}")
    path = folder / "stream"
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file)
    if not path.stat().st_size:
        raise InvalidInputError("standard input is empty; did the command before it fail?")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    suffix = ".gz" if head.startswith(_GZIP_MAGIC) else ""
    return path.rename(path.with_suffix(f".{file_format or detect_format(head)}{suffix}"))


def detect_format(head: bytes) -> str:
    """
    Detect the format of records from their first bytes, which may be compressed with gzip.

    Examples
    --------
    >>> detect_format(b'{"actor": "a"}'), detect_format(b"actor,target,at,verb")
    ('jsonl', 'csv')
    """
    if head.startswith(_PARQUET_MAGIC):
        return "parquet"
    if head.startswith(_GZIP_MAGIC):
        head = _decompress(head)
    # A list is no JSON Lines either, but the reader of those says so.
    return "jsonl" if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["} else "csv"


def _decompress(head: bytes) -> bytes:
    """Return the beginning of what is compressed; nothing if it is damaged, which the reader says."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD_BYTES)
    except zlib.error:
        return b""
