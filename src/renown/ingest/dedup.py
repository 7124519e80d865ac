"""
Deduplication (dedup): each record is stored once, so that importing a batch again changes nothing (idempotent).

The identity of a record is all of its columns. Of an interaction with a network id it is
actor, id, verb and target: one post may be a reply to somebody and mention others, all with
the same id, and is undone by that id. If records with the same identity differ, a verified one is
kept, or the earliest, so that the order of imports does not matter. An interaction without an id is
the same as one with an id and otherwise equal columns, of which the one with the id is kept, so that it can be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from renown.engines.base import WrittenFile
from renown.engines.duckdb import DuckDB
from renown.ingest import account_keys
from renown.ingest.dedup_steps import (
    adoptable_ids_step,
    adopted_ids_step,
    distinct_new_rows_step,
    duplicate_fingerprints_sql,
    has_duplicates_sql,
    merged_rows_step,
    new_rows_step,
    own_ids_step,
    ranked_duplicates_step,
    remaining_rows_step,
    superseded_files_sql,
)
from renown.lake import Batch
from renown.records import LAKE_COLUMNS
from renown.steps import Step


@dataclass
class DedupResult:
    """Files to commit to the lake, and the files that they replace."""

    files: list[WrittenFile] = field(default_factory=list)
    superseded_files: list[str] = field(default_factory=list)
    new: int = 0
    """Records that the lake did not have."""
    duplicates: int = 0
    """Records of the batch that the lake has, or the batch itself has again."""
    days: set[str] = field(default_factory=set)
    """Days with new records."""


class BatchDeduplicator:
    """
    Writes one network's batch of one table as Parquet files, without the records that the lake already has.

    Parameters
    ----------
    engine : DuckDB
        Holds the steps `batch` and `rehashed_keys`.
    batch : Batch
        Its folder receives the files until they are committed.
    table, network : str
    with_ids : bool, optional
        Whether interactions have ids assigned by their network; by default looked up in `batch`.
    """

    def __init__(self, engine: DuckDB, batch: Batch, table: str, network: str, *, with_ids: bool | None = None) -> None:
        self._engine = engine
        self._batch = batch
        self._table = table
        self._network = network
        if with_ids is None:
            with_ids = table == "interactions" and bool(
                engine.query("select 1 from batch where interaction_id is not null limit 1")
            )
        self._has_ids = with_ids or table == "undone"
        self._null_columns = self._find_null_columns(with_ids=with_ids) if table == "interactions" else ()

    def _find_null_columns(self, *, with_ids: bool) -> tuple[str, ...]:
        has_unverified = self._engine.query("select 1 from batch where unverified limit 1")
        return (*(() if with_ids else ("interaction",)), *(() if has_unverified else ("unverified",)))

    def write_batch_files(self) -> list[WrittenFile]:
        """Write the batch to files with the lake's columns and partitions."""
        has_rehashed_keys = bool(self._engine.query("select 1 from rehashed_keys limit 1"))
        return self._write(
            account_keys.keyed_batch_step(self._table, self._network, has_rehashed_keys=has_rehashed_keys),
            "b",
            self._null_columns,
        )

    def write_merged_files(self) -> list[WrittenFile]:
        """Write `small_file_rows`, rows of the lake, to files as if they were a new batch (for compaction)."""
        return self._write(merged_rows_step(self._table), "m", self._null_columns)

    def deduplicate(self, batch_files: list[WrittenFile], lake_files: Sequence[str]) -> DedupResult:
        """Drop the records that current files of the lake have, and duplicates within the batch."""
        result = DedupResult()
        for day_no, part_files in self._split_by_day(batch_files).items():
            day_files = [file for file in lake_files if day_no is None or f"/day_no={day_no}/" in file]
            self._deduplicate_part(part_files, day_files, day_no, result)
        return result

    def _split_by_day(self, batch_files: list[WrittenFile]) -> dict[str | None, list[WrittenFile]]:
        """Split a batch by day, unless records have network ids: the same id may be sent again with another day."""
        files_by_day: dict[str | None, list[WrittenFile]] = {}
        for file in batch_files:
            files_by_day.setdefault(None if self._has_ids else file.partition["day_no"], []).append(file)
        return files_by_day

    def _deduplicate_part(
        self, batch_files: list[WrittenFile], lake_files: list[str], day_no: str | None, result: DedupResult
    ) -> None:
        """Add the files of one day, or of all, to the result; rewrite them first if they contain duplicates."""
        if not self._has_duplicates([str(file.path) for file in batch_files], lake_files):
            new_files = batch_files
        else:
            suffix = f"{len(result.files)}"
            new_files = self._write(
                new_rows_step(self._table, with_ids=self._has_ids), f"c{suffix}", self._null_columns, day_no=day_no
            )
            superseded_files = [row[0] for row in self._engine.query(superseded_files_sql())] if self._has_ids else []
            if superseded_files:
                result.files += self._write(remaining_rows_step(self._table, superseded_files), f"d{suffix}")
                result.superseded_files += superseded_files
        result.files += new_files
        new = sum(file.rows for file in new_files)
        result.new += new
        result.duplicates += sum(file.rows for file in batch_files) - new
        result.days |= {file.partition["day_no"] for file in new_files}

    def _has_duplicates(self, batch_files: list[str], lake_files: list[str]) -> bool:
        """Tell whether there are duplicates; if so, create the step `ranked_duplicates` or `distinct_new_rows`."""
        has_ids = self._has_ids
        self._scan_rows(batch_files, lake_files)
        duplicates_sql = duplicate_fingerprints_sql(
            self._table, "select * from batch_rows", "select * from lake_rows" if lake_files else None, with_ids=has_ids
        )
        self._engine.execute(f"create or replace table duplicate_fingerprints as {duplicates_sql}")
        if not self._engine.query("select 1 from duplicate_fingerprints limit 1"):
            return False
        self._engine.run(ranked_duplicates_step(self._table) if has_ids else distinct_new_rows_step(self._table))
        return bool(self._engine.query(has_duplicates_sql(with_ids=has_ids)))

    def _scan_rows(self, batch_files: list[str], lake_files: list[str]) -> None:
        """Create `batch_rows` and `lake_rows`: with ids, the rows without one adopt that of an otherwise equal row."""
        columns = LAKE_COLUMNS[self._table]
        names = ("stored_batch_rows", "stored_lake_rows") if self._has_ids else ("batch_rows", "lake_rows")
        self._engine.scan(names[0], batch_files, columns)
        self._engine.scan(names[1], lake_files, columns, file_column="file")
        if not self._has_ids:
            return
        has_rows_without_id = self._table == "interactions" and self._engine.query(
            "select 1 from (select interaction from stored_batch_rows "
            "union all select interaction from stored_lake_rows) ids "
            "where interaction is null limit 1"
        )
        if has_rows_without_id:
            self._engine.run(adoptable_ids_step())
        for name, more_columns in (("batch_rows", {}), ("lake_rows", {"file": "string"})):
            all_columns = columns | more_columns
            self._engine.run(
                adopted_ids_step(name, all_columns) if has_rows_without_id else own_ids_step(name, all_columns)
            )

    def _write(
        self, step: Step, prefix: str, null_columns: Sequence[str] = (), *, day_no: str | None = None
    ) -> list[WrittenFile]:
        """Write the rows of a step to files by day; to one file if all are of one day."""
        self._engine.run(step)
        return self._engine.write_partitioned(
            step.name,
            self._batch.folder / prefix,
            partition_by=["day_no"] if day_no is None else [],
            prefix=prefix,
            constant_partitions={"network": self._network} | ({} if day_no is None else {"day_no": day_no}),
            null_columns=null_columns,
        )
