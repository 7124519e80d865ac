"""Measure whole processes: CPU seconds, wall seconds, peak memory."""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


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
    _adopt()
    begun = time.perf_counter()
    process = os.posix_spawnp(command[0], [str(part) for part in command], os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begun
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    usages = [usage, *_left_behind()]
    cpu = sum(used.ru_utime + used.ru_stime for used in usages)
    return Spent(cpu, wall, max(used.ru_maxrss for used in usages) / 1e6)


def _adopt() -> None:
    """Let the programs that a program leaves behind be ours to count: Spark's Java is one (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _left_behind() -> list[resource.struct_rusage]:
    found = []
    while True:
        try:
            found.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return found


def renown(home: Path, *arguments: str | Path) -> Spent:
    """Run renown's command line on a home."""
    return spend([sys.executable, "-c", "from renown.cli import main; main()", "--home", home, *arguments])
