"""A stranger recomputes scores: the method written once more, for pandas, gives what the steps give."""

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from renown import cli
from renown.records import day_of

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_pandas_gives_the_scores_that_were_published(home, publish, tmp_path, monkeypatch):
    """Nobody is missing on either side, every score is the same but for the billionths that strength is kept in."""
    pytest.importorskip("pandas", reason="pandas is not installed: pip install 'renown[spark]'")
    monkeypatch.syspath_prepend(BENCHMARKS)
    from against import by_pandas, differences, published  # noqa: PLC0415 - beside the tests
    from generate import END_DAY_NO, generate  # noqa: PLC0415

    given, recomputed = tmp_path / "given.parquet", tmp_path / "pandas.parquet"
    generate(given, rows=20_000, accounts=2_000)
    words = ["--home", str(home.settings.home), "import", "interactions", str(given), "--network", "x"]
    assert 0 == CliRunner().invoke(cli.app, words).exit_code
    publish(day_of(END_DAY_NO))
    by_pandas(given, recomputed)

    scored, missing, worst = differences(published(home.settings.home), f"from '{recomputed}'")

    assert 0 == missing
    assert worst < 1e-7
    assert 1_000 < scored == duckdb.execute(f"select count(*) from '{recomputed}'").fetchone()[0]
