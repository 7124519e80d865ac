"""
Open an archive: a ZIP file, a tar.gz file, a folder, or one of its files.

A folder may also have the ZIP or tar.gz files that are the parts of one archive.
"""

import gzip
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from renown.errors import InvalidInputError
from renown.imports.archives.reader import (
    MAX_ARCHIVE_BYTES,
    MAX_COMPRESSION,
    MAX_FILE_BYTES,
    MIN_CHECKED_BYTES,
    ZIP_ERRORS,
    ArchiveReader,
)

MAX_FILES = 500_000
"""Maximum files of an archive, media included."""
_PART_SUFFIXES = (".zip", ".tar.gz", ".tgz")
_SINGLE_SUFFIXES = (".json", ".csv")
"""Ends of the names of files that somebody took out of an archive."""


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
        except ZIP_ERRORS as error:
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
        self._max_bytes = min(max_bytes, max(MIN_CHECKED_BYTES, MAX_COMPRESSION * path.stat().st_size))

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
