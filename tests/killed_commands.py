"""Commands in processes of their own that are killed at random instants."""

import multiprocessing
import os
import random
import time
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from typer.testing import CliRunner

from renown import cli
from renown.connectors import CONNECTORS
from renown.home import check_home
from test_fetch import Toy

# A process that has imported everything is forked for each command: importing takes longer than most commands.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "alembic.command", "renown.ingest", "renown.scoring", "renown.web.app"])
KILLED = -9
"""Exit code of a killed process."""
MAX_DELAY = 1.2
"""Longest delay before a kill, as a multiple of the time that the command takes."""


def run_command(arguments: list[str], likers: int) -> None:
    """Run a command to its end in this process; the network `toy` tells of so many likes."""
    toy = Toy()
    toy.likers = [str(number) for number in range(2, 2 + likers)]
    CONNECTORS["toy"] = toy.connector
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        result = CliRunner().invoke(cli.app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        os.write(2, f"{arguments}: {result.exception!r}\n".encode())
    os._exit(result.exit_code)


class KillSeries:
    """A series of kills of one command in one home, which counts what it did."""

    def __init__(self, name: str, home: Path, kills: int) -> None:
        self.name, self.home, self.wanted_kills = name, home, kills
        self.kills = self.commands = self.acknowledged = 0
        self._rng = random.Random(name)
        self.durations: defaultdict[str, float] = defaultdict(float)
        """Command to the seconds that its latest undisturbed run took; a kill comes within this time."""

    @property
    def is_complete(self) -> bool:
        """Whether enough commands were killed."""
        return self.kills >= self.wanted_kills

    def run(self, *arguments: str, likers: int = 0) -> int:
        """Run a command to its end; return its exit code."""
        return self._run(arguments, likers, None)

    def kill(self, *arguments: str, likers: int = 0) -> int:
        """Run a command and kill it after a random time; return its exit code: it may end before."""
        code = self._run(arguments, likers, self._rng.uniform(0, MAX_DELAY) * self.durations[arguments[0]])
        self.kills += code == KILLED
        self.acknowledged += code == 0
        return code

    def check(self) -> None:
        """Check that nothing in the home is damaged."""
        damages = [finding for finding in check_home(self.home, {}) if finding.damage]
        assert not damages, damages

    def summarize(self) -> str:
        """Return what the series did, in one line."""
        return (
            f"{self.name}: {self.kills} kills in {self.commands} commands, {self.acknowledged} acknowledged before the "
            "kill; nothing lost, nothing doubled"
        )

    def _run(self, arguments: tuple[str, ...], likers: int, delay: float | None) -> int:
        process = _CONTEXT.Process(target=run_command, args=(["--home", str(self.home), *arguments], likers))
        started_at = time.monotonic()
        process.start()
        process.join(delay if delay is not None else 120)
        if process.is_alive():
            process.kill()
            process.join()
        elif delay is None:
            self.durations[arguments[0]] = time.monotonic() - started_at
        self.commands += 1
        code = int(process.exitcode or 0)
        process.close()
        return code
