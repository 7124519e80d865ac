"""Records of a batch, as rows or as steps that read them, and how they are loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.engines.duckdb import DuckDB
from renown.records import BATCH_COLUMNS
from renown.steps import Step


@dataclass(frozen=True)
class BatchSteps:
    """Steps that read a batch."""

    batch: Step
    account_ids: Step
    """Its account ids, in a column `account_id`, and whether the records have them `is_unchanged`; read first."""
    batch_of_unchanged_ids: Step
    """The same as `batch`, and faster, if the records have all account ids unchanged."""


Records = Step | BatchSteps | Sequence[tuple[object, ...]]
"""The step `batch`, or its rows, in the columns of ``records.BATCH_COLUMNS`` of their table."""


def load_batch(engine: DuckDB, records: Records, table: str) -> None:
    """Create the step or table `batch`."""
    if isinstance(records, BatchSteps):
        engine.run(records.batch)
    elif isinstance(records, Step):
        engine.run(records)
    else:
        engine.create_table("batch", records, BATCH_COLUMNS[table])
