"""Tables that stay between uses, and statements that fill them: to plan a step takes longer than to run it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from renown.steps import Step

if TYPE_CHECKING:
    import duckdb

_CATALOG = "prepared_tables"
"""Database of the tables; to create a table in another one does not make DuckDB plan these statements again."""
_MAX_STATEMENTS = 256
"""Statements to keep: the steps of two methods, and those of the latest uses."""
_NOT_PREPARED = 0
"""Number of a query that was run once."""


class PreparedTables:
    """
    Tables of a DuckDB session, filled by statements that are planned once.

    DuckDB plans a prepared statement again if a table was created or dropped in a database that it reads, and always
    while its optimizer is on. So tables are emptied instead of dropped, and the optimizer is off. Each use is a
    transaction that is rolled back: to commit rows and to delete them takes as long as to write them.

    Parameters
    ----------
    execute : callable
        Executes a statement in the session.
    session_catalog : str
        Database of the session's other tables, which statements can read, too.
    types : mapping of str to str
        Column type to the type of DuckDB.
    """

    def __init__(
        self, execute: "Callable[[str], duckdb.DuckDBPyConnection]", session_catalog: str, types: Mapping[str, str]
    ) -> None:
        self._execute = execute
        self._session_catalog = session_catalog
        self._types = types
        self._columns: dict[str, dict[str, str]] = {}
        """Columns of each table."""
        self._contents: dict[str, str] = {}
        """Tables that may have rows, each with the SELECT that filled it, if this has the same rows each time."""
        self._committed: set[str] = set()
        """Tables whose rows a rollback does not remove."""
        self._statements: dict[tuple[str, str], int] = {}
        """Table that is filled, if any, and statement, to the number of the prepared one, the oldest first."""
        self._latest = 0
        self._first_current = 1
        """Number of the first statement that was prepared after the last table was created."""
        self.is_open = False

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Use the tables in place of the session's; they are empty before and afterwards."""
        if not self._columns:
            self._execute(f"attach if not exists ':memory:' as {_CATALOG}")
        path = f"{_CATALOG}.main,{self._session_catalog}.main"
        self._execute(f"pragma disable_optimizer; set search_path = '{path}'; begin")
        self.is_open = True
        try:
            yield
        finally:
            self.is_open = False
            self._execute("rollback")
            self._contents.clear()
            if self._committed:
                self._execute("".join(map(_delete_sql, sorted(self._committed))))
                self._committed.clear()
            self._execute(f"pragma enable_optimizer; use {self._session_catalog}")

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[None]:
        """Execute statements that a rollback must not undo, or that write to another database."""
        if not self.is_open:
            yield
            return
        self._execute("commit")
        self._committed |= self._contents.keys()
        try:
            yield
        finally:
            self._execute("begin")

    def close(self) -> None:
        """Drop all tables, with the statements."""
        self._statements.clear()
        self._columns.clear()
        self._execute(f"detach database if exists {_CATALOG}")

    def fill(self, table: str, columns: Mapping[str, str], select: str | None, *, is_constant: bool = False) -> None:
        """Replace the rows of a table by those of a SELECT, or by none; a constant one has the same rows each time."""
        if is_constant and select and self._contents.get(table) == select and self._columns[table] == columns:
            return
        delete_sql = self._prepare_table(table, columns)
        if select:
            self._execute(f'{delete_sql}insert into "{table}" {select}')
            self._contents[table] = select if is_constant else ""
        elif delete_sql:
            self._execute(delete_sql)
            self._contents.pop(table)

    def run(self, step: Step) -> None:
        """Replace the rows of a step's table by those of its SELECT."""
        delete_sql = self._prepare_table(step.name, step.columns)
        number = self._find_statement(step.name, f'insert into "{step.name}" {step.sql}')
        [(rows,)] = self._execute(f"{delete_sql}execute step_{number}").fetchall()
        if rows:
            self._contents[step.name] = ""
        else:
            self._contents.pop(step.name, None)

    def find_query(self, select: str) -> str:
        """Return the SQL that runs a SELECT: from its second time on, as of comparisons of states, it is planned."""
        if ("", select) in self._statements:
            return f"execute step_{self._find_statement('', select)}"
        self._remember("", select, _NOT_PREPARED)
        return select

    def is_empty(self, table: str) -> bool | None:
        """Tell whether a table has no rows; None if there is no such table."""
        return table not in self._contents if table in self._columns else None

    def has_statement(self, step: Step) -> bool:
        """Tell whether a step was run before, so that its columns were checked."""
        statement = f'insert into "{step.name}" {step.sql}'
        return self._columns.get(step.name) == step.columns and (step.name, statement) in self._statements

    def _prepare_table(self, table: str, columns: Mapping[str, str]) -> str:
        """Create a table, or return the SQL that empties it, to be executed with what fills it."""
        if self._columns.get(table) == columns:
            return _delete_sql(table) if table in self._contents else ""
        columns_sql = ", ".join(f'"{name}" {self._types[kind]}' for name, kind in columns.items())
        with self.autocommit():
            self._execute(f'create or replace table "{table}" ({columns_sql})')
        self._columns[table] = dict(columns)
        self._contents.pop(table, None)
        self._first_current = self._latest + 1
        return ""

    def _find_statement(self, table: str, statement: str) -> int:
        """Return the number of a statement, of that which fills a table; prepare it unless it is planned already."""
        number = self._statements.pop((table, statement), _NOT_PREPARED)
        if number < self._first_current:
            self._deallocate(number)
            self._latest = number = self._latest + 1
            self._execute(f"prepare step_{number} as {statement}")
        self._remember(table, statement, number)
        return number

    def _remember(self, table: str, statement: str, number: int) -> None:
        self._statements[table, statement] = number
        if len(self._statements) > _MAX_STATEMENTS:
            self._deallocate(self._statements.pop(next(iter(self._statements))))

    def _deallocate(self, number: int) -> None:
        if number != _NOT_PREPARED:
            self._execute(f"deallocate step_{number}")


def _delete_sql(table: str) -> str:
    return f'delete from {_CATALOG}.main."{table}"; '
