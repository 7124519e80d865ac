"""Show progress on a terminal: a bar while a task runs, one line when it is done."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from renown.cli.output import console, escape_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import TaskID


_LINE_INTERVAL = 30.0
"""Seconds between lines about a running task, if the output is not a terminal: a log shows that it goes on."""


class ProgressBar:
    """
    Progress bar for one task after another.

    If the output is not a terminal, the final lines are printed, and every half minute where a task is.

    Parameters
    ----------
    output : Console, optional
        Where to draw; standard output by default.
    announces : bool, default=False
        Whether a line is printed when a task starts, too, if the output is not a terminal.
    clock : callable, optional
        Returns seconds that never go back.
    """

    def __init__(
        self, output: Console = console, *, announces: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        # Most commands draw no bar.
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = output
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[part]}"),
        )
        self._progress = Progress(*columns, console=output, transient=True, disable=not output.is_terminal)
        self._task: TaskID | None = None
        self._task_name, self._total = "", 0
        self._started_parts = 0
        self._announces = announces
        self._clock = clock
        self._line_at = clock()

    def start(self, task: str, total: int) -> None:
        """Start a task of `total` parts; 0 if their number is unknown."""
        self._end()
        self._started_parts = 0
        self._task = self._progress.add_task(task, total=total or None, part="")
        self._task_name, self._total = task, total
        if self._announces and not self._console.is_terminal:
            self._print_line(task)

    def advance(self, part: str) -> None:
        """Show that a part is about to start."""
        if self._task is not None:
            self._progress.update(self._task, completed=self._started_parts, part=escape_text(part))
            self._started_parts += 1
            if not self._console.is_terminal and self._clock() - self._line_at >= _LINE_INTERVAL:
                place = f" ({self._started_parts:,} of {self._total:,})" if self._total else ""
                self._print_line(f"{self._task_name}: {part}{place}")

    def finish(self, message: str) -> None:
        """End the task with one line."""
        self._end()
        self._print_line(message)

    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bar from the terminal."""
        self._end()
        self._progress.stop()

    def _print_line(self, text: str) -> None:
        self._line_at = self._clock()
        self._console.print(escape_text(text), soft_wrap=True)

    def _end(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
