"""Learning: known truth comes back, strangers stay strangers, collapse is held off."""

import dataclasses
import json
from datetime import timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import DAY
from renown import cli, jobs, method
from renown.connectors import judgements, klout_scores
from renown.engines import open_engine
from renown.errors import BadInput, NotPublished
from renown.method import learning
from test_river import HEADER

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'renown[learn]'")

TRUTH = np.array([0.2, 0.3, 0.1, 0.4])
MAPPING = """
winner = "won"
first = "A_{}"
second = "B_{}"
[signals]
audience = { column = "followers" }
curation = { column = "lists" }
amplification = { column = "reposts", none = 0.5, scale = 2 }
conversation = { column = "replies" }
"""


@pytest.fixture
def files(tmp_path):
    """Return a file of judgements that follow `TRUTH`, and its mapping."""
    draw = np.random.default_rng(1)
    figures = np.floor(np.exp(draw.normal([7, 3, 2, 2], 2, (150, 4)))) + np.array([0, 0, 0.5, 0])
    rates = np.array([signal.rate.value for signal in method.load().signals[:4]])
    equivalents = (figures - [0, 0, 0.5, 0]) * [1, 1, 2, 1] * rates
    equivalents[:, 1] += np.minimum(rates[1], equivalents[:, 0])
    strength = np.log1p(equivalents) @ TRUTH
    lines = [
        "won," + ",".join(f"{side}_{name}" for side in "AB" for name in ("followers", "lists", "reposts", "replies"))
    ]
    for _ in range(3000):
        a, b = draw.choice(150, 2, replace=False)
        won = draw.random() < 1 / (1 + np.exp(-5 * (strength[a] - strength[b])))
        lines.append(",".join(map(str, [int(won), *figures[a], *figures[b]])))
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return tmp_path / "pairs.csv", tmp_path / "mapping.toml"


@pytest.fixture
def session():
    """Return a session that steps run in."""
    with open_engine("duckdb") as engine:
        yield engine


@pytest.fixture
def judged(files):
    """Return the judgements."""
    return judgements.read(files[0], judgements.read_mapping(files[1]))


def test_the_weights_that_made_the_judgements_come_back(judged, session):
    """Without a pull, to two hundredths."""
    found = learning.fit(jobs.learn.of_pairs(judged, method.load(), session), judged.won, 0)

    assert found == pytest.approx(TRUTH, abs=0.03)


def test_a_strong_pull_makes_weights_even(judged, session):
    """Whatever the judgements say."""
    differences = jobs.learn.of_pairs(judged, method.load(), session)

    even = [learning.evenness(learning.fit(differences, judged.won, pull)) for pull in (0, 0.1, 1, 100)]

    assert even == sorted(even)
    assert even[-1] == pytest.approx(1, abs=0.001)


def test_nobody_who_is_judged_was_learned_from(judged):
    """Both new means both; one new means exactly one; every pair is of one sort in a fold."""
    for fold in learning.strangers(judged.first, judged.second, 150, folds=3, seed=4):
        known = {*judged.first[fold.learn], *judged.second[fold.learn]}
        new = {*judged.first[fold.both_new], *judged.second[fold.both_new]}
        assert known
        assert new
        assert not known & new
        ones = zip(judged.first[fold.one_new], judged.second[fold.one_new], strict=True)
        assert {1} == {len({one, other} & new) for one, other in ones if {one, other} <= known | new}
        assert (fold.learn.astype(int) + fold.both_new + fold.one_new == 1).all()


def test_auc_counts_pairs_in_the_right_order():
    """Half for ties, as worked out by hand."""
    margins, won = np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])

    assert learning.auc(margins, won) == pytest.approx(3.5 / 4)
    assert np.isnan(learning.auc(margins, np.array([True] * 4)))


@pytest.mark.whole
def test_equal_figures_have_equal_places(judged, session):
    """Where people differ in followers alone, the mean of percentiles says of every pair what followers say."""
    last = len(judged.received) - 1
    alike = dataclasses.replace(
        judged,
        received=judged.received[::-1] * np.array([1, 0, 0, 0]),
        first=last - judged.first[:300],
        second=last - judged.second[:300],
        won=judged.won[:300],
    )

    made = jobs.evaluate.pairs(alike, method.load(), session, shrinkage=0.01, seed=1)

    found = {row.name: row.accuracy for row in made.rows}
    assert found["followers alone"] == found["mean of percentiles"] > 0.5


def test_a_learned_method_says_where_it_comes_from_and_can_be_judged(files, tmp_path):
    """The story of the command line: learn, evaluate with the mapping that the method keeps, draw."""
    told = ["--home", str(tmp_path / "none")]
    to, plots = tmp_path / "mine.toml", [tmp_path / "learned.svg", tmp_path / "judged.png"]
    learn = [
        "learn",
        "pairs",
        str(files[0]),
        "--signals",
        str(files[1]),
        "--to",
        str(to),
        "--plot",
        str(plots[0]),
        "--json",
    ]

    learned = CliRunner().invoke(cli.app, [*told, *learn])
    judge = ["evaluate", "pairs", str(files[0]), "--method", str(to), "--plot", str(plots[1]), "--json"]
    judged = CliRunner().invoke(cli.app, [*told, *judge])

    made = method.load(to)
    assert json.loads(learned.output)["pairs"] == made.provenance["pairs"] == 3000
    assert "mine" == made.version
    assert sum(signal.weight.value for signal in made.signals) == pytest.approx(1, abs=1e-9)
    assert 0.1 == {signal.name: signal.weight.value for signal in made.signals}["approval"]
    rows = {row["name"]: row for row in json.loads(judged.output)["rows"]}
    assert rows["weights learned again"]["both_new"] > rows["followers alone"]["high"]
    assert {"the same without lists", "the same without profiles", "mean of percentiles"} < set(rows)
    assert rows["method mine"]["both_new"] > rows["the same without profiles"]["both_new"]
    assert all(row["low"] < row["both_new"] < row["high"] for row in rows.values())
    assert all(plot.stat().st_size > 5000 for plot in plots)
    again = CliRunner().invoke(cli.app, [*told, *learn])
    assert "must not change" in str(again.exception)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replies", "answers", "no column 'A_answers'"),
        ('winner = "won"', "", "lacks winner"),
        ("scale = 2", 'scale = "two"', "numbers for none and scale"),
        ("conversation =", "charm =", "has audience, curation"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(files, session, old, new, said):
    """By the column, signal or key that is wrong."""
    files[1].write_text(MAPPING.replace(old, new))

    with pytest.raises(BadInput, match=said):
        jobs.learn.of_pairs(judgements.read(files[0], judgements.read_mapping(files[1])), method.load(), session)


def test_a_figure_that_is_none_is_refused_by_line(files):
    """NaN is no figure."""
    files[0].write_text(files[0].read_text().replace("\n1,", "\nnan,", 1))

    with pytest.raises(BadInput, match=r"line \d+: 9 numbers .* not finite"):
        judgements.read(files[0], judgements.read_mapping(files[1]))


def test_klouts_own_scores_say_how_far_off_the_scale_is(tmp_path):
    """Scores that the method itself would give are no way off; others are by as much as they are."""
    file, told = (
        tmp_path / "klout.csv",
        ["--home", str(tmp_path / "none"), "evaluate", "klout", str(tmp_path / "klout.csv")],
    )
    followers = [10, 100, 1000, 10_000, 100_000, 1_000_000]
    own = [1 + 99 * np.log10(1 + 3.3 * each) / 8 for each in followers]
    lines = [f"{each},,{score + 2}" for each, score in zip(followers, own, strict=True)]
    file.write_text("\n".join(["followers,listed,klout_score", *lines]) + "\n")

    answer = json.loads(CliRunner().invoke(cli.app, [*told, "--json", "--plot", str(tmp_path / "k.svg")]).output)

    mine = answer["rows"][0]
    assert ("method 2", 6) == (mine["name"], answer["accounts"])
    assert mine["rmse"] == pytest.approx(2, abs=1e-6)
    assert mine["bias"] == pytest.approx(-2, abs=1e-6)
    assert mine["spearman"] == pytest.approx(1)
    assert (tmp_path / "k.svg").stat().st_size > 5000
    file.write_text("followers,klout_score\nmany,40\n")
    with pytest.raises(BadInput, match=r"line 2: .*'many'"):
        klout_scores.read(file)


def test_the_future_is_foretold_from_the_past_alone(home, take):
    """Who was reposted most before the cut is so after it; what comes after the horizon changes nothing."""
    past = [
        (f"f{n % 50}", f"t{place}", DAY - timedelta(days=1 + n % 9)) for place in range(1, 13) for n in range(4 * place)
    ]
    after = [(f"f{n}", f"t{place}", DAY + timedelta(days=1)) for place in range(1, 13) for n in range(3 * place)]
    beyond = [(f"f{n}", "t1", DAY + timedelta(days=5)) for n in range(50)]
    given = [f"{actor},{target},{day},repost,p,{n}" for n, (actor, target, day) in enumerate(past + after + beyond)]
    take(HEADER, *given[: len(past)])
    with pytest.raises(NotPublished, match="nobody received anything before the cut"):
        foretell(home)
    take(HEADER, *given)

    near, far = ({row.name: row for row in foretell(home, horizon).rows} for horizon in (3, 9))

    assert {"method 2", "PageRank", "reposts", "distinct people"} < set(near)
    assert "followers" not in near
    assert near["method 2"].every == pytest.approx(1)
    assert near["reposts"].overlap == 1
    assert far["reposts"].every < near["reposts"].every


def foretell(home, horizon=3):
    """Foretell from `DAY` on."""
    return jobs.spread.foretell(home.reader, home.lake, home.method, cut=DAY, horizon=horizon)


def test_rates_come_from_a_networks_own_population(home, take, publish, tmp_path):
    """Where everybody has forty followers a list, a list is worth forty followers; few accounts are refused."""
    take("account,at,followers,lists", *[f"u{n},{DAY},{40 * n},{n}" for n in range(1, 251)], table="profiles")
    take("account,at,followers,lists", f"v,{DAY},40,1", table="profiles", network="small")
    publish()
    told, to = ["--home", str(home.settings.home), "learn", "rates"], tmp_path / "own.toml"

    made = CliRunner().invoke(cli.app, [*told, "--network", "x", "--to", str(to), "--json"])

    [rate] = json.loads(made.output)["rates"]
    assert ("curation", 250, 330) == (rate["signal"], rate["accounts"], rate["old"])
    assert rate["new"] == pytest.approx(40 * 3.3)
    learned = method.load(to)
    assert ("own", 132) == (learned.version, learned.rates["x", "curation"].value)
    assert "250 accounts of x on 2024-02-01" in learned.rates["x", "curation"].source
    few = CliRunner().invoke(cli.app, [*told, "--network", "small", "--to", str(tmp_path / "few.toml")])
    assert "1 accounts on 'small' show followers and a signal" in str(few.exception)


def test_a_model_card_tells_only_of_its_own_method(tmp_path):
    """Evaluations of the method stand in it with their error bars; those of another are refused."""
    told, klout = ["--home", str(tmp_path / "none")], tmp_path / "klout.csv"
    klout.write_text("followers,listed,klout_score\n" + "\n".join(f"{10**n},{n},{12 * n}" for n in range(1, 7)) + "\n")
    evaluation, other = tmp_path / "klout.json", tmp_path / "other.toml"
    evaluation.write_text(CliRunner().invoke(cli.app, [*told, "evaluate", "klout", str(klout), "--json"]).stdout)
    other.write_text(method.load().text.replace('version = "2"', 'version = "3"').replace("value = 5.0", "value = 4.0"))

    card = CliRunner().invoke(cli.app, [*told, "method", "card", str(evaluation)]).stdout
    refused = CliRunner().invoke(cli.app, [*told, "method", "card", str(evaluation), "--method", str(other)])

    row = json.loads(evaluation.read_text())["rows"][0]
    assert f"| method 2 | {row['rmse']:.1f} | {row['low']:.1f} to {row['high']:.1f} |" in card
    assert all(title in card for title in ("What it measures", "Where it fails", "must not be used for"))
    assert "tells of another method than '3'" in str(refused.exception)
