"""What people say of each other is kept, learned from and forgotten."""

import csv

import pytest
from typer.testing import CliRunner

import community
from conftest import NOW
from renown import cli
from renown.connectors import judgements
from renown.errors import BadInput
from renown.store import Judgements, Published, open_database


@pytest.fixture
def said(store):
    """Return the judgements of each database."""
    return Judgements(open_database(store))


def test_a_later_word_of_the_same_judge_replaces_the_former(said):
    """One judge says one thing of two people, others say theirs."""
    said.add(-1, 2**62, judge="tim", at=NOW)
    said.add(2**62, -1, judge="tim", at=NOW)
    said.add(-1, 2**62, judge="", at=NOW)

    assert [(2**62, -1, "tim"), (-1, 2**62, "")] == [(one.winner, one.loser, one.judge) for one in said.all()]


def test_nobody_is_judged_against_themself(said):
    """Nor by a name that cannot be one."""
    with pytest.raises(BadInput, match="name two people"):
        said.add(-1, -1, judge="", at=NOW)
    with pytest.raises(BadInput, match="printable"):
        said.add(-1, -2, judge="a\nb", at=NOW)


def test_judgements_go_with_whom_they_are_of_and_by(said):
    """Of either side, and what they said of others."""
    for winner, loser, judge in ((-1, -2, "x"), (-3, -1, "x"), (-2, -3, "ann"), (-2, -3, "x")):
        said.add(winner, loser, judge=judge, at=NOW)

    assert 3 == said.forget([-1], judge="ann")
    assert [(-2, -3)] == [(one.winner, one.loser) for one in said.all()]


def test_what_is_written_can_be_learned_from(tmp_path):
    """The file and its mapping are read by the reader of judgements, figure for figure."""
    home = community.settled(tmp_path / "home", days=(0,))
    for words in (("ann", "bob"), ("cat", "x:103", "--by", "tim")):
        done = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "judge", *words])
        assert (0, None) == (done.exit_code, done.exception)
    out = tmp_path / "own.csv"
    done = CliRunner().invoke(cli.app, ["--home", str(home.settings.home), "judgements", "--to", str(out)])

    read = judgements.read(out, judgements.read_mapping(out.with_suffix(".toml")))
    with Published(home.days.find()) as published:
        points = published.points(-1)
    assert (0, [True, True]) == (done.exit_code, list(read.won))
    assert ("audience", "curation", "amplification", "conversation", "approval") == read.signals
    for place, signal in enumerate(read.signals):
        received = sum(row.received for row in points if row.signal == signal) / 1e6
        assert received == pytest.approx(read.received[read.first[0], place])
    assert 3 == len(list(csv.reader(out.open())))
