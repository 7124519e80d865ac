"""Progress on a terminal: a bar while it lasts, one line when it is done."""

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from renown.cli.prints import console, plain


class Bar:
    """A bar for each piece of work in turn; only lines where the output is no terminal."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[part]}"),
        )
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._begun = 0

    def start(self, what: str, total: int) -> None:
        """Begin a piece of work of `total` parts; 0 where nobody knows how many."""
        self._end()
        self._begun = 0
        self._task = self._bars.add_task(what, total=total or None, part="")

    def advance(self, part: str) -> None:
        """Say that a part is about to be done."""
        if self._task is not None:
            self._bars.update(self._task, completed=self._begun, part=plain(part))
            self._begun += 1

    def done(self, said: str) -> None:
        """End the piece of work with one line."""
        self._end()
        console.print(plain(said), soft_wrap=True)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._end()
        self._bars.stop()

    def _end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
