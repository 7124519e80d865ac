"""Report the progress of long tasks."""

from typing import Protocol


class Progress(Protocol):
    """Receives progress reports, such as a progress bar."""

    def start(self, task: str, total: int) -> None:
        """Start a task of `total` parts; 0 if their number is unknown."""

    def advance(self, part: str) -> None:
        """Report that a part is about to start."""

    def finish(self, message: str) -> None:
        """End the task with a line of text."""


def ignore_message(_message: str) -> None:
    """Do nothing: the default of callbacks that get a line of text."""


class NullProgress:
    """Ignores all progress reports."""

    def start(self, task: str, total: int) -> None:
        """Do nothing."""

    def advance(self, part: str) -> None:
        """Do nothing."""

    def finish(self, message: str) -> None:
        """Do nothing."""
