"""
Checkpoints of the log of a Delta table: Parquet files from which a reader starts in place of the first entry.

References
----------
Delta Transaction Log Protocol, "Checkpoints".
"""

from pathlib import Path

from renown.delta.actions import decode_actions, encode_actions
from renown.delta.snapshot import TableSnapshot, replay
from renown.engines.session import SessionLimits, duckdb_session

_LIMITS = SessionLimits(memory="500MB", threads=1)
_COLUMNS = {
    "protocol": "struct(minReaderVersion integer, minWriterVersion integer)",
    "metaData": """struct(
        id varchar, name varchar, description varchar,
        format struct(provider varchar, options map(varchar, varchar)),
        schemaString varchar, partitionColumns varchar[], createdTime bigint, configuration map(varchar, varchar))""",
    "txn": "struct(appId varchar, version bigint)",
    "add": """struct(
        path varchar, partitionValues map(varchar, varchar), size bigint, modificationTime bigint,
        dataChange boolean, stats varchar)""",
    "remove": "struct(path varchar, deletionTimestamp bigint, dataChange boolean)",
}


def read_checkpoint(file: Path, version: int) -> TableSnapshot:
    """
    Read the snapshot of a version from its checkpoint.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    import duckdb  # noqa: PLC0415 - few tables have a checkpoint

    try:
        with duckdb_session(_LIMITS) as connection:
            rows = connection.execute("select to_json(t)::varchar from read_parquet(?) t", [str(file)]).fetchall()
    except duckdb.Error as error:
        raise ValueError(str(error)) from error
    actions = decode_actions("\n".join(row for (row,) in rows).encode())
    return replay(None, [actions], version=version)


def write_checkpoint(snapshot: TableSnapshot, file: Path) -> int:
    """
    Write a snapshot to a file, which must not exist; return how many actions it has.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    import duckdb  # noqa: PLC0415 - as above

    actions = list(snapshot.actions())
    entry = file.with_name(f"{file.name}.json")
    try:
        entry.write_bytes(encode_actions(actions))
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
        with duckdb_session(_LIMITS) as connection:
            connection.execute(
                f"copy (from read_json($entry, format = 'newline_delimited', columns = {{{columns}}})) "
                "to $file (format parquet)",
                {"entry": str(entry), "file": str(file)},
            )
    except duckdb.Error as error:
        raise OSError(str(error)) from error
    finally:
        entry.unlink(missing_ok=True)
    return len(actions)
