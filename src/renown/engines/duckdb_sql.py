"""SQL of DuckDB for rows and files: types, literals, and the SELECTs that read them."""

import math
from collections.abc import Iterable, Mapping, Sequence

from renown.engines.base import Row
from renown.steps import quote_literal

SQL_TYPES = {
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "smallint": "SMALLINT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
}


def has_literals(rows: Iterable[Row]) -> bool:
    """Return whether all values can be written in SQL: there is no literal for infinity and NaN."""
    return all(math.isfinite(value) for row in rows for value in row if isinstance(value, float))


def rows_sql(rows: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Build the SELECT of a few rows, which is faster than to pass arrays; that of one row needs no table."""
    if len(rows) == 1:
        values_sql = (
            f"cast({_literal(value)} as {SQL_TYPES[kind]}) as {quote_name(name)}"
            for value, (name, kind) in zip(rows[0], columns.items(), strict=True)
        )
        return f"select {', '.join(values_sql)}"
    literals_sql = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    names_sql = ", ".join(map(quote_name, columns))
    quoted_types = [(quote_name(name), SQL_TYPES[kind]) for name, kind in columns.items()]
    casts_sql = ", ".join(f"cast({name} as {sql_type}) as {name}" for name, sql_type in quoted_types)
    return f"select {casts_sql} from (values {literals_sql}) literals({names_sql})"


def _literal(value: object) -> str:
    """Write a value in SQL; a number with an exponent is a double, and `repr` returns all its digits."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return quote_literal(value)
    if isinstance(value, float):
        text = repr(float(value))
        return text if "e" in text else f"{text}e0"
    return str(value)


def table_sql(files: Sequence[str], columns: Mapping[str, str]) -> str:
    """Build the SELECT that reads Parquet files; of no files, one without rows that has the columns."""
    if files:
        return parquet_sql(files, columns)
    nulls_sql = ", ".join(f"cast(null as {SQL_TYPES[kind]}) as {quote_name(name)}" for name, kind in columns.items())
    return f"select {nulls_sql} where false"


def parquet_sql(files: Sequence[str], columns: Mapping[str, str], *, file_column: str | None = None) -> str:
    """
    Build the SELECT that reads Parquet files; values of partition columns are parsed from the paths.

    Columns that a file does not have are null. The columns are declared, so that no file is opened to plan a query:
    to open ninety small files takes longer than to read them.
    """
    paths_sql = ", ".join(quote_literal(path) for path in files)
    partition_columns = [name for name in columns if f"/{name}=" in files[0]]
    types_sql = ", ".join(f"{quote_literal(name)}: {SQL_TYPES[columns[name]]}" for name in partition_columns)
    file_types = [
        (quote_literal(name), quote_literal(SQL_TYPES[kind]))
        for name, kind in columns.items()
        if name not in partition_columns
    ]
    fields_sql = ", ".join(f"{name}: {{name: {name}, type: {kind}, default_value: null}}" for name, kind in file_types)
    # DuckDB takes no empty schema; without one it opens a file.
    schema_sql = f", schema=map {{{fields_sql}}}" if file_types else ""
    hive_sql = f"hive_partitioning=true, hive_types={{{types_sql}}}" if types_sql else "hive_partitioning=false"
    filename_sql = f", filename={quote_literal(file_column)}" if file_column else ""
    columns_sql = ", ".join(map(quote_name, [*columns, *([file_column] if file_column else [])]))
    return f"select {columns_sql} from read_parquet([{paths_sql}], {hive_sql}{schema_sql}{filename_sql})"


def quote_name(name: str) -> str:
    """Quote the name of a table or column."""
    return f'"{name}"'
