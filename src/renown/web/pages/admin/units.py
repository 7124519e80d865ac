"""Sizes and durations on the operator's pages, and the space on the disk of the home."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PARTS = {
    "lake": "Collected data",
    "ledger": "Ledger",
    "published": "Published days",
    "served": "Served scores",
    "spill": "Temporary files",
}
"""Folder of the home to what it has, in words."""
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")
_UNIT_STEP = 1_000


@dataclass(frozen=True, kw_only=True)
class DiskUse:
    """Space on the disk of the home."""

    free: str
    total: str
    free_percent: float
    parts: list[tuple[str, str]]
    """Part of the home, and its size."""


def measure_disk(home: Path) -> DiskUse:
    """Measure the disk of the home, and its folders, by looking at every file."""
    usage = shutil.disk_usage(home)
    return DiskUse(
        free=format_bytes(usage.free),
        total=format_bytes(usage.total),
        free_percent=100 * usage.free / usage.total,
        parts=[
            (words, format_bytes(sum(_iter_file_sizes(home / name))))
            for name, words in _PARTS.items()
            if (home / name).is_dir()
        ],
    )


def format_bytes(size: float) -> str:
    """
    Format a number of bytes with a decimal unit.

    Examples
    --------
    >>> format_bytes(999), format_bytes(12_345), format_bytes(3_400_000_000)
    ('999 B', '12.3 kB', '3.4 GB')
    """
    for unit in _BYTE_UNITS[:-1]:
        if size < _UNIT_STEP:
            return f"{size:.{0 if unit == 'B' else 1}f} {unit}"
        size /= _UNIT_STEP
    return f"{size:.1f} {_BYTE_UNITS[-1]}"


def format_duration(seconds: float) -> str:
    """
    Format a duration.

    Examples
    --------
    >>> format_duration(7), format_duration(95), format_duration(7_260)
    ('7 s', '1 min 35 s', '2 h 1 min')
    """
    minutes, remaining_seconds = divmod(round(seconds), 60)
    hours, minutes_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_of_hour} min"
    return f"{minutes} min {remaining_seconds} s" if minutes else f"{remaining_seconds} s"


def _iter_file_sizes(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            # It may be deleted meanwhile.
            with suppress(FileNotFoundError):
                yield (Path(parent) / name).stat().st_size
