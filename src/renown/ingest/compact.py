"""Compaction: merge the small files of a folder into one, and remove duplicates."""

from renown.engines.duckdb import DuckDB
from renown.ingest.dedup import BatchDeduplicator
from renown.ingest.dedup_steps import merged_rows_step
from renown.lake import Batch, Lake, SourceCursor
from renown.records import LAKE_COLUMNS

MAX_SMALL_FILES = 32
"""Small files per folder above which it is compacted: twice an hour with a batch a minute."""
MAX_SMALL_BYTES = 128 << 20
"""Size in bytes from which on a file is not compacted; about four million interactions."""
_DAY_TABLES = ("interactions", "undone", "presence")
_DIRECTORY_TABLES = ("accounts", "handles", "aliases", "posts", "account_coverage")


def compact(
    engine: DuckDB,
    lake: Lake,
    batch: Batch,
    network: str,
    *,
    day_no: int | None = None,
    max_files: int = MAX_SMALL_FILES,
) -> int:
    """
    Compact folders with many small files.

    Duplicates within a day are removed; the earliest row stays.

    Parameters
    ----------
    engine : DuckDB
    lake : Lake
    batch : Batch
    network : str
    day_no : int, optional
        Compact only this day; all days and directories by default.
    max_files : int
        Small files per folder above which it is compacted.

    Returns
    -------
    int
        Number of folders compacted.
    """
    folder_count = 0
    for table in _DAY_TABLES if day_no is not None else (*_DAY_TABLES, *_DIRECTORY_TABLES):
        files_by_folder = lake.find_small_files(table, network=network, max_files=max_files, max_bytes=MAX_SMALL_BYTES)
        for folder, files in files_by_folder.items():
            if day_no is None or folder.endswith(f"/day_no={day_no}"):
                _merge_files(engine, lake, batch, table=table, network=network, files=files)
                folder_count += 1
    return folder_count


def _merge_files(engine: DuckDB, lake: Lake, batch: Batch, *, table: str, network: str, files: list[str]) -> None:
    engine.scan("small_file_rows", files, LAKE_COLUMNS[table])
    source_cursors = [SourceCursor(f"tidy {network}", 1)]
    if table in _DIRECTORY_TABLES:
        engine.run(merged_rows_step(table))
        new_files = engine.write_partitioned(
            "merged_rows", batch.folder / "merged", partition_by=["network"], prefix="t"
        )
        lake.commit(table, new_files, batch=batch, remove=files, source_cursors=source_cursors)
        return
    deduplicator = BatchDeduplicator(engine, batch, table, network, with_ids=table == "interactions")
    folder = files[0].rpartition("/")[0]
    other_files = [
        file for file in lake.files(table, network=network) if file.startswith(f"{folder}/") and file not in files
    ]
    dedup_result = deduplicator.deduplicate(deduplicator.write_merged_files(), other_files)
    lake.commit(
        table,
        dedup_result.files,
        batch=batch,
        remove=[*files, *dedup_result.superseded_files],
        source_cursors=source_cursors,
    )
