"""Delta tables: the log of this package is what another implementation reads and writes; damage is named."""

import errno
import json
import os
from collections import Counter

import duckdb
import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from renown import delta
from renown.delta.log import CHECKPOINT_INTERVAL
from renown.delta.tables import DeltaTables
from renown.engines.base import WrittenFile
from renown.errors import DamagedHomeError, HomeError
from renown.fsync import create_durably

COLUMNS = {"acts": {"network": "string", "day_no": "integer", "actor": "bigint", "verb": "smallint"}}
MORE_COLUMNS = {"acts": COLUMNS["acts"] | {"weight": "bigint"}}
REMEDY = "restore it"


def open_tables(root, columns=None):
    """Open the tables in a folder, created if they are new."""
    root.mkdir(exist_ok=True)
    delta.create_tables(root, columns or COLUMNS)
    return DeltaTables(root, columns or COLUMNS, kind="lake", remedy=REMEDY)


def commit(tables, day_no, *, rows=3, network="x", remove=(), metadata=None, transactions=()):
    """Commit a file of a day, in place of others; return its path."""
    known_files = set(tables.files("acts"))
    with tables.write_batch() as batch:
        file = batch.folder / "part.parquet"
        duckdb.sql(f"select range actor, 1::smallint verb from range({rows})").write_parquet(str(file))
        tables._commit(
            "acts",
            [WrittenFile(path=file, rows=rows, partition={"network": network, "day_no": str(day_no)})],
            batch=batch,
            remove=remove,
            metadata=metadata or {},
            transactions=transactions,
        )
    (path,) = set(tables.files("acts")) - known_files
    return path


def test_another_implementation_reads_the_tables(tmp_path):
    """Files, rows, columns, cursors and metadata of commits."""
    tables = open_tables(tmp_path / "lake of ada")
    first = commit(tables, 1)
    commit(tables, 2, rows=5, transactions=[delta.Transaction("source", 7)])
    commit(tables, 3, remove=[first], metadata={"cursor": "abc"})

    other = DeltaTable(tmp_path / "lake of ada" / "acts")

    assert 3 == other.version() == tables.versions()["acts"]
    assert Counter(tables.files("acts")) == Counter(path.replace("%20", " ") for path in other.file_uris())
    added = pa.table(other.get_add_actions(flatten=True)).to_pylist()
    assert {2: 5, 3: 3} == {row["partition.day_no"]: row["num_records"] for row in added}
    assert list(COLUMNS["acts"]) == [field.name for field in other.schema().fields]
    assert ["network", "day_no"] == other.metadata().partition_columns
    assert 7 == other.transaction_version("source")
    assert "abc" == other.history(1)[0]["cursor"] == tables._read_metadata("acts")["cursor"]
    assert 8 == len(other.to_pyarrow_table())


def test_tables_of_another_implementation_go_on(tmp_path):
    """A home whose log was written by deltalake, with a checkpoint of its own, is read and goes on."""
    tables = open_tables(tmp_path / "lake")
    for day_no in range(3):
        rows = duckdb.sql(f"select 'x' network, {day_no}::integer day_no, range actor, 1::smallint verb from range(4)")
        write_deltalake(
            tmp_path / "lake" / "acts",
            rows.to_arrow_table(),
            mode="append",
            commit_properties=CommitProperties(app_transactions=[Transaction("source", day_no)]),
        )
    DeltaTable(tmp_path / "lake" / "acts").create_checkpoint()

    assert [{0: 4, 1: 4, 2: 4}] == tables.count_rows("acts")
    commit(tables, 3)

    reopened = open_tables(tmp_path / "lake")
    assert reopened.has_batch("acts", "source")
    assert [{0: 4, 1: 4}, {0: 4, 1: 4, 2: 4, 3: 3}] == reopened.count_rows("acts", [2])
    assert 15 == len(DeltaTable(tmp_path / "lake" / "acts").to_pyarrow_table())


def test_checkpoint_has_what_the_entries_say(tmp_path):
    """It is written after every hundredth commit; both implementations go on from it, without the entries before."""
    tables = open_tables(tmp_path / "lake")
    kept = commit(tables, 0, transactions=[delta.Transaction("source", 5)])
    removed = commit(tables, 1)
    commit(tables, 2, remove=[removed])
    while tables.versions()["acts"] < CHECKPOINT_INTERVAL:
        with tables.write_batch() as batch:
            tables._commit("acts", (), batch=batch, remove=(), metadata={}, transactions=())
    log = tmp_path / "lake" / "acts" / delta.LOG_FOLDER
    pointer = json.loads((log / "_last_checkpoint").read_bytes())
    assert CHECKPOINT_INTERVAL == pointer["version"]
    assert len(duckdb.read_parquet(str(log / "*.checkpoint.parquet"))) == pointer["size"] == 5
    commit(tables, 3)
    for version in range(CHECKPOINT_INTERVAL):
        delta.log_entry(tmp_path / "lake" / "acts", version).unlink()

    reopened, other = open_tables_again(tmp_path / "lake"), DeltaTable(tmp_path / "lake" / "acts")

    assert kept in reopened.files("acts")
    assert [{0: 3, 2: 3, 3: 3}] == reopened.count_rows("acts")
    assert 5 == reopened._read_snapshot("acts").transactions["source"] == other.transaction_version("source")
    assert sorted(other.file_uris()) == reopened.files("acts")


def open_tables_again(root):
    """Open tables whose first log entries are gone."""
    return DeltaTables(root, COLUMNS, kind="lake", remedy=REMEDY)


def test_columns_are_added_to_older_tables(tmp_path):
    """Once, with the next commit; files without them stay."""
    commit(open_tables(tmp_path / "lake"), 1)
    tables = open_tables(tmp_path / "lake", MORE_COLUMNS)

    commit(tables, 2)
    commit(tables, 3)

    other = DeltaTable(tmp_path / "lake" / "acts")
    assert list(MORE_COLUMNS["acts"]) == [field.name for field in other.schema().fields]
    assert 9 == len(other.to_pyarrow_table())
    entries = [delta.log_entry(tmp_path / "lake" / "acts", version).read_text() for version in range(4)]
    assert [True, False, True, False] == ['"metaData"' in entry for entry in entries]


def test_two_open_tables_see_each_others_commits(tmp_path):
    """A remembered snapshot goes on with entries of others; after a backup was brought back, it is read anew."""
    tables, others = open_tables(tmp_path / "lake"), open_tables(tmp_path / "lake")
    commit(tables, 1)
    assert 1 == others.versions()["acts"]
    path = commit(others, 2)
    assert path in tables.files("acts")
    assert path not in tables.files("acts", version=1)

    delta.log_entry(tmp_path / "lake" / "acts", 2).unlink()

    assert path not in tables.files("acts")
    commit(others, 3)
    assert {1: 3, 3: 3} == tables.count_rows("acts")[0]


def test_failed_commit_leaves_nothing(tmp_path, monkeypatch):
    """If its log entry cannot be written, the files of the batch are removed."""
    tables = open_tables(tmp_path / "lake")
    commit(tables, 1)
    paths = set(tmp_path.rglob("*"))

    def fill_disk(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("renown.delta.log.create_durably", fill_disk)
        with pytest.raises(HomeError, match="No space left"):
            commit(tables, 1)

    assert paths == set(tmp_path.rglob("*"))
    assert {1: 3} == tables.count_rows("acts")[0]


def test_log_entry_is_never_replaced(tmp_path):
    """Two processes that write the same version: the second one fails."""
    entry = tmp_path / "0.json"
    create_durably(entry, b"first")

    with pytest.raises(FileExistsError):
        create_durably(entry, b"second")

    assert [entry] == list(tmp_path.iterdir())
    assert b"first" == entry.read_bytes()


def test_failed_checkpoint_leaves_the_commit(tmp_path, monkeypatch):
    """It is only needed to read faster."""
    tables = open_tables(tmp_path / "lake")
    monkeypatch.setattr("renown.delta.log.CHECKPOINT_INTERVAL", 2)
    commit(tables, 1)
    log = tmp_path / "lake" / "acts" / delta.LOG_FOLDER
    (log / f"{2:020}.checkpoint.parquet.new.json").mkdir()

    path = commit(tables, 2)

    assert path in open_tables(tmp_path / "lake").files("acts")
    assert not list(log.glob("*.checkpoint.parquet"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is damaged: it is empty"),
        ('{"add":{"path":"net', "is damaged"),
        ('{"add":{"size":3}}\n', "is damaged"),
        ('{"protocol":{"minReaderVersion":3,"minWriterVersion":7}}\n', "it needs version 3 of the protocol, not 1"),
    ],
    ids=["empty", "cut", "incomplete", "newer protocol"],
)
def test_damaged_entry_is_named(tmp_path, content, problem):
    """The error has its path, what is wrong and the remedy."""
    commit(open_tables(tmp_path / "lake"), 1)
    delta.log_entry(tmp_path / "lake" / "acts", 2).write_text(content)

    with pytest.raises(DamagedHomeError, match=problem) as error:
        open_tables(tmp_path / "lake").files("acts")

    assert REMEDY in str(error.value)


def test_damaged_checkpoint_is_named(tmp_path):
    """The log entries have all of it, so that it can be deleted."""
    tables = open_tables(tmp_path / "lake")
    path = commit(tables, 1)
    tables._logs["acts"].write_checkpoint()
    (checkpoint,) = (tmp_path / "lake" / "acts" / delta.LOG_FOLDER).glob("*.checkpoint.parquet")
    checkpoint.write_bytes(b"PAR1")

    with pytest.raises(DamagedHomeError, match=r"the checkpoint .* is damaged: .*; delete this file"):
        open_tables(tmp_path / "lake").files("acts")
    checkpoint.unlink()

    assert [path] == open_tables(tmp_path / "lake").files("acts")
