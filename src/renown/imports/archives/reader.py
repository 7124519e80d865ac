"""Read an archive's files as JSON, CSV and XML, with limits of size (zip bombs); nothing is unpacked to disk."""

import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from renown.errors import InvalidInputError
from renown.imports.archives.csv_rows import iterate_csv
from renown.imports.archives.json_stream import Keys, iterate_json
from renown.imports.archives.xml_rows import iterate_rows

MAX_FILE_BYTES, MAX_ARCHIVE_BYTES = 500_000_000, 1_000_000_000
"""Maximum uncompressed bytes of one file, and of all files read. 100,000 posts on X take 200 million."""
MAX_COMPRESSION, MIN_CHECKED_BYTES = 100, 10_000_000
"""Maximum uncompressed bytes for each compressed one, in files above a size. JSON of archives has 5 to 30."""
_CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ZIP_ERRORS = (
    *(OSError, EOFError, ValueError, OverflowError, IndexError),  # ValueError: also names that cannot be decoded
    *(RuntimeError, NotImplementedError),  # an encrypted file, an unknown compression method
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
)
"""What `zipfile` and `tarfile` raise for a damaged or hostile file."""

T = TypeVar("T")


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
        max_bytes = min(self._max_file_bytes, max(MIN_CHECKED_BYTES, MAX_COMPRESSION * self._stored_bytes(name)))
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
        except ZIP_ERRORS as error:
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


def _natural_sort_key(name: str) -> list[int | str]:
    """Return a key for natural sort order: a file without a number first, part 10 after part 2."""
    stem = name.rpartition(".")[0]
    return [int(part) if index % 2 else part for index, part in enumerate(re.split(r"(\d{1,18})", stem))]
