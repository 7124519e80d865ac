"""
Read an archive's files from a ZIP file, tar.gz file or folder, with size limits (zip bombs).

Nothing is unpacked to disk. A folder may also have the ZIP or tar.gz files that are the parts of one archive.
"""

import gzip
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec

from renown.errors import InvalidInputError
from renown.imports.archives.csv_rows import iterate_csv
from renown.imports.archives.json_stream import Keys, iterate_json
from renown.imports.archives.xml_rows import iterate_rows
from renown.imports.column_reader import EARLIEST_INSTANT
from renown.imports.field_sql import MAX_COUNT
from renown.records import MAX_ID_BYTES

MAX_FILE_BYTES, MAX_ARCHIVE_BYTES = 500_000_000, 1_000_000_000
"""Maximum uncompressed bytes of one file, and of all files read. 100,000 posts on X take 200 million."""
MAX_COMPRESSION, _MIN_CHECKED_BYTES = 100, 10_000_000
"""Maximum uncompressed bytes for each compressed one, in files above a size. JSON of archives has 5 to 30."""
MAX_FILES = 500_000
"""Maximum files of an archive, media included."""
_CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ZIP_ERRORS = (
    *(OSError, EOFError, ValueError, OverflowError, IndexError),  # ValueError: also names that cannot be decoded
    *(RuntimeError, NotImplementedError),  # an encrypted file, an unknown compression method
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
)
"""What `zipfile` and `tarfile` raise for a damaged or hostile file."""
_PART_SUFFIXES = (".zip", ".tar.gz", ".tgz")
_SINGLE_SUFFIXES = (".json", ".csv")
"""Ends of the names of files that somebody took out of an archive."""

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

    @property
    def names(self) -> list[str]:
        """Paths of all files, the topmost folders first."""
        return self._names

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

    def iterate_chunks(self, name: str) -> Iterator[bytes]:
        """
        Yield a file piece by piece, without the byte order mark that editors on Windows add.

        Raises
        ------
        InvalidInputError
            If it cannot be read to its end, or is too large.
        """
        count = 0
        max_bytes = min(self._max_file_bytes, max(_MIN_CHECKED_BYTES, MAX_COMPRESSION * self._stored_bytes(name)))
        if self._stated_bytes(name) > max_bytes:
            raise self._size_error(name, max_bytes)
        try:
            with self._open(name) as file:
                while chunk := file.read(_CHUNK_BYTES):
                    is_first = not count
                    count += len(chunk)
                    self._remaining_bytes -= len(chunk)
                    if count > max_bytes or self._remaining_bytes < 0:
                        raise self._size_error(name, count)
                    yield chunk.removeprefix(_BYTE_ORDER_MARK) if is_first else chunk
        except _ZIP_ERRORS as error:
            raise self.file_error(name, f"cannot be read ({error}); download the archive again") from error

    def _stated_bytes(self, name: str) -> int:
        """Return the size that a file is said to have; that is not trusted if it is small."""
        return self._stored_bytes(name)

    def _size_error(self, name: str, count: int) -> InvalidInputError:
        return self.file_error(name, f"is too large: more than {count:,} bytes; is it the right file?")

    def read_bytes(self, name: str) -> bytes:
        """Read a file as `iterate_chunks` does."""
        content = bytearray()
        for chunk in self.iterate_chunks(name):
            content += chunk
        return bytes(content)

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
            raise self._parse_error(name, error) from error

    def iterate_json(self, name: str, chunks: Iterator[bytes] | None = None) -> Iterator[tuple[Keys, object]]:
        """
        Yield the outer values of a file's JSON as `json_stream.iterate_json` does, in little memory.

        Parameters
        ----------
        name : str
        chunks : iterator of bytes, optional
            The JSON that is in the file, if it has more; all of it by default.
        """
        try:
            yield from iterate_json(self.iterate_chunks(name) if chunks is None else chunks)
        except (ValueError, RecursionError) as error:
            raise self._parse_error(name, error) from error

    def iterate_csv(self, name: str, required: Collection[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the rows of a CSV file as `csv_rows.iterate_csv` does."""
        try:
            yield from iterate_csv(self.iterate_chunks(name), required)
        except ValueError as error:
            raise self._parse_error(name, error) from error

    def iterate_rows(self, name: str) -> Iterator[Mapping[str, str]]:
        """Yield the rows of an XML file as `xml_rows.iterate_rows` does."""
        try:
            yield from iterate_rows(self.iterate_chunks(name))
        except ValueError as error:
            raise self._parse_error(name, error) from error

    def convert(self, name: str, number: int, value: object, model: type[T]) -> T:
        """
        Convert an entry of a file that was parsed, of which this is the number, to a type; numbers may be quoted.

        Raises
        ------
        InvalidInputError
            If it is not of that type.
        """
        try:
            return msgspec.convert(value, model, strict=False)
        except (msgspec.ValidationError, RecursionError, OverflowError, ValueError) as error:
            raise self.file_error(
                name, f"has an entry {number:,} that is not as expected ({error}); was it edited?"
            ) from error

    def _parse_error(self, name: str, error: Exception) -> InvalidInputError:
        return self.file_error(name, f"is not as expected ({error}); download the complete archive again")

    def file_error(self, name: str, problem: str) -> InvalidInputError:
        """Return the error for a file of the archive that is not valid."""
        return InvalidInputError(f"{self.path}: {name!r} {problem}")

    def missing_file_error(self, file_name: str, network: str) -> InvalidInputError:
        """Return the error for an archive that lacks a required file."""
        return InvalidInputError(
            f"{self.path}: there is no {file_name} in it; is it a complete archive of an account on {network}?"
        )


@contextmanager
def open_archive(
    path: Path, *, max_file_bytes: int = MAX_FILE_BYTES, max_archive_bytes: int = MAX_ARCHIVE_BYTES
) -> Iterator[ArchiveReader]:
    """
    Open an archive: a ZIP file, a tar.gz file, a folder, a folder with all parts of one archive, or one of its files.

    Raises
    ------
    InvalidInputError
        If it is neither a folder nor a complete ZIP or tar.gz file.
    """
    limits: dict[str, Any] = {"max_file_bytes": max_file_bytes, "max_archive_bytes": max_archive_bytes}
    if path.is_file() and path.name.lower().endswith(_SINGLE_SUFFIXES):
        yield _SingleFileReader(path, [path.name], **limits)
        return
    if not path.is_dir():
        with _open_part(path, limits) as reader:
            yield reader
        return
    with ExitStack() as parts:
        part_paths = sorted(part for part in path.iterdir() if part.name.lower().endswith(_PART_SUFFIXES))
        readers = [parts.enter_context(_open_part(part_path, limits)) for part_path in part_paths]
        yield _CombinedReader(path, [_FolderReader(path, **limits), *readers], **limits)


@contextmanager
def _open_part(path: Path, limits: dict[str, Any]) -> Iterator[ArchiveReader]:
    if not path.is_file():
        raise InvalidInputError(f"there is no file {str(path)!r}; check the name")
    is_tar = path.name.lower().endswith(_PART_SUFFIXES[1:])
    kind = "tar.gz" if is_tar else "ZIP"
    with ExitStack() as files:
        try:
            reader: ArchiveReader
            if is_tar:
                stream = files.enter_context(_BoundedGzipFile(path, limits["max_archive_bytes"]))
                tar_file = files.enter_context(tarfile.TarFile(fileobj=stream))
                reader = _TarReader(path, tar_file, **limits)
            else:
                zip_file = files.enter_context(zipfile.ZipFile(path))
                reader = _ZipReader(path, zip_file, **limits)
        except _ZIP_ERRORS as error:
            raise InvalidInputError(
                f"{path}: not a complete {kind} file ({error}); download it again, or unpack it and give the folder"
            ) from error
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

    def _stated_bytes(self, name: str) -> int:
        return self._members[name].file_size


class _BoundedGzipFile(gzip.GzipFile):
    """A gzip file that refuses to decompress more than an archive may have: a tar file is read to be listed."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__(path, "rb")
        self._max_bytes = min(max_bytes, max(_MIN_CHECKED_BYTES, MAX_COMPRESSION * path.stat().st_size))

    def read(self, size: int | None = -1) -> bytes:
        """Read some bytes, within the limit."""
        return self._check(super().read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek by reading, within the limit."""
        if offset > self._max_bytes:
            raise tarfile.ReadError(f"more than {self._max_bytes:,} bytes when decompressed")
        return super().seek(offset, whence)

    def _check(self, content: bytes) -> bytes:
        if self.tell() > self._max_bytes:
            raise tarfile.ReadError(f"more than {self._max_bytes:,} bytes when decompressed")
        return content


class _TarReader(ArchiveReader):
    def __init__(self, path: Path, file: tarfile.TarFile, **limits: int) -> None:
        self._members = {}
        for member in file:
            if member.isfile():
                self._members[member.name.removeprefix("./")] = member
            _check_file_count(path, len(self._members))
        super().__init__(path, list(self._members), **limits)
        self._file = file

    def _open(self, name: str) -> IO[bytes]:
        member_file = self._file.extractfile(self._members[name])
        if member_file is None:
            raise tarfile.ReadError("not a file")
        return member_file

    def _stored_bytes(self, name: str) -> int:
        # The compression is checked for the file as a whole.
        return self._members[name].size


class _CombinedReader(ArchiveReader):
    """The parts of one archive; of files with one path, that of the last part counts."""

    def __init__(self, path: Path, parts: Sequence[ArchiveReader], **limits: int) -> None:
        self._parts = {name: part for part in parts for name in part.names}
        super().__init__(path, list(self._parts), **limits)

    def _open(self, name: str) -> IO[bytes]:
        return self._parts[name]._open(name)  # noqa: SLF001 - of the same class

    def _stored_bytes(self, name: str) -> int:
        return self._parts[name]._stored_bytes(name)  # noqa: SLF001 - of the same class

    def _stated_bytes(self, name: str) -> int:
        return self._parts[name]._stated_bytes(name)  # noqa: SLF001 - of the same class


class _SingleFileReader(ArchiveReader):
    """A file without its archive."""

    def _open(self, name: str) -> IO[bytes]:  # noqa: ARG002 - there is one
        return self.path.open("rb")

    def _stored_bytes(self, name: str) -> int:  # noqa: ARG002
        return self.path.stat().st_size


class _FolderReader(ArchiveReader):
    def __init__(self, path: Path, **limits: int) -> None:
        names: list[str] = []
        for file in path.rglob("*"):
            if file.is_file() and not file.name.lower().endswith(_PART_SUFFIXES):
                names.append(file.relative_to(path).as_posix())
                _check_file_count(path, len(names))
        super().__init__(path, names, **limits)

    def _open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")

    def _stored_bytes(self, name: str) -> int:
        return (self.path / name).stat().st_size


def _check_file_count(path: Path, count: int) -> None:
    if count > MAX_FILES:
        raise InvalidInputError(f"{path}: more than {MAX_FILES:,} files; is it the folder of one archive?")


def _natural_sort_key(name: str) -> list[int | str]:
    """Return a key for natural sort order: a file without a number first, part 10 after part 2."""
    stem = name.rpartition(".")[0]
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"(\d{1,18})", stem))]


def plausible_instant(at: datetime | None) -> datetime | None:
    """Return when an account was created; None if that is before any network, such as in the year 1."""
    return at if at is not None and at.year >= EARLIEST_INSTANT.year else None
