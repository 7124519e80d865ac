"""Points of unclaimed accounts: computed again when somebody asks, they are what the steps give for everybody."""

import random
import sys
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from conftest import DAY, SETTINGS_2, copy_home, new_home, taker
from proofs import only_in_full
from renown import answers, cli, privacy, scoring
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.scoring.inputs import load_inputs
from renown.scoring.points import load_points
from renown.steps import Step
from renown.store import PublishedTables
from test_ledger import HEADER, claim_seeds, random_act, read_rows, score


@pytest.fixture
def home(tmp_path):
    """Return a home with claimed people, unclaimed accounts, counts and archives."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    draw = random.Random(17)
    take(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(20)), n) for n in range(600)))
    take("account,at,followers,lists", *(f"u{n},{DAY},{10**n},{n}" for n in range(7)), table="profiles")
    take("account,at,verb,post,count", f"u1,{DAY},like,p1,40", f"u9,{DAY},repost,p2,7", table="tallies")
    claim_seeds(home, ["u2", "u3", "u5", "u6", "u8"])
    home.people.add("ada", [("x", "u11"), ("x", "u12")], at=datetime(2020, 1, 1, tzinfo=UTC))
    return home


def publish_all_points(home, tmp_path, monkeypatch):
    """Publish the day in a copy of the home with everybody's points, and return their rows."""
    copy_home(home.settings.home, tmp_path / "all")

    def load_inputs_of_all(engine, *arguments):
        load_inputs(engine, *arguments)
        columns = {"account": "bigint"}
        engine.run(Step(name="receipt_accounts", sql="select account from accounts", columns=columns))

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["renown.scoring.score"], "load_inputs", load_inputs_of_all)
        return read_rows(score(open_home(tmp_path / "all", {}), DAY), "points")


@pytest.mark.proof
@only_in_full
def test_points_computed_again_are_those_of_the_steps(home, tmp_path, monkeypatch):
    """Of claimed people as published, of everybody else as the steps give them for all accounts at once."""
    expected = publish_all_points(home, tmp_path, monkeypatch)
    published_day = score(home, DAY)

    published_rows = read_rows(published_day, "points")
    assert {row[0] for row in published_rows} == {row[0] for row in expected if int(row[0]) < 0}
    with DuckDB() as engine, PublishedTables(published_day) as published:
        keys = [int(key) for key in published.read_score_arrays()[0]]
        points = load_points(engine, home.lake, published, keys)
    rows = [
        (key, row.account, row.signal, row.received, row.value, row.weight, row.points, row.self_reported)
        for key, key_rows in points.items()
        for row in key_rows
    ]
    expected_by_row = {(int(row[0]), int(row[1]), row[2]): tuple(map(float, row[3:])) for row in expected}
    assert {row[:3] for row in rows} == expected_by_row.keys()
    assert sum(row[0] >= 0 for row in rows) > 20
    for row in rows:
        assert row[3:] == pytest.approx(expected_by_row[row[:3]], abs=1e-9)


def test_receipt_of_an_unclaimed_account_adds_up(home):
    """Receipt, explanation and their lines sum to the score, also after somebody who reacted was erased."""
    published_day = score(home, DAY)
    for other_name in ("x:u0", "x:u4"):
        with home.reader() as engine, PublishedTables(published_day) as published:
            subject = scoring.resolve_subject("x:u1", engine, home.lake, home.people)
            receipt = answers.compute_receipt(subject, published, engine, home.lake)
            explanation = answers.explain(subject, published, engine, home.lake, top=99)
        assert receipt == explanation.receipt
        assert len(receipt.points) >= 3
        assert 1 + sum(row.points for row in receipt.points) == pytest.approx(receipt.score, abs=1e-9)
        for signal in explanation.signals:
            assert sum(line.points for line in signal.actors) == pytest.approx(signal.subject.points, abs=1e-9)
        with home.reader() as engine:
            other = scoring.resolve_subject(other_name, engine, home.lake, home.people)
            privacy.erase_people(engine, home.personal_data, [other])


def test_exported_points_are_everybodys(home, tmp_path):
    """The export of a day has the points of unclaimed accounts, too, and they add up to each score."""
    published_day = score(home, DAY)
    files = [tmp_path / f"{table}.csv" for table in ("scores", "points")]
    for file in files:
        arguments = ["--home", str(home.settings.home), "export", file.stem, str(file), "--method", "3"]
        result = CliRunner().invoke(cli.app, arguments)
        assert (0, None) == (result.exit_code, result.exception)

    with DuckDB() as engine:
        rows = engine.query(f"""
            select s.score - 1 - p.points from '{files[0]}' s
            join (select name, sum(points) as points from '{files[1]}' group by name) p on p.name = s.name""")
    assert len(rows) == published_day.people
    assert max(abs(difference) for (difference,) in rows) < 1e-9
    assert not list(home.settings.home.glob("tmp*"))


def test_comparison_of_methods_has_points_of_unclaimed_accounts(tmp_path):
    """Without claimed people, the largest moves are those of accounts; both sides of each add up to its scores."""
    home = open_home(new_home(tmp_path / "home"), SETTINGS_2)
    draw = random.Random(19)
    taker(home, tmp_path)(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(20)), n) for n in range(300)))
    with home.engine() as engine:
        now = datetime(DAY.year, DAY.month, DAY.day, 23, tzinfo=UTC)
        scoring.score(engine, home.lake, home.days, home.people, home.method, day=DAY, now=now)
    by_default, by_ledger = home.days.find(DAY), score(home, DAY)
    assert astuple(by_default) != astuple(by_ledger)

    with PublishedTables(by_default) as before, PublishedTables(by_ledger) as after, home.reader() as engine:
        comparison = answers.compare_methods(before, after, engine, home.lake)

    moves = (*comparison.rises, *comparison.falls)
    assert moves
    for move in moves:
        assert 1 + sum(change.before for change in move.signals) == pytest.approx(move.before, abs=1e-9)
        assert 1 + sum(change.after for change in move.signals) == pytest.approx(move.after, abs=1e-9)
