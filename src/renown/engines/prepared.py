"""Tables that stay between uses, and statements that fill them: to plan a step takes longer than to run it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from renown.steps import Step

_CATALOG = "prepared_tables"
"""Database of the tables; to create a table in another one does not make DuckDB plan these statements again."""
_MAX_STATEMENTS = 256
"""Statements to keep: the steps of two methods, and those of the latest uses."""


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

    def __init__(self, execute: Callable[[str], object], session_catalog: str, types: Mapping[str, str]) -> None:
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
        """Table and SELECT to the number of the prepared statement, the oldest first."""
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
            self._empty(*self._committed)
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
        self._prepare_table(table, columns)
        if select:
            self._contents[table] = select if is_constant else ""
            self._execute(f'insert into "{table}" {select}')

    def run(self, step: Step) -> None:
        """Replace the rows of a step's table by those of its SELECT."""
        self._prepare_table(step.name, step.columns)
        number = self._find_statement(step.name, step.sql)
        self._contents[step.name] = ""
        self._execute(f"execute step_{number}")

    def has_statement(self, step: Step) -> bool:
        """Tell whether a step was run before, so that its columns were checked."""
        return self._columns.get(step.name) == step.columns and (step.name, step.sql) in self._statements

    def _prepare_table(self, table: str, columns: Mapping[str, str]) -> None:
        """Create a table, or empty it."""
        if self._columns.get(table) == columns:
            self._empty(*({table} & self._contents.keys()))
            return
        columns_sql = ", ".join(f'"{name}" {self._types[kind]}' for name, kind in columns.items())
        with self.autocommit():
            self._execute(f'create or replace table "{table}" ({columns_sql})')
        self._columns[table] = dict(columns)
        self._contents.pop(table, None)
        self._first_current = self._latest + 1

    def _empty(self, *tables: str) -> None:
        if tables:
            self._execute("; ".join(f'delete from {_CATALOG}.main."{table}"' for table in tables))
            for table in tables:
                self._contents.pop(table, None)

    def _find_statement(self, table: str, select: str) -> int:
        """Return the number of the statement that fills a table; prepare it unless it is planned already."""
        number = self._statements.pop((table, select), 0)
        if number < self._first_current:
            if number:
                self._execute(f"deallocate step_{number}")
            self._latest = number = self._latest + 1
            self._execute(f'prepare step_{number} as insert into "{table}" {select}')
        self._statements[table, select] = number
        if len(self._statements) > _MAX_STATEMENTS:
            oldest = self._statements.pop(next(iter(self._statements)))
            self._execute(f"deallocate step_{oldest}")
        return number
