"""Show progress on a terminal: a bar while a task runs, one line when it is done."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from renown.cli.output import console, escape_text

if TYPE_CHECKING:
    from rich.progress import TaskID


class ProgressBar:
    """
    Progress bar for one task after another; if the output is not a terminal, only the final lines are printed.

    Parameters
    ----------
    output : Console, optional
        Where to draw; standard output by default.
    """

    def __init__(self, output: Console = console) -> None:
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
        self._started_parts = 0

    def start(self, task: str, total: int) -> None:
        """Start a task of `total` parts; 0 if their number is unknown."""
        self._end()
        self._started_parts = 0
        self._task = self._progress.add_task(task, total=total or None, part="")

    def advance(self, part: str) -> None:
        """Show that a part is about to start."""
        if self._task is not None:
            self._progress.update(self._task, completed=self._started_parts, part=escape_text(part))
            self._started_parts += 1

    def finish(self, message: str) -> None:
        """End the task with one line."""
        self._end()
        self._console.print(escape_text(message), soft_wrap=True)

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

    def _end(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
