"""DuckDB, embedded: the engine that needs nothing installed."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from renown.engines.base import Engine, Row, Written
from renown.errors import HomeError
from renown.steps import Step, literal

_TYPES = {
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "smallint": "SMALLINT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
}
_ARRAYS = {
    "bigint": "int64",
    "integer": "int64",
    "smallint": "int64",
    "double": "float64",
    "string": "object",
    "boolean": "bool",
}
_ZEROS: dict[str, Any] = {"string": "", "boolean": False} | dict.fromkeys(
    ("bigint", "integer", "smallint", "double"), 0
)
_PREFIX = "duckdb-"
_HELD = "held"
"""File of a session's spill folder that is locked as long as the session lives."""
_NAMES = {spelled: name for name, spelled in _TYPES.items()}
_COPY = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
"""Keys are all different: dictionaries and zstd cost 20 to 40 % of an import and save a fifth of the bytes."""


class DuckDB(Engine):
    """
    A DuckDB session in memory that spills to disk.

    Parameters
    ----------
    memory : str, default="2GB"
        Most that tables may take before they spill, in DuckDB's words.
    threads : int, default=2
        Threads to run on.
    spill : Path, optional
        Folder for what does not fit; a temporary one without it. What is
        spilled lies in a folder of its own below and goes with the session.
    """

    name = "duckdb"

    def __init__(self, *, memory: str = "2GB", threads: int = 2, spill: Path | None = None, **_: Any) -> None:
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
        self._spill = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=spill))
        self._held = (self._spill / _HELD).open("w")
        fcntl.flock(self._held, fcntl.LOCK_EX)
        self._connection = duckdb.connect(
            config={
                "memory_limit": memory,
                "threads": threads,
                "temp_directory": str(self._spill),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self.execute("set TimeZone = 'UTC'")
        self.execute("set enable_progress_bar = false")

    def scan(self, table: str, files: Sequence[str], columns: Mapping[str, str], *, file: str | None = None) -> None:
        """Let `table` be the rows of these Parquet files; with `file`, a column of that name says which it lies in."""
        self.drop(table)
        if files:
            self.execute(f'create view "{table}" as {reading(files, columns, file=file)}')
        else:
            self.table(table, (), {**columns, **({file: "string"} if file else {})})

    def table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Let `table` be these rows, few of them."""
        self.drop(table)
        spelled = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in columns.items())
        self.execute(f'create table "{table}" ({spelled})')
        given = list(rows)
        if not given:
            return
        # zip(*given) would take one iterator for each row, and ten times as long.
        values = [list(map(itemgetter(place), given)) for place in range(len(given[0]))]
        # Values handed over as parameters look for pandas, each of them, where it is not installed.
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        picked = []
        for (name, kind), column in zip(columns.items(), values, strict=True):
            filled: Sequence[Any] = column
            if None in column:
                filled = [_ZEROS[kind] if value is None else value for value in column]
                arrays[f"{name} missing"] = np.array([value is None for value in column])
                picked.append(f'case when "{name} missing" then null else "{name}" end')
            else:
                picked.append(f'"{name}"')
            arrays[name] = np.array(filled, dtype=_ARRAYS[kind])
        self._connection.register("given", arrays)
        self.execute(f'insert into "{table}" select {", ".join(picked)} from given')
        self._connection.unregister("given")

    def rows(self, sql: str) -> list[Row]:
        """Return the rows of a SELECT."""
        return self.execute(sql).fetchall()

    def write(self, table: str, folder: Path) -> int:
        """Write `table` as a Parquet file below `folder`; return the number of rows."""
        folder.mkdir(parents=True, exist_ok=True)
        return int(self.rows(f'copy (select * from "{table}") to {literal(folder / "part-0.parquet")} ({_COPY})')[0][0])

    def write_by(
        self,
        table: str,
        folder: Path,
        *,
        by: Sequence[str],
        prefix: str,
        within: Mapping[str, str] | None = None,
        leave_out: Sequence[str] = (),
    ) -> list[Written]:
        """
        Write `table` as Parquet in a folder for each value of `by`.

        Parameters
        ----------
        table : str
        folder : Path
        by : sequence of str
            Columns that become folders.
        prefix : str
            Beginning of the files' names.
        within : mapping of str to str, optional
            Columns that have one value in all rows; it becomes a folder above those of `by`.
        leave_out : sequence of str
            Columns that are null in all rows; who scans the files sees nulls.

        Returns
        -------
        list of Written
        """
        top = folder.joinpath(*(f"{name}={value}" for name, value in (within or {}).items()))
        top.mkdir(parents=True, exist_ok=True)
        dropped = [*(within or {}), *leave_out]
        every = f"* exclude ({', '.join(map(_quoted, dropped))})" if dropped else "*"
        keys = ", ".join(map(_quoted, by))
        written = self.rows(
            f'copy (select {every} from "{table}") to {literal(top)} ({_COPY}, PARTITION_BY ({keys}), '
            f"FILENAME_PATTERN {literal(prefix + '-{uuid}')}, OVERWRITE_OR_IGNORE true, RETURN_STATS true)"
        )
        return [Written(Path(row[0]), row[1], _partition(Path(row[0]), folder)) for row in written]

    def drop(self, table: str) -> None:
        """Forget a table that no later step reads."""
        try:
            self.execute(f'drop table if exists "{table}"')
        except duckdb.CatalogException:
            # It is a view. To ask beforehand takes longer than all that small steps do.
            self.execute(f'drop view "{table}"')

    def close(self) -> None:
        """End the session and remove its spill folder."""
        self._connection.close()
        self._held.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what sessions that were killed left beside this one's spill folder."""
        for folder in self._spill.parent.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError), (folder / _HELD).open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)

    def execute(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """
        Run any statement of DuckDB's; for steps that only this engine runs.

        Raises
        ------
        HomeError
            If a file cannot be read or written, or tables fit neither in memory nor on the disk.
        KeyboardInterrupt
            If somebody interrupted it.
        """
        try:
            return self._connection.execute(sql, list(values))
        except RuntimeError as error:
            # So DuckDB says that Ctrl-C came in the middle of a statement; its own errors are no such.
            raise KeyboardInterrupt from error
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            what = " ".join(str(error).split())
            msg = f"{what}; is the disk full, or the folder not yours to write?"
            raise HomeError(msg) from error

    def _make(self, step: Step) -> Mapping[str, str]:
        self.drop(step.name)
        self.execute(f'create {"table" if step.stored else "view"} "{step.name}" as {step.sql}')
        described = self.rows(f'describe "{step.name}"')
        return {str(row[0]): _NAMES.get(str(row[1]), str(row[1])) for row in described}


def reading(files: Sequence[str], columns: Mapping[str, str], *, file: str | None = None) -> str:
    """
    Return the SELECT of the rows of Parquet files; partition columns stand in their paths.

    A column that a file lacks is null in all its rows.
    """
    listed = ", ".join(literal(path) for path in files)
    types = ", ".join(f"{literal(name)}: {_TYPES[kind]}" for name, kind in columns.items() if f"/{name}=" in files[0])
    hive = f"hive_partitioning=true, hive_types={{{types}}}" if types else "hive_partitioning=false"
    name = f", filename={literal(file)}" if file else ""
    select = [f'cast("{column}" as {_TYPES[kind]}) as "{column}"' for column, kind in columns.items()]
    nulls = ", ".join(f'cast(null as {_TYPES[kind]}) as "{column}"' for column, kind in columns.items())
    rows = f"select * from read_parquet([{listed}], union_by_name=true, {hive}{name})"
    every = ", ".join([*select, *([_quoted(file)] if file else [])])
    return f"select {every} from ({rows} union all by name select {nulls} where false)"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _partition(path: Path, folder: Path) -> dict[str, str]:
    pairs = (part.partition("=") for part in path.relative_to(folder).parts[:-1])
    return {name: value for name, _, value in pairs}
