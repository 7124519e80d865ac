"""The contract of an engine: take tables in, run a step, check its columns, hand rows back."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from renown.errors import HomeError, StepFailed
from renown.steps import Step

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Written:
    """One Parquet file that an engine wrote."""

    path: Path
    rows: int
    partition: Mapping[str, str]
    """Column to value, as the folders above the file say; empty where none was asked for."""


class Engine(ABC):
    """
    Runs steps. One instance is one session: tables live until it is closed.

    An engine adds the seven methods below and knows nothing of scores.
    """

    name: str

    @abstractmethod
    def scan(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Let `table` be the rows of these Parquet files; partition columns stand in their paths."""

    @abstractmethod
    def table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Let `table` be these rows, few of them."""

    @abstractmethod
    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a SELECT."""

    @abstractmethod
    def write(self, table: str, folder: Path) -> int:
        """Write `table` as Parquet files below `folder`; return the number of rows."""

    @abstractmethod
    def drop(self, table: str) -> None:
        """Forget a table that no later step reads."""

    @abstractmethod
    def close(self) -> None:
        """End the session and give back its memory and its spill folder."""

    @abstractmethod
    def _make(self, step: Step) -> Mapping[str, str]:
        """Run the step's SELECT, keep the table, return its columns as `steps.TYPES`."""

    def run(self, step: Step) -> None:
        """
        Run a step and check that it made the columns it promised.

        Raises
        ------
        StepFailed
            If the SELECT fails or its columns differ from ``step.columns``.
        """
        try:
            made = dict(self._make(step))
        except (StepFailed, HomeError):
            raise
        except Exception as error:
            msg = f"step {step.name!r} failed on {self.name}: {_first_line(error)}\n{step.sql}"
            raise StepFailed(msg) from error
        if list(made.items()) != list(step.columns.items()):
            msg = f"step {step.name!r} made the columns {made} on {self.name}; its header promises {dict(step.columns)}"
            raise StepFailed(msg)

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
