"""What type checkers and editors know about results of the Python API; mypy checks this file, and a test runs it."""

from pathlib import Path
from typing import assert_type

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

import renown
from renown.frames import HomeFrames, Table


def check_types(path: Path, person: str, group: str) -> None:
    """Call each way to choose a format: mypy checks `assert_type`, and `isinstance` is checked when it runs."""
    with assert_type(renown.open(path), HomeFrames) as home:
        assert isinstance(assert_type(home.scores(), Table), Table)
        assert isinstance(assert_type(home.scores(as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.scores(as_="pandas"), pd.DataFrame), pd.DataFrame)
        assert isinstance(assert_type(home.scores(as_="arrow"), pa.Table), pa.Table)
        assert isinstance(assert_type(home.scores(as_="duckdb"), duckdb.DuckDBPyRelation), duckdb.DuckDBPyRelation)
        assert isinstance(assert_type(home.table("people", as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.receipt(person, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.changes(person, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.history(person, days=7, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.influencers(person, as_="pandas"), pd.DataFrame), pd.DataFrame)
        assert isinstance(assert_type(home.influencees(person, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.topics(person, as_="arrow"), pa.Table), pa.Table)
        assert isinstance(assert_type(home.goal(person, 90, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.what_if(person, "all=x2", as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.standings(group, as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.sql("select 1", as_="polars"), pl.DataFrame), pl.DataFrame)
        assert isinstance(assert_type(home.scores().to("polars"), pl.DataFrame), pl.DataFrame)
