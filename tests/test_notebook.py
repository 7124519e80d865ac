"""The notebooks of the documentation run from the first cell to the last, on generated data, files and homes."""

import random
import runpy
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

import community
import renown
from conftest import DAY
from proofs import only_in_full
from renown.records import LOOKED_UP_ACTORS, WHOLE_NETWORK

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
PEOPLE = 16
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Return a function that runs the notebook as a script, without a window, and returns its variables."""
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed: pip install 'renown[learn]'").use("agg")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run_cells(higgs: str = ""):
        monkeypatch.setenv("HIGGS", higgs)
        return runpy.run_path(str(NOTEBOOKS / "influence.py"))

    return run_cells


@pytest.mark.proof
@only_in_full
def test_notebook_runs_on_generated_data(run):
    """The map has people and arrows, and the default method tells who is reposted later."""
    names = run()

    assert 30 < names["graph"].number_of_nodes() < names["graph"].number_of_edges() * 2
    assert {*names["top"]} <= {*names["graph"]}
    assert len(names["later"]) > 50


@pytest.mark.proof
def test_notebook_runs_on_a_file_of_the_higgs_acts(run, tmp_path):
    """In the format of the download with a header and commas."""
    start = datetime(2012, 7, 1, tzinfo=UTC)
    rows = [
        f"{number % 40},{number % 7 + 100},{int((start + timedelta(hours=number / 4)).timestamp())},{word}"
        for number, word in zip(range(900), ["RT", "MT", "RE"] * 300, strict=True)
    ]
    (tmp_path / "higgs.csv").write_text("\n".join(["actor,target,at,verb", *rows]) + "\n")

    names = run(str(tmp_path / "higgs.csv"))

    assert {f"{number}" for number in range(100, 107)} <= set(names["graph"])
    assert 7 == len(names["later"])


@pytest.fixture
def recompute(monkeypatch, tmp_path):
    """Return a function that computes a home's scores again by the formulas, and returns the notebook's variables."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def run_cells(home=""):
        monkeypatch.setenv("HOME_TO_CHECK", str(home))
        return runpy.run_path(str(NOTEBOOKS / "recompute.py"))

    return run_cells


def test_formulas_give_the_published_scores(recompute, tmp_path):
    """Of a community with counts, claims and several networks; so do the entries that are in the ledger."""
    names = recompute(community.create_community(tmp_path / "home").settings.home)

    assert len(names["differences"]) > 5
    assert len(names["entries"]) > 20
    assert max(names["differences"].values()) < 1e-9
    assert [] == names["different_entries"]


def test_confidence_ranges_are_those_of_the_page(recompute, home, take):
    """Of people on two networks, of whom all is known; whoever gave most gave likes, on one of them."""
    draw = random.Random(4)
    for network in ("x", "mastodon"):
        verbs = ["like", "like", "reply", "repost"] if network == "x" else ["like"]
        acts = [
            f"{network[0]}{draw.randrange(40)},t{draw.randrange(5)},{DAY - timedelta(days=draw.randrange(50))},"
            f"{draw.choice(verbs)},p,{n}"
            for n in range(400)
        ]
        take("actor,target,at,verb,post,id", *acts, network=network)
        figures = [f"t{n},{DAY},{10 ** (n + 1)},{n}" for n in range(5)]
        take("account,at,followers,lists", *figures, table="profiles", network=network)
    home.people.add("ada", [("x", "t1"), ("mastodon", "t2")], at=NOON)
    home.people.add("bob", [("mastodon", "t3")], at=NOON)
    with renown.open(home.settings.home) as opened:
        opened.score(DAY)

    differences = recompute(home.settings.home)["range_differences"]

    assert {"ada", "bob"} == differences.keys()
    assert max(differences.values()) < 1e-8


@pytest.mark.parametrize(
    "reads", [WHOLE_NETWORK, *(pytest.param(reads, marks=pytest.mark.proof) for reads in (LOOKED_UP_ACTORS, None))]
)
def test_formulas_have_every_rule(recompute, home, take, publish, reads):
    """Figures by owners, counts, unverified and undone acts, absent actors, and looks at those who act, on nights."""
    import_odd_rows(home, take, reads)
    for night in (-3, -2, -1, 0):
        publish(DAY + timedelta(days=night))
    names = recompute(home.settings.home)

    assert max(names["differences"].values()) < 1e-9
    assert len(names["differences"]) > PEOPLE // 2
    assert [] == names["different_entries"]
    assert set() == names["different_flows"]
    assert names["fixed_flows"]
    assert {0, 1} == {row["known"] for row in names["entries"]}
    assert names["absent"]
    assert names["undone"]
    assert {True, False} == {names["is_observed"][account] for account in names["profile_of"]}
    trusts = {row["trust"] for rows in names["standings"].values() for row in rows}
    assert len(trusts) > 2


def import_odd_rows(home, take, reads):
    """Import acts of many days between few accounts, with rows of every kind; half of the accounts are verified."""
    draw = random.Random(3)
    for number in range(PEOPLE // 2):
        person = home.people.add(f"person {number}", [("x", f"u{number}")], at=NOON)
        home.claims.assign_account(person.key, "x", f"u{number}", "link", at=NOON)
    home.people.add("person 0", [("x", f"u{PEOPLE - 1}")], at=NOON)
    acts = []
    for number in range(900):
        actor, target = draw.sample(range(PEOPLE), 2) if number % 9 else (1, draw.randrange(2, PEOPLE))
        at = datetime.combine(DAY, time(draw.randrange(24)), UTC) - timedelta(days=draw.randrange(70))
        verb, unverified = draw.choice(["like", "like", "reply", "repost"]), draw.random() < 0.05
        acts.append(f"u{actor},u{target},{at:%Y-%m-%dT%H:%M:%SZ},{verb},p{number % 5},{number},{unverified}")
    # All others act on each other, and credit does not flow between friends.
    acts += [f"u{n % 5},star{n % 3},{DAY - timedelta(days=n)},repost,p,s{n},false" for n in range(9)]
    take("actor,target,at,verb,post,id,unverified", *acts, reads=reads)
    looks = [
        f"u{n},{DAY - timedelta(days=draw.randrange(20))},{n**3},{n if n % 3 else ''},{8 + n},2020-01-01,{n % 5 == 4}"
        for n in range(PEOPLE)
    ]
    take("account,at,followers,lists,posts,created_at,self_reported", *looks, table="profiles")
    counts = [
        f"u{n},{DAY - timedelta(days=n)},like,p{n % 5},{draw.choice([0, 3, 500, 10**12])},{n % 5 == 4}"
        for n in range(9)
    ]
    take("account,at,verb,post,count,self_reported", *counts, table="tallies")
    take("id,at", f"7,{DAY}", f"8,{DAY}", table="undone")
    take("account,at,present", f"u3,{DAY},false", f"u4,{DAY - timedelta(days=1)},true", table="presence")
