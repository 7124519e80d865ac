"""A temporary copy of a lake whose days end at another time, to evaluate a method at any time of the day."""

from collections.abc import Iterator
from contextlib import contextmanager

from renown.delta import PARTITION_COLUMNS
from renown.engines.base import Engine
from renown.engines.duckdb import DuckDB
from renown.lake import Lake, create_lake
from renown.records import DAY_SECONDS, LAKE_COLUMNS
from renown.steps import Step


@contextmanager
def open_shifted_lake(engine: DuckDB, lake: Lake, second: int, *, end_day: int) -> Iterator[Lake]:
    """
    Copy a lake so that each of its days lasts from this second of the UTC day to the same second of the next day.

    The time of day of each row is counted from there, too. The copy is deleted at the end.

    Parameters
    ----------
    engine : DuckDB
        A session to copy the rows in.
    lake : Lake
    second : int
        0 to 86,399.
    end_day : int
        Days of the lake from this one on are left out.
    """
    with engine.temporary_folder() as folder:
        root = folder / "lake"
        create_lake(root)
        copy = Lake(root, load_opt_outs=lake.load_opt_outs)
        for table in LAKE_COLUMNS:
            _copy_table(engine, lake, copy, table, second=second, end_day=end_day)
        yield copy


def _copy_table(engine: Engine, lake: Lake, copy: Lake, table: str, *, second: int, end_day: int) -> None:
    columns = LAKE_COLUMNS[table]
    engine.scan("lake_rows", lake.files(table, days=range(end_day) if "day_no" in columns else None), columns)
    engine.run(Step(name="shifted_rows", sql=_shift_sql(table, second), columns=columns, stored=False))
    partition_by = [name for name in PARTITION_COLUMNS if name in columns]
    with copy.write_batch() as batch:
        files = engine.write_partitioned(
            "shifted_rows", batch.folder / table, partition_by=partition_by, prefix="shifted"
        )
        copy.commit(table, files, batch=batch)


def _shift_sql(table: str, second: int) -> str:
    """Build the SELECT that counts days and seconds from the second at which days begin."""
    columns = LAKE_COLUMNS[table]
    if "second" not in columns:
        return "select * from lake_rows"
    expressions = {
        "day_no": f"cast(case when second < {second} then day_no - 1 else day_no end as integer)",
        "second": f"cast((second + {DAY_SECONDS - second}) % {DAY_SECONDS} as integer)",
    }
    return f"select {', '.join(f'{expressions.get(name, name)} as {name}' for name in columns)} from lake_rows"
