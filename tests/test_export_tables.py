"""Exports of tables: documented columns, three formats and folders, complete or not at all, without opt-outs."""

import ast
import csv
import io
import json
import re
import textwrap
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from pyarrow import dataset
from typer.testing import CliRunner

import community
from conftest import DAY, NOW, copy_home
from renown import cli, exports, privacy, scoring
from renown.errors import DepartureError, RenownError
from renown.home import open_home
from renown.progress import NullProgress
from renown.scoring.seeds import create_verified_accounts
from test_engines import require_spark
from test_ledger import claim_seeds, score

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "exports.md"
TABLES = tuple(exports.EXPORT_COLUMNS)
DAYS = [DAY - timedelta(days=ago) for ago in (8, 7, 1, 0)]
"""Days that the community published."""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return the home of a small community, which no test changes."""
    return community.create_community(tmp_path_factory.mktemp("export") / "home")


def run(home, *arguments, code=0):
    """Run `renown export` on a home; return its output, or the error's text."""
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "export", *map(str, arguments)])
    assert code == result.exit_code, result.output
    if result.exception:
        assert isinstance(result.exception, RenownError)
    return str(result.exception) if code else result.stdout


def read(file):
    """Return the rows of an exported file as DuckDB reads them, and its columns with their types."""
    with duckdb.connect() as connection:
        source = f"read_parquet('{file}', hive_partitioning = false)" if file.suffix == ".parquet" else f"'{file}'"
        relation = connection.sql(f"from {source}")
        return relation.fetchall(), dict(zip(relation.columns, map(str, relation.types), strict=True))


@pytest.mark.parametrize("table", TABLES)
def test_files_have_the_documented_columns(published, tmp_path, table):
    """Parquet has exactly the documented columns and types, and the other formats the same columns and values."""
    for suffix in exports.FILE_FORMATS:
        assert "rows written to" in run(published, table, tmp_path / f"{table}.{suffix}")
    rows, types = read(tmp_path / f"{table}.parquet")
    with (tmp_path / f"{table}.csv").open(newline="") as file:
        csv_rows = list(csv.DictReader(file))
    json_rows = [json.loads(line) for line in (tmp_path / f"{table}.jsonl").open()]

    assert {column.name: column.sql_type for column in exports.EXPORT_COLUMNS[table]} == types
    assert rows
    assert len(rows) == len(csv_rows) == len(json_rows)
    for values, csv_row, json_row in zip(rows, csv_rows, json_rows, strict=True):
        assert list(types) == list(csv_row) == list(json_row)
        for value, name in zip(values, types, strict=True):
            expected = value if isinstance(value, list | bool | float | int | None) else json_row[name]
            assert json_row[name] == pytest.approx(expected, abs=1e-12) or isinstance(value, date)
            text = json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(json_row[name])
            assert csv_row[name] in {text, text.lower(), "" if value is None else text}


def test_scores_name_people_in_real_numbers(published, tmp_path):
    """Ranks are those of the site; ann has her handles, ids, flags and range, and nothing is in millionths."""
    run(published, "scores", tmp_path / "scores.parquet")
    rows = {row["name"]: row for row in pl.read_parquet(tmp_path / "scores.parquet").to_dicts()}
    ann, served = rows["ann"], published.served_scores.by_name("ann")

    assert (DAY, served.rank, served.score, served.people) == tuple(
        ann[n] for n in ("day", "rank", "score", "people_reached")
    )
    assert served.percentile == pytest.approx(ann["percentile"])
    assert served.strength / 1e9 == pytest.approx(ann["strength"])
    assert ["bluesky:ann.sky.example", "x:Ann"] == ann["handles"]
    assert ["bluesky:did:plc:ann", "x:101"] == ann["account_ids"]
    assert (True, False) == (ann["claimed"], ann["verified"])
    assert ann["range_low"] <= ann["score"] <= ann["range_high"]
    dan = rows["x:103"]
    assert (["x:dan"], ["x:103"], False, None) == tuple(
        dan[n] for n in ("handles", "account_ids", "claimed", "range_low")
    )


def test_points_add_up_to_scores_and_ledger_entries_to_nothing_hidden(published, tmp_path):
    """Of everybody, also of accounts that nobody claimed; the ledger names actors and targets."""
    for table in ("scores", "points", "ledger"):
        run(published, table, tmp_path / f"{table}.parquet")
    scores, points = (pl.read_parquet(tmp_path / f"{table}.parquet") for table in ("scores", "points"))
    sums = dict(points.group_by("name").agg(pl.col("points").sum() + 1).iter_rows())
    ledger = pl.read_parquet(tmp_path / "ledger.parquet").to_dicts()

    assert {row["name"]: pytest.approx(row["score"], abs=1e-9) for row in scores.to_dicts()} == sums
    reply = next(row for row in ledger if row["actor_id"] == "102")
    assert ("x", "101", "Ann", "bob_b", 1) == tuple(
        reply[name] for name in ("network", "target_id", "target_handle", "actor_handle", "acts")
    )
    assert 0 < reply["worth"] < 10


@pytest.mark.parametrize("table", ["scores", "points", "ledger"])
def test_folder_of_days_is_a_source(published, tmp_path, table):
    """DuckDB, Polars and Arrow read the folder as one table with its days; another day replaces only its own file."""
    folder = tmp_path / "lake"
    run(published, table, "--from", DAYS[0], "--to", DAYS[-2], f"{folder}/")
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")}
    run(published, table, "--day", DAY, folder)

    assert before == {file: file.stat().st_mtime_ns for file in before}
    assert {f"day={DAY}/part-0.parquet"} == {str(f.relative_to(folder)) for f in folder.rglob("*.*")} - {
        str(file.relative_to(folder)) for file in before
    } - {folder.name}
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select day, count(*) from read_parquet('{folder}/*/*.parquet') group by day"
        ).fetchall()
    polars_days = pl.scan_parquet(folder, hive_partitioning=True).group_by("day").len().collect()
    arrow_days = dataset.dataset(folder, partitioning="hive").to_table().group_by("day").aggregate([([], "count_all")])
    assert set(rows) == set(polars_days.iter_rows())
    assert {(str(day), count) for day, count in rows} == {
        (str(row["day"]), row["count_all"]) for row in arrow_days.to_pylist()
    }
    assert {DAY} < {day for day, _ in rows}
    names = [column.name for column in exports.EXPORT_COLUMNS[table] if column.name != "day"]
    assert names == list(read(folder / f"day={DAY}" / "part-0.parquet")[1])


def test_documented_sources_read_the_folder(published, tmp_path, monkeypatch):
    """The examples of DuckDB, Polars and dbt on the page of exports run as they stand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "warehouse").mkdir()
    run(published, "scores", "--from", DAYS[0], "warehouse/scores/")
    blocks = dict(re.findall(r'=== "(\w+).*?```\w+\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL))
    location = re.search(r'external_location: "(.*)"', blocks["dbt"])[1].format(name="scores")
    *statements, expression = ast.parse(textwrap.dedent(blocks["Polars"])).body
    names = {}
    exec(compile(ast.Module(statements, []), "polars", "exec"), names)  # noqa: S102 - our own page
    frame = eval(compile(ast.Expression(expression.value), "polars", "eval"), names)  # noqa: S307 - as above

    with duckdb.connect() as connection:
        by_duckdb = connection.execute(blocks["DuckDB"]).fetchall()
        by_dbt = connection.execute(f"select day, count(*) from {location} group by day").fetchall()
    assert {*DAYS} == {day for day, _ in by_duckdb} == {day for day, _ in by_dbt} == set(frame["day"])


@pytest.mark.proof
def test_spark_reads_the_folder(published, tmp_path, monkeypatch):
    """The example on the page of exports runs: days are dates, flags are conditions."""
    require_spark()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy and optional

    monkeypatch.chdir(tmp_path)
    (tmp_path / "warehouse").mkdir()
    run(published, "scores", "--from", DAYS[0], "warehouse/scores/")
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        # Absolute: the virtual machine may have been started by another test, in another folder.
        scores = spark.read.parquet(str(tmp_path / "warehouse" / "scores"))
        rows = scores.where("claimed").groupBy("day").avg("score").collect()
    finally:
        spark.stop()
    assert {*DAYS} == {row["day"] for row in rows}


def test_several_days_are_one_file_in_their_order(published, tmp_path):
    """Oldest day first, and within it by rank."""
    for suffix in exports.FILE_FORMATS:
        file = tmp_path / f"scores.{suffix}"
        run(published, "scores", "--from", DAYS[1], file)
        with duckdb.connect() as connection:
            rows = connection.execute(f"select cast(day as date), rank from '{file}'").fetchall()
        assert rows == sorted(rows)
        assert DAYS[1:] == sorted({day for day, _ in rows})


def test_history_has_recomputed_days_of_claimed_people(published, tmp_path):
    """All days without a choice, else those between first and last."""
    run(published, "history", tmp_path / "all.jsonl")
    run(published, "history", "--from", DAY, tmp_path / "last.jsonl")
    rows, last_rows = ([json.loads(line) for line in (tmp_path / name).open()] for name in ("all.jsonl", "last.jsonl"))

    assert {"ann", "bob", "cat"} == {row["name"] for row in rows} == {row["name"] for row in last_rows}
    assert {str(DAY)} == {row["day"] for row in last_rows}
    assert len(rows) > len(last_rows)


def test_file_may_be_named_as_in_earlier_versions(published, tmp_path):
    """`--to FILE` writes the same file as `FILE`, the latest day, and says how to write it now."""
    run(published, "scores", tmp_path / "new.csv")

    arguments = ["--home", str(published.settings.home), "export", "scores", "--to", str(tmp_path / "old.csv")]
    result = CliRunner().invoke(cli.app, arguments)

    assert (0, "") == (result.exit_code, result.output[: result.output.find("--to names the last day now")])
    assert (tmp_path / "new.csv").read_bytes() == (tmp_path / "old.csv").read_bytes()


def test_standard_output_has_nothing_but_rows(published):
    """CSV by default, or another format; messages go elsewhere."""
    rows = list(csv.DictReader(io.StringIO(run(published, "people", "-"))))
    lines = run(published, "people", "-", "--format", "jsonl").splitlines()

    assert ["ann", "ann", "bob", "cat"] == [row["name"] for row in rows] == [json.loads(line)["name"] for line in lines]


def test_ledger_of_a_quiet_day_has_no_rows(home, take):
    """A command that exports each day after its run does not fail when nobody acted."""
    take("actor,target,at,verb,post,id", *(f"u{n},u{n % 3},{DAYS[0]},like,p,i{n}" for n in range(4, 12)))
    assert score(home, DAY).day == DAY

    header, *rows = run(home, "ledger", "-").splitlines()

    assert [] == rows
    assert header.split(",") == [column.name for column in exports.EXPORT_COLUMNS["ledger"]]


def test_people_have_the_seed_groups_of_scoring(home):
    """Credit starts at the same accounts, in the same groups; at none of those who proved nothing or were removed."""
    claim_seeds(home, [f"u{number}" for number in range(9)])
    home.people.add("unproven", [("x", "u9")], at=NOW)
    home.people.trust.remove_seed(home.people.by_account("x", "u3").key, reason="sold acts", at=NOW)
    with home.reader() as engine:
        create_verified_accounts(engine, home.lake, home.people, home.method, versions=home.lake.versions())
        seeds = engine.query("select account_id, seed_group from verified_accounts where not removed")

    rows = csv.DictReader(io.StringIO(run(home, "people", "-")))
    groups = {row["account_id"]: row["seed_group"] for row in rows}

    assert {"u3": "", "u9": ""} | {account: str(group) for account, group in seeds} == groups
    assert len(set(groups.values()) - {""}) > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["karma", "k.csv"], "export one of scores, points, history, ledger, people"),
        (["scores", "scores.xlsx"], r"ends in \.csv, \.parquet, \.jsonl"),
        (["scores", "nowhere/scores.csv"], "create it first"),
        (["scores", "--to", "scores.csv", "x.csv"], "and the file is 'x.csv'; leave out one"),
        (["scores"], "no file is named; write: renown export scores FILE.csv"),
        (["scores", "s.csv", "--day", "2024-02-01", "--from", "2024-01-01"], "together with --from or --to"),
        (["scores", "s.csv", "--from", "2024-02-02", "--to", "2024-02-01"], "write the earlier day first"),
        (["scores", "s.csv", "--from", "1999-01-01", "--to", "1999-02-01"], "4 days are, from 2024-01-24"),
        (["scores", "s.csv", "--format", "csv"], "leave it out"),
        (["scores", "-", "--format", "xml"], "write one of csv, parquet, jsonl"),
        (["people", "p.csv", "--day", "2024-02-01"], "leave out days"),
        (["people", "folder/"], r"name a file, as people\.parquet"),
        (["history", "h.csv", "--method", "3"], "each day's default method"),
        (["ledger", "l.csv", "--method", "2.1"], "has no ledger"),
        (["ledger", "l.csv", "--from", "1999-01-01", "--to", "1999-02-01"], "the ledger has [0-9]+ days"),
    ],
)
def test_what_cannot_be_exported_is_explained(published, tmp_path, monkeypatch, arguments, message):
    """Nothing is written then."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(run(published, *arguments, code=1))
    assert not list(tmp_path.iterdir())


def export_all(home, folder):
    """Export every table, and scores in every format and to a folder of days; return the files."""
    for name in ("scores.csv", "scores.jsonl", "points.parquet", "history.csv", "people.jsonl"):
        run(home, name.partition(".")[0], folder / name)
    run(home, "ledger", folder / "ledger.csv", "--from", DAYS[0])
    run(home, "scores", f"{folder}/days/", "--from", DAYS[-2])
    return [file for file in folder.rglob("*.*") if file.is_file()]


def mentions(file, word):
    """Tell whether a word is in a file."""
    return word in (str(read(file)[0]) if file.suffix == ".parquet" else file.read_text())


def test_people_who_opt_out_are_erased_from_exports(published, tmp_path):
    """From every file, whether they claimed the account or not; the others stay, and a new export is the same."""
    copy_home(published.settings.home, tmp_path / "home")
    (tmp_path / "out").mkdir()
    home = open_home(tmp_path / "home", {})
    files = export_all(home, tmp_path / "out")
    (tmp_path / "out" / ".scores.csv.1.partial").write_text("ann")
    assert {file.stem for file in files if mentions(file, "ann")} >= {*TABLES, "part-0"}
    assert {file.stem for file in files if mentions(file, "103")} == {"scores", "points", "ledger", "part-0"}

    for name in ("ann", "x:dan"):
        with home.reader() as engine:
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            privacy.opt_out_people(engine, home.personal_data, [subject], now=NOW)

    words = ("ann", "Ann", "101", "103", "x:dan")
    assert not [(file.name, word) for file in files for word in words if mentions(file, word)]
    assert not list((tmp_path / "out").glob(".*"))
    assert [] == home.days.exports.find_missing()
    assert all(mentions(file, "bob") for file in files if file.stem != "ledger")
    assert "101" not in run(home, "ledger", "-", "--from", DAYS[0])


def test_file_is_complete_or_absent(published, tmp_path, monkeypatch):
    """Whoever opts out meanwhile is in no file, and an error leaves the old file."""
    file = tmp_path / "scores.csv"
    file.write_text("old")
    counts = iter([1, 2])
    monkeypatch.setattr(type(published.days), "count_departures", lambda _: next(counts))
    sources, wanted = published.export_sources, exports.TableExport("scores")
    with pytest.raises(DepartureError, match="repeat the command"):
        exports.export_to_files(
            sources,
            wanted,
            exports.parse_destination(str(file)),
            progress=NullProgress(),
        )
    assert ("old", [file]) == (file.read_text(), list(tmp_path.iterdir()))
