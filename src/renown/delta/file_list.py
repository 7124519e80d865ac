"""Lists of the files of Delta tables, and the days of their folders."""

import os
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class FileList:
    """The files of a version of a table; it never changes."""

    paths: tuple[str, ...]
    """In a stable order."""

    @cached_property
    def path_set(self) -> frozenset[str]:
        """The same paths, to look them up."""
        return frozenset(self.paths)

    @cached_property
    def _days(self) -> tuple[int, ...]:
        return tuple(map(parse_day, self.paths))

    def select(self, *, network: str | None = None, days: Iterable[int] | None = None) -> list[str]:
        """Return the files, optionally of one network and of some days."""
        files: Iterable[str] = self.paths
        if days is not None:
            # Days may be a range since 1970: it is not written out.
            wanted_days = days if isinstance(days, range | AbstractSet) else set(days)
            files = (path for path, day_no in zip(self.paths, self._days, strict=True) if day_no in wanted_days)
        return [path for path in files if network is None or f"/network={network}/" in path]


def parse_day(file: str | Path) -> int:
    """Return the number of the day in whose folder a file is."""
    # Without pathlib, which takes ten times as long: tables have thousands of files.
    return int(os.fspath(file).split("/")[-2].removeprefix("day_no="))


def group_names_by_day(files: Iterable[str]) -> dict[int, list[str]]:
    """Return the names of the files of each day, in order: other rows have other files."""
    names_by_day: dict[int, list[str]] = {}
    for file in files:
        # Without pathlib, as in `parse_day`.
        names_by_day.setdefault(parse_day(file), []).append(os.path.basename(file))  # noqa: PTH119
    return {day_no: sorted(names) if len(names) > 1 else names for day_no, names in names_by_day.items()}
