"""DuckDB engine: embedded, the default."""

import contextlib
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from renown.engines.base import Engine, Row, WrittenFile, parse_partition
from renown.engines.duckdb_sql import SQL_TYPES, has_literals, parquet_sql, quote_name, rows_sql
from renown.engines.parquet import find_damage
from renown.engines.prepared import PreparedTables
from renown.engines.session import (
    CATALOG,
    SessionLimits,
    duckdb_session,
    remove_stale_spills,
    spill_folder,
)
from renown.errors import HomeError
from renown.steps import Step, quote_literal

if TYPE_CHECKING:
    import numpy as np


_TYPE_NAMES = {duckdb_type: name for name, duckdb_type in SQL_TYPES.items()}
_COPY_OPTIONS = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"
"""Nearly all keys are distinct: dictionaries and zstd add 20 to 40% to the time of an import and save 20% of size."""
_SMALL_GROUP = 4096
"""Rows of a group of a sorted file: a reader of one value reads the groups that may have it."""
_MAX_LITERALS = 300
_MAX_FAST_LITERALS = 100
"""
Values of a table of several rows up to which SQL has literals, and not arrays: before and after NumPy is imported.

Up to 100 it is faster; the 270 of the table of ages take 0.7 ms more, but no NumPy, whose import takes 100 ms.
"""
_MAX_REMEMBERED_VALUES = 10_000
"""Values of a table up to which its rows are compared with those that it had: to create it takes a millisecond."""
_MAX_RESULT_COLUMNS = 256
"""Steps of which the columns of the result are remembered."""
_StepKey = tuple[str, str, tuple[tuple[str, str], ...]]
"""Name, SELECT and declared columns of a step."""
_REMEDY = (
    "repeat the command if somebody was erased meanwhile, else restore the file from a backup; "
    "`renown check` lists all damage"
)
_SHORT_READ = "Could not read enough bytes"
"""Part of the message of DuckDB if a place that a file names is not in it."""
_PARQUET_LITERAL = re.compile(r"'([^']+\.parquet)'")
"""File that a statement reads itself."""


class DuckDB(Engine):
    """
    In-memory DuckDB session that spills to disk.

    Parameters
    ----------
    limits : SessionLimits, optional
        Memory limit, threads and spill folder.
    """

    name = "duckdb"

    def __init__(self, limits: SessionLimits | None = None, **_: Any) -> None:
        limits = limits or SessionLimits()
        self._spill_parent = limits.spill
        self._threads = limits.threads
        self._files_by_table: dict[str, Sequence[str]] = {}
        self._kinds: dict[str, str] = {}
        """Table to whether it is a table or a view."""
        self._definitions: dict[str, object] = {}
        """Table to its definition if that has all its rows or files; no statement changes rows of a table."""
        self._empty_tables: set[str] = set()
        """Tables that were created without rows."""
        self._result_columns: dict[_StepKey, Mapping[str, str]] = {}
        """The latest steps, to the columns of their results."""
        self._resources = contextlib.ExitStack()
        self._connection = self._resources.enter_context(duckdb_session(limits, preserve_order=False))
        self._prepared = PreparedTables(self.execute, CATALOG, SQL_TYPES)
        self._resources.callback(self._prepared.close)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The session's connection, for code that reads files in it without creating tables."""
        return self._connection

    def reset(self) -> None:
        """
        Drop the results of steps, so that the session can be used for something else.

        Views and small tables, which are created with a definition that has all their rows or files, stay: the next use
        nearly always needs the same ones, and creating a table takes as long as a small step.
        """
        results = sorted(self._kinds.keys() - self._definitions.keys())
        self.execute("".join(f'drop table if exists {CATALOG}.main."{table}"; ' for table in results) or "select 1")
        for table in results:
            del self._kinds[table]
        self._files_by_table.clear()

    def scan(
        self, table: str, files: Sequence[str], columns: Mapping[str, str], *, file_column: str | None = None
    ) -> None:
        """Create `table` over Parquet files; with `file_column`, a column of that name has each row's file path."""
        self._files_by_table[table] = files
        if files:
            self._create_once("view", table, f"as {parquet_sql(files, columns, file_column=file_column)}")
        else:
            self.create_table(table, (), {**columns, **({file_column: "string"} if file_column else {})})

    def create_table(self, table: str, rows: Iterable[Row], columns: Mapping[str, str]) -> None:
        """Create `table` with these rows, for small tables."""
        all_rows = list(rows)
        if not all_rows:
            self._create_rows(table, columns, None)
            return
        max_literals = _MAX_FAST_LITERALS if "numpy" in sys.modules else _MAX_LITERALS
        is_small = len(all_rows) == 1 or len(all_rows) * len(columns) <= max_literals
        if is_small and has_literals(all_rows):
            self._create_rows(table, columns, rows_sql(all_rows, columns))
            return
        definition = (tuple(columns.items()), all_rows)
        if not self._prepared.is_open and self._definitions.get(table) == definition:
            return
        from renown.engines.arrays import to_array  # noqa: PLC0415 - small tables need no arrays

        # zip(*rows) creates one iterator per row and takes ten times as long.
        values = [list(map(itemgetter(index), all_rows)) for index in range(len(all_rows[0]))]
        self.create_column_table(
            table,
            {name: to_array(column, kind) for (name, kind), column in zip(columns.items(), values, strict=True)},
            columns,
        )
        if not self._prepared.is_open and len(all_rows) * len(columns) <= _MAX_REMEMBERED_VALUES:
            self._definitions[table] = definition

    def create_column_table(
        self, table: str, arrays: "Mapping[str, np.ndarray[Any, Any]]", columns: Mapping[str, str]
    ) -> None:
        """Create `table` from one array for each column, masked where null."""
        from renown.engines.arrays import split_masks  # noqa: PLC0415 - small tables need no arrays

        # Arrays instead of query parameters: for each parameter DuckDB tries to import pandas, which is slow.
        registered, values_sql = split_masks({name: arrays[name] for name in columns})
        select_list = [f'cast({values_sql[name]} as {SQL_TYPES[kind]}) as "{name}"' for name, kind in columns.items()]
        self._connection.register("new_rows", registered)
        select = f"select {', '.join(select_list)} from new_rows"
        if self._prepared.is_open:
            self._prepared.fill(table, columns, select)
        else:
            self._create("table", table, f"as {select}")
        self._connection.unregister("new_rows")

    def create_array_table(self, table: str, arrays: "Mapping[str, np.ndarray[Any, Any]]") -> None:
        """Create `table` with one column per array, for tables too large for rows of Python."""
        self._connection.register("new_columns", dict(arrays))
        self._create("table", table, "as select * from new_columns")
        self._connection.unregister("new_columns")

    def query(self, sql: str) -> list[Row]:
        """Run a SELECT and return its rows."""
        return self.execute(self._prepared.find_query(sql) if self._prepared.is_open else sql).fetchall()

    def query_columns(self, sql: str, names: Sequence[str]) -> "dict[str, np.ndarray[Any, Any]]":
        """Run a SELECT of whole numbers without nulls, and return an array for each column."""
        columns = self.execute(sql).fetchnumpy()
        return {name: columns[name] for name in names}

    def is_known_empty(self, table: str) -> bool:
        """Tell whether a table was created without rows; a SELECT that joins it takes longer than to know."""
        is_empty = self._prepared.is_empty(table) if self._prepared.is_open else None
        return table in self._empty_tables if is_empty is None else is_empty

    def write(self, table: str, folder: Path) -> int:
        """Write `table` as a Parquet file below `folder`; return the number of rows."""
        folder.mkdir(parents=True, exist_ok=True)
        return int(
            self.query(
                f'copy (select * from "{table}") to {quote_literal(folder / "part-0.parquet")} ({_COPY_OPTIONS})'
            )[0][0]
        )

    def write_sorted(self, select: str, file: Path, *, by: str) -> None:
        """Write the rows of a SELECT as a Parquet file sorted by a column of which a reader needs few values."""
        self.execute(
            f"copy ({select} order by {quote_name(by)}) to {quote_literal(file)} "
            f"({_COPY_OPTIONS}, ROW_GROUP_SIZE {_SMALL_GROUP})"
        )

    def write_partitioned(
        self,
        table: str,
        folder: Path,
        *,
        partition_by: Sequence[str],
        prefix: str,
        constant_partitions: Mapping[str, str] | None = None,
        null_columns: Sequence[str] = (),
    ) -> list[WrittenFile]:
        """
        Write `table` as Parquet files partitioned by columns, in Hive-style folders; no rows make no file.

        Parameters
        ----------
        table : str
        folder : Path
        partition_by : sequence of str
            Without columns, there is one file, which takes less than one of a partition.
        prefix : str
            Prefix of the file names.
        constant_partitions : mapping of str to str, optional
            Columns with the same value in all rows; they become the outermost folders.
        null_columns : sequence of str, optional
            Columns that are null in all rows and are not written; scans return nulls for them.

        Returns
        -------
        list of WrittenFile
        """
        top_folder = folder.joinpath(*(f"{name}={value}" for name, value in (constant_partitions or {}).items()))
        top_folder.mkdir(parents=True, exist_ok=True)
        excluded = [*(constant_partitions or {}), *null_columns]
        columns_sql = f"* exclude ({', '.join(map(quote_name, excluded))})" if excluded else "*"
        target, options = top_folder / f"{prefix}-{uuid.uuid4()}.parquet", _COPY_OPTIONS
        if partition_by:
            keys_sql = ", ".join(map(quote_name, partition_by))
            pattern_sql = quote_literal(f"{prefix}-{{uuid}}")
            target = top_folder
            options += f", PARTITION_BY ({keys_sql}), FILENAME_PATTERN {pattern_sql}, OVERWRITE_OR_IGNORE true"
        file_rows = self.query(
            f'copy (select {columns_sql} from "{table}") to {quote_literal(target)} ({options}, RETURN_STATS true)'
        )
        files = [WrittenFile(Path(row[0]), row[1], parse_partition(Path(row[0]), folder)) for row in file_rows]
        if not partition_by and not files[0].rows:
            files.pop().path.unlink()
        return files

    def drop(self, table: str) -> None:
        """Drop a table that no later step reads; a statement for one that was not created takes as long as others."""
        kind = self._kinds.pop(table, None)
        self._definitions.pop(table, None)
        self._empty_tables.discard(table)
        if kind:
            with self._prepared.autocommit():
                self.execute(f'drop {kind} {CATALOG}.main."{table}"')

    @contextlib.contextmanager
    def small_data(self) -> Iterator[None]:
        """Run steps on few rows as written, planned once: to plan and optimize a step takes longer than to run it."""
        with self._prepared.open():
            yield

    @contextlib.contextmanager
    def one_thread(self) -> Iterator[None]:
        """Use one thread for steps on few rows: two make each group twice and merge it."""
        self.execute("set threads = 1")
        try:
            yield
        finally:
            self.execute(f"set threads = {int(self._threads)}")

    def close(self) -> None:
        """Close the session and remove its spill folder."""
        self._resources.close()

    @contextlib.contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """Create a folder next to the spill folder; removed at the end, after a kill by `remove_stale_spills`."""
        with spill_folder(self._spill_parent) as folder:
            yield folder

    def remove_stale_spills(self) -> None:
        """Remove spill folders of killed sessions, next to this session's own."""
        remove_stale_spills(self._spill_parent)

    def execute(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """
        Run any DuckDB statement, for code that does not run on other engines.

        Raises
        ------
        DamagedHomeError
            If a scanned file is damaged or missing.
        HomeError
            If a file cannot be read or written, or memory and disk are full.
        KeyboardInterrupt
            If the statement was interrupted.
        """
        try:
            return self._connection.execute(sql, list(values))
        except RuntimeError as error:
            # DuckDB raises RuntimeError if Ctrl-C interrupts a statement; its other errors are no RuntimeErrors.
            raise KeyboardInterrupt from error
        except (duckdb.CatalogException, duckdb.ConversionException):
            raise  # not caused by a damaged file: do not read the files again
        except duckdb.Error as error:
            # A damaged file has many types of errors, and most do not name it.
            scanned_files = [file for files in self._files_by_table.values() for file in files]
            if damage := find_damage([*scanned_files, *_PARQUET_LITERAL.findall(sql)], error, remedy=_REMEDY):
                raise damage from error
            is_short_read = _SHORT_READ in str(error)  # a damaged file of somebody else, such as one to import
            if is_short_read or not isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                raise
            message = " ".join(str(error).split())
            raise HomeError(f"{message}; check that the disk has free space and the folder is writable") from error

    def _create_rows(self, table: str, columns: Mapping[str, str], select: str | None) -> None:
        """Create a table with the rows of a SELECT that is the same for the same rows, or with none."""
        if self._prepared.is_open:
            self._prepared.fill(table, columns, select, is_constant=True)
            return
        columns_sql = ", ".join(f'"{name}" {SQL_TYPES[kind]}' for name, kind in columns.items())
        self._create_once("table", table, f"as {select}" if select else f"({columns_sql})")
        if not select:
            self._empty_tables.add(table)

    def _create_once(self, kind: str, table: str, definition: str, *, columns: str = "") -> None:
        """Create a table or view unless it exists with the same definition, which has all its rows or files."""
        if self._definitions.get(table) != definition + columns:
            self._create(kind, table, definition)
            self._definitions[table] = definition + columns

    def _create(self, kind: str, table: str, definition: str) -> None:
        """Create a table or view in place of an existing one: dropping it first would take a statement of its own."""
        if self._kinds.get(table, kind) != kind:
            self.drop(table)
        self._definitions.pop(table, None)
        self._empty_tables.discard(table)
        with self._prepared.autocommit():
            self.execute(f'create or replace {kind} {CATALOG}.main."{table}" {definition}')
        self._kinds[table] = kind

    def _create_result(self, step: Step) -> Mapping[str, str]:
        if not self._prepared.is_open:
            if step.stored:
                self._create("table", step.name, f"as {step.sql}")
            else:
                # A view of tables that have other columns now would fail; its step declares others, too.
                self._create_once("view", step.name, f"as {step.sql}", columns=str(step.columns))
            return self._find_result_columns(step)
        columns = step.columns if self._prepared.has_statement(step) else self._find_columns(step.sql)
        self._prepared.run(step)
        return columns

    def _find_result_columns(self, step: Step) -> Mapping[str, str]:
        """Find the columns of a step's result once: its SELECT casts what it reads, or declares other columns."""
        key = (step.name, step.sql, tuple(step.columns.items()))
        if key not in self._result_columns:
            self._result_columns[key] = self._find_columns(f'from "{step.name}"')
            if len(self._result_columns) > _MAX_RESULT_COLUMNS:
                del self._result_columns[next(iter(self._result_columns))]
        return self._result_columns[key]

    def _find_columns(self, select: str) -> Mapping[str, str]:
        # A relation is only bound, not run, which takes half the time of an empty SELECT.
        relation = self._connection.sql(select)
        types = (_TYPE_NAMES.get(str(column_type), str(column_type)) for column_type in relation.types)
        return dict(zip(relation.columns, types, strict=True))
