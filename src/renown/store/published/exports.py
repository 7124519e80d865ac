"""Store of exported files: where scores were exported to, so that people can be erased there, too."""

import glob
import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from renown.engines.session import SessionLimits, duckdb_session
from renown.steps import quote_literal
from renown.store.published.erasure import erase_from_file
from renown.store.schema import exports

if TYPE_CHECKING:
    import duckdb

_KEY_COLUMNS = ("person", "account")
"""Columns with keys of people and accounts, of exports by older versions."""
_ID_COLUMNS = ("account_id", "target_id", "actor_id")
"""Columns with the id of an account on the network that the column `network` names."""
_CSV_OPTIONS = "header=true, all_varchar=true, delim=',', quote='\"', escape='\"'"
_WRITE_OPTIONS = {
    ".csv": "format csv, header",
    # JSON has no control characters, so no line is quoted.
    ".jsonl": "format csv, header false, quote '', escape '', delimiter E'\\x01'",
    ".parquet": "format parquet, compression zstd",
}
"""Suffix of a file to the options with which it is written again."""


@dataclass(frozen=True)
class ExportedFile:
    """A file that is still an export, and how to read it."""

    path: Path
    rows_sql: str
    """SELECT of its rows as they are written again."""
    columns: frozenset[str]
    """Columns that can identify people."""

    def is_about_sql(self, keys: Sequence[int], names: Collection[str]) -> str:
        """Return the condition for rows about people and accounts: their keys, names and each ``network:id``."""
        keys_sql = ", ".join(f"'{key}'" if self.path.suffix == ".csv" else str(key) for key in keys) or "null"
        names_sql = ", ".join(map(quote_literal, sorted(names))) or "null"
        conditions = [f"{column} in ({keys_sql})" for column in _KEY_COLUMNS if column in self.columns]
        if "name" in self.columns:
            conditions.append(f"{self._text_sql('name')} in ({names_sql})")
        if "network" in self.columns:
            network_sql = self._text_sql("network")
            conditions += [
                f"concat({network_sql}, ':', {self._text_sql(column)}) in ({names_sql})"
                for column in _ID_COLUMNS
                if column in self.columns
            ]
        if "account_ids" in self.columns:
            conditions.append(f"list_has_any({self._list_sql('account_ids')}, [{names_sql}])")
        return " or ".join(conditions)

    def _text_sql(self, column: str) -> str:
        return f"json->>'{column}'" if self.path.suffix == ".jsonl" else f'"{column}"'

    def _list_sql(self, column: str) -> str:
        if self.path.suffix == ".parquet":
            return f'"{column}"'
        json_sql = f"json->'{column}'" if self.path.suffix == ".jsonl" else f'try_cast("{column}" as json)'
        return f"from_json({json_sql}, '[\"VARCHAR\"]')"


class ExportStore:
    """Paths of all exported files."""

    def __init__(self, database: sa.Engine, limits: SessionLimits) -> None:
        self._database = database
        self._limits = limits

    def add(self, path: Path) -> None:
        """Record a file that is about to be written (idempotent)."""
        row = {"path": str(path.absolute())}
        with self._database.begin() as connection:
            connection.execute(sa.delete(exports).where(exports.c.path == row["path"]))
            connection.execute(sa.insert(exports).values(**row))

    def all(self) -> list[Path]:
        """Return every file, sorted by path."""
        with self._database.connect() as connection:
            return [Path(path) for path in connection.scalars(sa.select(exports.c.path).order_by(exports.c.path))]

    def find_missing(self) -> list[Path]:
        """Return files that were moved, deleted or overwritten since, from which nobody can be erased."""
        with duckdb_session(self._limits) as connection:
            return [path for path in self.all() if _open_export(path, connection) is None]

    def erase(self, keys: Sequence[int], names: Collection[str]) -> int:
        """
        Erase people and accounts from the files that are still there; return the number of rows deleted.

        Parameters
        ----------
        keys : sequence of int
            Keys of people and accounts.
        names : collection of str
            Names of claimed people, and ``network:id`` of accounts.
        """
        deleted_rows = 0
        with duckdb_session(self._limits) as connection:
            for path in self.all():
                for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
                    leftover.unlink(missing_ok=True)
                if file := _open_export(path, connection):
                    deleted_rows += erase_from_file(
                        connection,
                        path,
                        file.rows_sql,
                        file.is_about_sql(keys, names),
                        write_options=_WRITE_OPTIONS[path.suffix],
                    )
        return deleted_rows


def partial_export_path(path: Path) -> Path:
    """Return the file that an export is written to until it is complete; an erasure deletes those of killed exports."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def _open_export(path: Path, connection: "duckdb.DuckDBPyConnection") -> ExportedFile | None:
    """Return an exported file; None if it is no longer an export."""
    import duckdb  # noqa: PLC0415 - see `day.translate_read_errors`

    if path.suffix not in _WRITE_OPTIONS:
        return None
    literal = quote_literal(path)
    try:
        if path.suffix == ".jsonl":
            rows_sql = f"select json from read_ndjson_objects({literal})"
            first_row = connection.execute(f"{rows_sql} limit 1").fetchone()
            columns = set(json.loads(first_row[0])) if first_row else {"name"}
        else:
            reader_sql = (
                f"read_csv({literal}, {_CSV_OPTIONS})"
                if path.suffix == ".csv"
                else f"read_parquet({literal}, hive_partitioning=false)"
            )
            rows_sql = f"select * from {reader_sql}"
            columns = {row[0] for row in connection.execute(f"describe {rows_sql}").fetchall()}
    except (duckdb.Error, ValueError):
        return None
    identifying = columns & {*_KEY_COLUMNS, *_ID_COLUMNS, "network", "name", "account_ids"}
    return ExportedFile(path, rows_sql, frozenset(identifying)) if identifying else None
