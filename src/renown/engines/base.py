"""Base class of engines: create tables, run steps and check their columns, query rows."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from renown.errors import HomeError, StepFailedError
from renown.steps import Step

if TYPE_CHECKING:
    import numpy as np

Row = tuple[Any, ...]
_SPARK_ERROR_CLASS = re.compile(r"\[[A-Z]{2,}[A-Z_.]*\] .*")


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file written by an engine."""

    path: Path
    rows: int
    partition: Mapping[str, str]
    """Partition column to value, from the folders of the file; empty without partitioning."""


class Engine(ABC):
    """
    Session of a SQL engine that runs steps; its tables live until it is closed.

    A subclass implements the eight abstract methods. It is independent of the scoring method.
    """

    name: str

    @abstractmethod
    def scan(self, table: str, files: Sequence[str], columns: Mapping[str, str]) -> None:
        """Create `table` over Parquet files; values of partition columns are parsed from the paths."""

    @abstractmethod
    def create_table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Create `table` with these rows, for small tables."""

    def create_column_table(
        self, table: str, arrays: "Mapping[str, np.ndarray[Any, Any]]", columns: Mapping[str, str]
    ) -> None:
        """Create `table` from one array for each column, masked where null."""
        self.create_table(table, zip(*(arrays[name].tolist() for name in columns), strict=True), columns)

    @abstractmethod
    def query(self, sql: str) -> list[Row]:
        """Run a SELECT and return its rows."""

    def query_by_key(self, sql: str, *, width: int) -> dict[Row, list[Row]]:
        """Run a SELECT and return its rows, without their first columns, by the values of these `width` columns."""
        rows: dict[Row, list[Row]] = {}
        for row in self.query(sql):
            rows.setdefault(row[:width], []).append(row[width:])
        return rows

    def query_columns(self, sql: str, names: Sequence[str]) -> "dict[str, np.ndarray[Any, Any]]":
        """
        Run a SELECT of whole numbers without nulls, and return an array for each column.

        Parameters
        ----------
        sql : str
        names : sequence of str
            Names of its columns, in their order.
        """
        import numpy as np  # noqa: PLC0415 - most queries need no arrays

        rows = np.array(self.query(sql), dtype=np.int64).reshape(-1, len(names))
        return dict(zip(names, rows.T, strict=True))

    def is_known_empty(self, table: str) -> bool:  # noqa: ARG002 - an engine that does not know
        """Tell whether it is known, without a query, that a table has no rows."""
        return False

    @abstractmethod
    def write(self, table: str, folder: Path) -> int:
        """Write `table` as Parquet files below `folder`; return the number of rows."""

    @abstractmethod
    def write_partitioned(
        self, table: str, folder: Path, *, partition_by: Sequence[str], prefix: str
    ) -> list[WrittenFile]:
        """Write `table` as Parquet files in one folder per value of the partition columns, in Hive-style folders."""

    @abstractmethod
    def drop(self, table: str) -> None:
        """Drop a table that no later step reads."""

    @contextmanager
    def small_data(self) -> Iterator[None]:
        """Prepare the session for steps on few rows, if the engine can run these in another way."""
        yield

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Use one thread for steps on few rows, if the engine has several: two make each group twice and merge it."""
        yield

    @abstractmethod
    def close(self) -> None:
        """Close the session and free its memory and spill folder."""

    @abstractmethod
    def _create_result(self, step: Step) -> Mapping[str, str]:
        """Create the step's table, or view, and return its columns with types from `COLUMN_TYPES`."""

    def run(self, step: Step) -> None:
        """
        Run a step and check that its result has the declared columns.

        Raises
        ------
        StepFailedError
            If the SELECT fails, or its columns differ from ``step.columns``.
        """
        try:
            result_columns = dict(self._create_result(step))
        except (StepFailedError, HomeError):
            raise
        except Exception as error:
            raise StepFailedError(
                f"step {step.name!r} failed on {self.name}: {_find_message(error)}\n{step.sql}"
            ) from error
        if list(result_columns.items()) != list(step.columns.items()):
            raise StepFailedError(
                f"step {step.name!r} returned columns {result_columns} on {self.name}; "
                f"its header declares {dict(step.columns)}"
            )

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()


def parse_partition(path: Path, folder: Path) -> dict[str, str]:
    """Parse the partition columns and values from the folders of a file below a folder."""
    pairs = (part.partition("=") for part in path.relative_to(folder).parts[:-1])
    return {name: value for name, _, value in pairs}


def _find_message(error: Exception) -> str:
    """Return the first line of a message, or that with Spark's error class: a worker's begins with a stack trace."""
    text = str(error).strip() or type(error).__name__
    worker_error = _SPARK_ERROR_CLASS.search(text)
    return worker_error[0] if worker_error else text.splitlines()[0]
