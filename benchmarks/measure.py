"""Measure CPU seconds, wall seconds and peak memory of a process with its children."""

import ctypes
import json
import os
import resource
import subprocess
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

    A small process starts it: Linux counts the memory of the process that starts a program to the program's peak.

    Raises
    ------
    SystemExit
        If the program fails: measurements of a failed run are meaningless.
    """
    read_end, write_end = os.pipe()
    starter = [sys.executable, __file__, str(write_end), *map(str, command)]
    with os.fdopen(read_end, encoding="utf-8") as report:
        process = subprocess.Popen(starter, pass_fds=[write_end])
        os.close(write_end)
        values = report.read()
    if process.wait():
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return ResourceUsage(*json.loads(values))


def _run_and_report(report_end: int, command: list[str]) -> int:
    """Run a program, write its resource usage to a pipe, and return its exit code."""
    os.set_inheritable(report_end, False)  # noqa: FBT003 - it has no other form
    _become_subreaper()
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    usages = [usage, *_reap_orphans()]
    cpu = sum(item.ru_utime + item.ru_stime for item in usages)
    with os.fdopen(report_end, "w", encoding="utf-8") as report:
        json.dump([cpu, wall, max(item.ru_maxrss for item in usages) / 1e6], report)
    return os.waitstatus_to_exitcode(status)


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


if __name__ == "__main__":
    sys.exit(_run_and_report(int(sys.argv[1]), sys.argv[2:]))
