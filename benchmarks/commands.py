"""
Claim: `renown --help` takes 0.25 CPU seconds, `show` 0.45 and `explain` 0.7, each as a whole process.

    python benchmarks/commands.py --runs 9

It makes a home of one person with 20 fans, and runs each command again and again; the median counts. The yardstick is
an interpreter that imports the libraries without which no score can be read: it tells how fast the machine is now.
Modules are compiled once, as pip compiles what it installs, even where the environment forbids to write bytecode.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

DAY = date(2026, 11, 20)
RENOWN = (sys.executable, "-m", "renown")


@dataclass(frozen=True, kw_only=True)
class TimedCommand:
    """A command with the limit of its CPU seconds, and words that its output must have."""

    arguments: tuple[str, ...]
    limit: float | None
    expected: str


COMMANDS = {
    "renown --help": TimedCommand(arguments=(*RENOWN, "--help"), limit=0.25, expected="Getting started"),
    "renown show ada": TimedCommand(arguments=(*RENOWN, "show", "ada"), limit=0.45, expected="20 people reached"),
    "renown explain ada": TimedCommand(arguments=(*RENOWN, "explain", "ada"), limit=0.7, expected="reposts:"),
    "import sqlalchemy, duckdb, typer": TimedCommand(
        arguments=(sys.executable, "-c", "import sqlalchemy, duckdb, typer, rich.table"), limit=None, expected=""
    ),
}


def main() -> None:
    """Make the home, measure the commands in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RENOWN_HOME"] = str(Path(folder) / "home")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        create_home(Path(folder))
        for number in range(runs + 1):
            for name, command in COMMANDS.items():
                used = measure_cpu(command)
                # The first run compiles modules.
                if number:
                    seconds[name].append(used)
    print("| command | CPU s, median | lowest | limit |\n|---|---|---|---|")
    for name, command in COMMANDS.items():
        values = seconds[name]
        print(f"| `{name}` | {statistics.median(values):.2f} | {min(values):.2f} | {command.limit or ''} |")


def create_home(folder: Path) -> None:
    """Create a home with a claimed person whose score is published."""
    acts = [
        f"fan{fan},ada,{DAY - timedelta(days=days)},{verb},ada/{days}"
        for days in range(60)
        for fan, verb in ((days % 20, "like"), (days * 7 % 20, "repost"), (days * 3 % 20, "reply"))
    ]
    file = folder / "acts.csv"
    file.write_text("\n".join(["actor,target,at,verb,post", *acts]) + "\n", encoding="utf-8")
    for arguments in (
        ("init",),
        ("import", "interactions", str(file), "--network", "x"),
        ("add", "ada", "--account", "x:ada"),
        ("score", "--day", f"{DAY}"),
    ):
        subprocess.run([*RENOWN, *arguments], check=True, capture_output=True)


def measure_cpu(command: TimedCommand) -> float:
    """
    Run a command; return its CPU seconds, user and system.

    Raises
    ------
    RuntimeError
        If it fails, or prints something else.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command.arguments, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode or command.expected not in result.stdout:
        raise RuntimeError(f"{' '.join(command.arguments)} failed: {result.stdout[-500:]}{result.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
