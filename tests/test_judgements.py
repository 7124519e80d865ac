"""Judgements of who is more influential: stored, exported for learning, and erased."""

import csv
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

import community
from conftest import NOW
from proofs import only_in_full
from renown import cli
from renown.errors import InvalidInputError
from renown.method import load_method
from renown.research import judgements
from renown.store import JudgementStore, PublishedPoints, PublishedTables, open_database


@pytest.fixture
def judgement_store(store):
    """Return an empty store of judgements on each database."""
    return JudgementStore(open_database(store))


def test_later_judgement_replaces_the_judges_earlier_one(judgement_store):
    """A judge has one judgement of two people; those of other judges stay."""
    judgement_store.add(-1, 2**62, judge="tim", at=NOW)
    judgement_store.add(2**62, -1, judge="tim", at=NOW)
    judgement_store.add(-1, 2**62, judge="", at=NOW)

    assert [(2**62, -1, "tim"), (-1, 2**62, "")] == [
        (row.winner, row.loser, row.judge) for row in judgement_store.all()
    ]


def test_invalid_judgements_are_refused(judgement_store):
    """A judgement names two different people, and its judge has a printable name."""
    with pytest.raises(InvalidInputError, match="name two people"):
        judgement_store.add(-1, -1, judge="", at=NOW)
    with pytest.raises(InvalidInputError, match="printable"):
        judgement_store.add(-1, -2, judge="a\nb", at=NOW)


def test_erasure_deletes_judgements_of_and_by_a_person(judgement_store):
    """It deletes those of the person on either side, and those that the person made of others."""
    for winner, loser, judge in ((-1, -2, "x"), (-3, -1, "x"), (-2, -3, "ann"), (-2, -3, "x")):
        judgement_store.add(winner, loser, judge=judge, at=NOW)

    assert 3 == judgement_store.erase([-1], judge="ann")
    assert [(-2, -3)] == [(row.winner, row.loser) for row in judgement_store.all()]


def test_unknown_followers_are_empty_in_the_file():
    """Without a profile, followers and lists are unknown; without reactions, their number is 0."""
    signals = load_method(Path("3")).signals
    points = [
        PublishedPoints(
            network="x",
            account=1,
            signal="amplification",
            received=2_000_000,
            value=1.0,
            weight=1,
            points=1.0,
            self_reported=0,
        )
    ]

    received = judgements._received_by_signal(points, signals)

    assert {"audience": None, "curation": None, "amplification": 2.0, "conversation": 0.0, "approval": 0.0} == dict(
        zip((signal.name for signal in signals), received, strict=True)
    )


@pytest.mark.proof
@only_in_full
def test_exported_judgements_can_be_read_for_learning(tmp_path):
    """The reader of judgements gets the same points from the file and its mapping."""
    home = community.create_community(tmp_path / "home", days=(0,))
    for arguments in (("ann", "bob"), ("cat", "x:103", "--by", "tim")):
        result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "judge", *arguments])
        assert (0, None) == (result.exit_code, result.exception)
    out = tmp_path / "own.csv"
    result = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "judgements", "--to", str(out)])

    assert "2 judgements are in" in result.output
    assert "learning needs at least 30 of 10 people" in result.output
    read = judgements.read_judgements(out, judgements.read_mapping(out.with_suffix(".toml")))
    with PublishedTables(home.days.find()) as published:
        points = published.read_points(-1)
    assert (0, [True, True]) == (result.exit_code, list(read.first_won))
    assert ("audience", "curation", "amplification", "conversation", "approval") == read.signals
    for index, signal in enumerate(read.signals):
        rows = [row.received for row in points if row.signal == signal]
        expected = sum(rows) / 1e6 if rows or signal not in {"audience", "curation"} else math.nan
        assert expected == pytest.approx(read.received[read.first[0], index], nan_ok=True)
    assert 3 == len(list(csv.reader(out.open())))


def test_files_of_judgements_replace_nothing(tmp_path):
    """Neither a file that is there, nor each other."""
    mapping = tmp_path / "own.toml"
    mapping.write_text("mine", encoding="utf-8")
    home = community.create_community(tmp_path / "home", days=(0,))
    for to, message in (
        ("own.csv", f"{str(mapping)!r} exists already"),
        ("pairs.toml", "write the name of a CSV file"),
    ):
        options = ["--home", str(home.settings.home), "judgements", "--to", str(tmp_path / to)]
        assert message in str(CliRunner().invoke(cli.app, options).exception)
    assert ({"home", "own.toml"}, "mine") == ({path.name for path in tmp_path.iterdir()}, mapping.read_text())
