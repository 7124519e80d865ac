"""Members: the files of an archive, in a ZIP file or a folder; they are read where they are, never unpacked to disk."""

import re
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec

from renown.connectors import fields
from renown.errors import BadInput

MOST, MOST_IN_ALL = 500_000_000, 1_000_000_000
"""Bytes, unpacked, of one file and of all that are read. A hundred thousand posts of X take two hundred million."""
_CHUNK = 1 << 20

T = TypeVar("T")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0, le=fields.MOST)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=fields.LONGEST // 4)]
"""An id or handle; a character has up to four bytes."""


class Members(ABC):
    """
    The files of one archive, by the end of their path.

    Parameters
    ----------
    path : Path
        For messages.
    names : list of str
        Of all files, with ``/`` between folders.
    most, most_in_all : int
        Bytes that are read of one file, and of all.
    """

    def __init__(self, path: Path, names: list[str], *, most: int, most_in_all: int) -> None:
        self.path = path
        self._names = sorted(names, key=lambda name: (name.count("/"), name))
        self._most, self._left = most, most_in_all

    @abstractmethod
    def _open(self, name: str) -> IO[bytes]:
        """Open a file."""

    def find(self, pattern: str) -> list[str]:
        """Return the files whose path ends with what a pattern matches: those that lie least deep, in order."""
        found = [name for name in self._names if re.search(rf"(^|/)({pattern})$", name)]
        top = [name.rpartition("/")[0] for name in found[:1]]
        return sorted((name for name in found if name.rpartition("/")[0] in top), key=_natural)

    def text(self, name: str) -> bytes:
        """
        Return what a file holds.

        Raises
        ------
        BadInput
            If it cannot be read whole, or is too large.
        """
        found = bytearray()
        try:
            with self._open(name) as file:
                while chunk := file.read(_CHUNK):
                    found += chunk
                    self._left -= len(chunk)
                    if len(found) > self._most or self._left < 0:
                        raise self.fault(name, f"is too large: more than {len(found):,} bytes; is it what it says?")
        # A password is a RuntimeError, an unknown way of packing a NotImplementedError.
        except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
            raise self.fault(name, f"cannot be read ({error}); fetch the archive again") from error
        return bytes(found)

    def json(self, name: str, shape: type[T], *, text: bytes | None = None) -> T:
        """
        Return the JSON that a file holds, in a shape; numbers may stand there as text.

        Raises
        ------
        BadInput
            If it is none, or ends early.
        """
        try:
            return msgspec.json.decode(self.text(name) if text is None else text, type=shape, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self.fault(name, f"is not as expected ({error}); is it whole? fetch the archive again") from error

    def fault(self, name: str, what: str) -> BadInput:
        """Return the error that says what is wrong with a file."""
        return BadInput(f"{self.path}: {name!r} {what}")

    def lacking(self, what: str, kind: str) -> BadInput:
        """Return the error that says that this is no such archive."""
        return BadInput(f"{self.path}: there is no {what} in it; is it the archive of an account on {kind}, and whole?")


class _Zip(Members):
    def __init__(self, path: Path, file: zipfile.ZipFile, **most: int) -> None:
        super().__init__(path, [one.filename for one in file.infolist() if not one.is_dir()], **most)
        self._file = file

    def _open(self, name: str) -> IO[bytes]:
        return self._file.open(name)


class _Folder(Members):
    def __init__(self, path: Path, **most: int) -> None:
        # Media lie at any depth; what is read lies in the first two levels, below one folder more at most.
        found = [one for depth in ("*", "*/*", "*/*/*") for one in path.glob(depth) if one.is_file()]
        super().__init__(path, [one.relative_to(path).as_posix() for one in found], **most)

    def _open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


@contextmanager
def opened(path: Path, *, most: int = MOST, most_in_all: int = MOST_IN_ALL) -> Iterator[Members]:
    """
    Open an archive.

    Raises
    ------
    BadInput
        If it is neither a folder nor a whole ZIP file.
    """
    limits: dict[str, Any] = {"most": most, "most_in_all": most_in_all}
    if path.is_dir():
        yield _Folder(path, **limits)
        return
    if not path.is_file():
        msg = f"there is no file {str(path)!r}; check the name"
        raise BadInput(msg)
    try:
        file = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        msg = f"{path}: not a whole ZIP file ({error}); fetch it again, or unpack it and name the folder"
        raise BadInput(msg) from error
    with file:
        yield _Zip(path, file, **limits)


def _natural(name: str) -> list[int | str]:
    """Return a name to sort by: the first part has no number, and part 10 comes after part 2."""
    stem = name.rpartition(".")[0]
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", stem))]
