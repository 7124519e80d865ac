"""Measure CPU seconds, wall seconds and peak memory of a process with its children."""

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
class ResourceUsage:
    """Resource usage of one process."""

    cpu: float
    """CPU seconds, user and system."""
    wall: float
    """Wall-clock seconds."""
    peak: float
    """Peak resident memory in gigabytes."""

    def __str__(self) -> str:
        """Format the usage in one line."""
        return f"{self.cpu:7.1f} CPU s  {self.wall:7.1f} s  {self.peak:5.2f} GB"


def measure_process(command: Sequence[str | Path]) -> ResourceUsage:
    """
    Run a program and measure its resource usage.

    Raises
    ------
    SystemExit
        If the program fails: measurements of a failed run are meaningless.
    """
    _become_subreaper()
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], [str(part) for part in command], os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    usages = [usage, *_reap_orphans()]
    cpu = sum(item.ru_utime + item.ru_stime for item in usages)
    return ResourceUsage(cpu, wall, max(item.ru_maxrss for item in usages) / 1e6)


def _become_subreaper() -> None:
    """Become the parent of orphaned child processes, to measure them too: Spark's Java is one (Linux only)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans() -> list[resource.struct_rusage]:
    usages = []
    while True:
        try:
            usages.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return usages


def run_renown(home: Path, *arguments: str | Path) -> ResourceUsage:
    """Run the command line on a home and measure its resource usage."""
    return measure_process([sys.executable, "-c", "from renown.cli import main; main()", "--home", home, *arguments])
