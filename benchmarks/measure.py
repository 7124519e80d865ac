"""Measure whole processes: CPU seconds, wall seconds, peak memory."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Spent:
    """What one process took."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    peak: float
    """Gigabytes resident at the most."""

    def __str__(self) -> str:
        """Return the figures in a line."""
        return f"{self.cpu:7.1f} CPU s  {self.wall:7.1f} s  {self.peak:5.2f} GB"


def spend(command: Sequence[str | Path]) -> Spent:
    """
    Run a program to its end.

    Raises
    ------
    SystemExit
        If it fails: a figure of a failed run says nothing.
    """
    begun = time.perf_counter()
    process = os.posix_spawnp(command[0], [str(part) for part in command], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter() - begun, usage.ru_maxrss / 1e6)


def renown(home: Path, *arguments: str | Path) -> Spent:
    """Run renown's command line on a home."""
    return spend([sys.executable, "-c", "from renown.cli import main; main()", "--home", home, *arguments])
