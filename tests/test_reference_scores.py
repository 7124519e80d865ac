"""Independent verification: the method written a second time, in pandas, gives the published scores."""

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from renown import cli
from renown.records import day_from_number

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_pandas_computes_the_published_scores(home, publish, tmp_path, monkeypatch):
    """No account is missing in either, and scores differ only by the rounding of strengths to billionths."""
    pytest.importorskip("pandas", reason="pandas is not installed: pip install 'renown[spark]'")
    monkeypatch.syspath_prepend(BENCHMARKS)
    from against import compare_results, published_sql, score_with_pandas  # noqa: PLC0415 - not on the usual path
    from generate import END_DAY_NO, generate  # noqa: PLC0415

    source, recomputed = tmp_path / "source.parquet", tmp_path / "pandas.parquet"
    generate(source, rows=20_000, accounts=2_000)
    words = ["--home", str(home.settings.home), "import", "interactions", str(source), "--network", "x"]
    assert 0 == CliRunner().invoke(cli.app, words).exit_code
    publish(day_from_number(END_DAY_NO))
    score_with_pandas(source, recomputed)

    common, missing, max_difference = compare_results(published_sql(home.settings.home), f"from '{recomputed}'")

    assert 0 == missing
    assert max_difference < 1e-7
    assert 1_000 < common == duckdb.execute(f"select count(*) from '{recomputed}'").fetchone()[0]
