"""What an archive contains: the same form for every network."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from renown.connectors.base import Account, Record
from renown.imports.archives.containers import open_archive
from renown.imports.archives.reader import ArchiveReader
from renown.records import AccountAlias


@dataclass(frozen=True, kw_only=True)
class ArchiveContents:
    """The records of an archive, of one network."""

    network: str
    account: Account | None
    """The owner: only they can download the archive, so it proves a claim. None if it is of a whole site."""
    covers: tuple[str, ...]
    """Verbs that the archive tells of those whom it is about."""
    records: Iterable[Record]
    """Read while one iterates, if the archive may be larger than memory."""
    dropped: Iterable[str] = ()
    """What was left out because it could not be read, and why; complete once the records were read."""
    is_whole_network: bool = False
    """Whether it has the acts of everybody on everybody."""
    other_networks: Sequence["ArchiveContents"] = ()
    """What the same archive has of other networks."""
    aliases: Sequence[AccountAlias] = ()
    """Names by which other exports know accounts of the archive."""


@dataclass(frozen=True)
class RecordStream:
    """The records of an archive, which is opened when one iterates over them."""

    path: Path
    read: Callable[[ArchiveReader], Iterator[Record]]
    max_bytes: int | None = None
    """Maximum bytes that are read, if other than those of `open_archive`."""

    def __iter__(self) -> Iterator[Record]:
        """Open the archive, and yield its records."""
        limits = (
            {} if self.max_bytes is None else dict.fromkeys(("max_file_bytes", "max_archive_bytes"), self.max_bytes)
        )
        with open_archive(self.path, **limits) as archive:
            yield from self.read(archive)


class DroppedEntries:
    """Entries of an archive that cannot be used, counted by file and reason; iterating yields sentences."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first_numbers: dict[tuple[str, str], int] = {}

    def add(self, name: str, number: int, reason: str) -> None:
        """Count an entry or row of a file, which has a number."""
        self._counts[name, reason] += 1
        self._first_numbers.setdefault((name, reason), number)

    def clear(self) -> None:
        """Clear all, since the archive is read again."""
        self._counts.clear()
        self._first_numbers.clear()

    def __iter__(self) -> Iterator[str]:
        """Yield a sentence for each file and reason."""
        for (name, reason), count in self._counts.items():
            yield f"{name!r}: {count:,} left out (the first: {self._first_numbers[name, reason]:,}): each {reason}"
