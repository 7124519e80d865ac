"""
Read an archive's files from a ZIP file or folder, with size limits (zip bombs); nothing is unpacked to disk.

`ArchiveContents` are the records of an archive, in the same form for every network.
"""

import lzma
import re
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec

from renown.connectors.base import Account, Record
from renown.errors import InvalidInputError
from renown.imports.fields import EARLIEST_INSTANT, MAX_COUNT
from renown.records import MAX_ID_BYTES

MAX_FILE_BYTES, MAX_ARCHIVE_BYTES = 500_000_000, 1_000_000_000
"""Maximum uncompressed bytes of one file, and of all files read. 100,000 posts on X take 200 million."""
MAX_COMPRESSION, _MIN_CHECKED_BYTES = 100, 10_000_000
"""Maximum uncompressed bytes for each compressed one, in files above a size. JSON of archives has 5 to 30."""
_CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ZIP_ERRORS = (
    *(OSError, EOFError, ValueError, OverflowError, IndexError),  # ValueError: also names that cannot be decoded
    *(RuntimeError, NotImplementedError),  # an encrypted file, an unknown compression method
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
)
"""What `zipfile` raises for a damaged or hostile file."""

T = TypeVar("T")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
IdText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_BYTES // 4)]
"""An id or handle; a character has up to four bytes in UTF-8."""


class ArchiveReader(ABC):
    """
    Reads the files of one archive, which are found by the end of their path.

    Parameters
    ----------
    path : Path
        Path of the archive, for error messages.
    names : list of str
        Paths of all files within it, with ``/`` between folders.
    max_file_bytes, max_archive_bytes : int
        Maximum bytes that are read of one file, and of all.
    """

    def __init__(self, path: Path, names: list[str], *, max_file_bytes: int, max_archive_bytes: int) -> None:
        self.path = path
        self._names = sorted(names, key=lambda name: (name.count("/"), name))
        self._max_file_bytes, self._remaining_bytes = max_file_bytes, max_archive_bytes

    @abstractmethod
    def _open(self, name: str) -> IO[bytes]:
        """Open a file of the archive."""

    @abstractmethod
    def _stored_bytes(self, name: str) -> int:
        """Return the size of a file as it is stored, perhaps compressed."""

    def find_files(self, pattern: str) -> list[str]:
        """Return the files whose path ends with a pattern, from the topmost folder with a match, in natural order."""
        matches = [name for name in self._names if re.search(rf"(^|/)({pattern})$", name)]
        top_folders = [name.rpartition("/")[0] for name in matches[:1]]
        return sorted((name for name in matches if name.rpartition("/")[0] in top_folders), key=_natural_sort_key)

    def read_bytes(self, name: str) -> bytes:
        """
        Read a file, without the byte order mark that editors on Windows add.

        Raises
        ------
        InvalidInputError
            If it cannot be read to its end, or is too large.
        """
        content = bytearray()
        max_bytes = min(self._max_file_bytes, max(_MIN_CHECKED_BYTES, MAX_COMPRESSION * self._stored_bytes(name)))
        try:
            with self._open(name) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    content += chunk
                    self._remaining_bytes -= len(chunk)
                    if len(content) > max_bytes or self._remaining_bytes < 0:
                        raise self.file_error(
                            name, f"is too large: more than {len(content):,} bytes; is it the right file?"
                        )
        except _ZIP_ERRORS as error:
            raise self.file_error(name, f"cannot be read ({error}); download the archive again") from error
        return bytes(content).removeprefix(_BYTE_ORDER_MARK)

    def read_json(self, name: str, model: type[T], *, content: bytes | None = None) -> T:
        """
        Parse a file's JSON into a type; numbers may be quoted.

        Raises
        ------
        InvalidInputError
            If it is not valid JSON of that type, or is truncated.
        """
        try:
            return msgspec.json.decode(self.read_bytes(name) if content is None else content, type=model, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            raise self.file_error(name, f"is not as expected ({error}); download the complete archive again") from error

    def file_error(self, name: str, problem: str) -> InvalidInputError:
        """Return the error for a file of the archive that is not valid."""
        return InvalidInputError(f"{self.path}: {name!r} {problem}")

    def missing_file_error(self, file_name: str, network: str) -> InvalidInputError:
        """Return the error for an archive that lacks a required file."""
        return InvalidInputError(
            f"{self.path}: there is no {file_name} in it; is it a complete archive of an account on {network}?"
        )


@dataclass(frozen=True)
class ArchiveContents:
    """The records of an account's archive."""

    network: str
    account: Account
    """The owner: only they can download the archive, so it proves a claim."""
    covers: tuple[str, ...]
    """Verbs of which the archive has counts."""
    records: tuple[Record, ...]
    dropped: tuple[str, ...] = ()
    """What was left out because it could not be read, and why; one sentence for each reason."""


@contextmanager
def open_archive(
    path: Path, *, max_file_bytes: int = MAX_FILE_BYTES, max_archive_bytes: int = MAX_ARCHIVE_BYTES
) -> Iterator[ArchiveReader]:
    """
    Open an archive: a ZIP file or a folder.

    Raises
    ------
    InvalidInputError
        If it is neither a folder nor a complete ZIP file.
    """
    limits: dict[str, Any] = {"max_file_bytes": max_file_bytes, "max_archive_bytes": max_archive_bytes}
    if path.is_dir():
        yield _FolderReader(path, **limits)
        return
    if not path.is_file():
        raise InvalidInputError(f"there is no file {str(path)!r}; check the name")
    try:
        file = zipfile.ZipFile(path)
        reader = _ZipReader(path, file, **limits)
    except _ZIP_ERRORS as error:
        raise InvalidInputError(
            f"{path}: not a complete ZIP file ({error}); download it again, or unpack it and give the folder"
        ) from error
    with file:
        yield reader


class _ZipReader(ArchiveReader):
    def __init__(self, path: Path, file: zipfile.ZipFile, **limits: int) -> None:
        # PowerShell 5 writes \ between folders. Of several files with one name, the last one counts, as in ZIP tools.
        self._members = {member.filename.replace("\\", "/"): member for member in file.infolist() if member.filename}
        super().__init__(path, [name for name in self._members if not name.endswith("/")], **limits)
        self._file = file

    def _open(self, name: str) -> IO[bytes]:
        return self._file.open(self._members[name])

    def _stored_bytes(self, name: str) -> int:
        return self._members[name].compress_size


class _FolderReader(ArchiveReader):
    def __init__(self, path: Path, **limits: int) -> None:
        # Media are at any depth; the files that are read are at most three levels deep, so deeper ones are not listed.
        files = [file for depth in ("*", "*/*", "*/*/*") for file in path.glob(depth) if file.is_file()]
        super().__init__(path, [file.relative_to(path).as_posix() for file in files], **limits)

    def _open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")

    def _stored_bytes(self, name: str) -> int:
        return (self.path / name).stat().st_size


def _natural_sort_key(name: str) -> list[int | str]:
    """Return a key for natural sort order: a file without a number first, part 10 after part 2."""
    stem = name.rpartition(".")[0]
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"(\d{1,18})", stem))]


def plausible_instant(at: datetime | None) -> datetime | None:
    """Return when an account was created; None if that is before any network, such as in the year 1."""
    return at if at is not None and at.year >= EARLIEST_INSTANT.year else None
