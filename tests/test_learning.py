"""Learn and evaluate methods: recover known weights, split by person, keep weights even."""

import dataclasses
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import DAY, METHOD_2, NOW
from renown import cli, method, scoring
from renown.engines import open_engine
from renown.errors import DayNotPublishedError, InvalidInputError
from renown.method.file import DEFAULT_VERSION
from renown.research import fit, judged_splits, judgements, pairs, spread
from renown.research import learn as research_learn
from renown.research.klout import read_klout_scores
from renown.research.learned_method import list_weights
from renown.research.pair_differences import compute_pair_differences
from test_pipeline import HEADER

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'renown[learn]'")
threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl, which scikit-learn needs, is missing")

METHOD_3 = method.load_method(Path("3"))
TRUE_WEIGHTS = np.array([0.2, 0.3, 0.1, 0.4])
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
    """Write judgements that follow `TRUE_WEIGHTS`; return the file and its mapping."""
    rng = np.random.default_rng(1)
    figures = np.floor(np.exp(rng.normal([7, 3, 2, 2], 2, (150, 4)))) + np.array([0, 0, 0.5, 0])
    rates = np.array([signal.rate.value for signal in METHOD_2.signals[:4]])
    equivalents = (figures - [0, 0, 0.5, 0]) * [1, 1, 2, 1] * rates
    equivalents[:, 1] += np.minimum(rates[1], equivalents[:, 0])
    strength = np.log1p(equivalents) @ TRUE_WEIGHTS
    lines = [
        "won," + ",".join(f"{side}_{name}" for side in "AB" for name in ("followers", "lists", "reposts", "replies"))
    ]
    for _ in range(3000):
        a, b = rng.choice(150, 2, replace=False)
        won = rng.random() < 1 / (1 + np.exp(-5 * (strength[a] - strength[b])))
        lines.append(",".join(map(str, [int(won), *figures[a], *figures[b]])))
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return tmp_path / "pairs.csv", tmp_path / "mapping.toml"


@pytest.fixture
def session():
    """Return a DuckDB session to run the method's steps in."""
    with open_engine("duckdb") as engine:
        yield engine


@pytest.fixture
def judgement_file(files):
    """Return the parsed judgements."""
    return judgements.read_judgements(files[0], judgements.read_mapping(files[1]))


@pytest.fixture
def few_repeats(monkeypatch):
    """Repeat cross-validation three times instead of ten, in one thread."""
    for module in (research_learn, pairs):
        monkeypatch.setattr(module, "REPEATS", 3)
    with threadpoolctl.threadpool_limits(1):
        yield


def test_fit_recovers_the_true_weights(judgement_file, session):
    """Without shrinkage, the fitted weights are those that the judgements were drawn from, within 0.03."""
    weights = fit.fit_weights(
        compute_pair_differences(judgement_file, METHOD_2, session),
        judgement_file.first_won,
        0,
    )

    assert weights == pytest.approx(TRUE_WEIGHTS, abs=0.03)


def test_strong_shrinkage_makes_weights_even(judgement_file, session):
    """Evenness grows with shrinkage, up to equal weights, whatever the judgements are."""
    differences = compute_pair_differences(judgement_file, METHOD_2, session)
    weights = [fit.fit_weights(differences, judgement_file.first_won, shrinkage) for shrinkage in (0, 0.1, 1, 100)]

    evenness = list(map(fit.evenness, weights))

    assert evenness == sorted(evenness)
    assert evenness[-1] == pytest.approx(1, abs=0.001)


def test_split_by_person_leaks_nobody_into_training(judgement_file):
    """Of a test pair both people are new, or exactly one; every pair has one role in a fold."""
    first, second = judgement_file.first, judgement_file.second
    for fold in fit.split_by_person(first, second, 150, folds=3, seed=4):
        known = {*first[fold.training], *second[fold.training]}
        new = {*first[fold.both_new], *second[fold.both_new]}
        assert known
        assert new
        assert not known & new
        one_new = zip(first[fold.one_new], second[fold.one_new], strict=True)
        assert {1} == {len({a, b} & new) for a, b in one_new if {a, b} <= known | new}
        assert (fold.training.astype(int) + fold.both_new + fold.one_new == 1).all()


def test_auc_counts_ties_half():
    """The value was computed by hand."""
    margins, won = np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])

    assert fit.auc(margins, won) == pytest.approx(3.5 / 4)
    assert np.isnan(fit.auc(margins, np.array([True] * 4)))


@pytest.mark.usefixtures("few_repeats")
def test_mean_of_percentiles_equals_followers_if_all_else_is_equal(judgement_file, session):
    """If people differ in followers only, both rankings agree with the same share of pairs."""
    last = len(judgement_file.received) - 1
    followers_only = dataclasses.replace(
        judgement_file,
        received=judgement_file.received[::-1] * np.array([1, 0, 0, 0]),
        first=last - judgement_file.first[:300],
        second=last - judgement_file.second[:300],
        first_won=judgement_file.first_won[:300],
    )

    evaluation = pairs.evaluate_pairs(followers_only, METHOD_2, session, shrinkage=0.01, seed=1)

    accuracy = {row.name: row.accuracy for row in evaluation.rows}
    assert accuracy["followers alone"] == accuracy["mean of percentiles"] > 0.5


@pytest.mark.proof
@pytest.mark.usefixtures("few_repeats")
@pytest.mark.parametrize(("base", "unjudged_signals"), [("2.1", ["approval"]), ("3", [])])
def test_learned_method_has_provenance_and_can_be_evaluated(files, tmp_path, base, unjudged_signals):
    """On the command line: learn, evaluate with the mapping in the learned method, draw plots."""
    options = ["--home", str(tmp_path / "none")]
    to, plots = tmp_path / "mine.toml", [tmp_path / "learned.svg", tmp_path / "judged.png"]
    learn = [
        "learn",
        "pairs",
        str(files[0]),
        "--signals",
        str(files[1]),
        "--method",
        base,
        "--to",
        str(to),
        "--plot",
        str(plots[0]),
        "--json",
    ]

    learned = CliRunner().invoke(cli.app, [*options, *learn])
    evaluate = ["evaluate", "pairs", str(files[0]), "--method", str(to), "--plot", str(plots[1]), "--json"]
    evaluated = CliRunner().invoke(cli.app, [*options, *evaluate])

    learned_method = method.load_method(to)
    assert json.loads(learned.stdout)["pairs"] == learned_method.provenance["pairs"] == 3000
    assert "mine" == learned_method.version
    assert sum(list_weights(learned_method).values()) == pytest.approx(1, abs=1e-9)
    assert unjudged_signals == json.loads(learned.stdout)["unjudged_signals"]
    assert all(list_weights(learned_method)[name] == 0.1 for name in unjudged_signals)
    rows = {row["name"]: row for row in json.loads(evaluated.stdout)["rows"]}
    assert rows["weights learned again"]["both_new"] > rows["followers alone"]["high"]
    assert {"the same without lists", "the same without profiles", "mean of percentiles"} < set(rows)
    assert rows["method mine"]["both_new"] > rows["the same without profiles"]["both_new"]
    assert all(row["low"] < row["both_new"] < row["high"] for row in rows.values())
    assert all(plot.stat().st_size > 5000 for plot in plots)
    second = CliRunner().invoke(cli.app, [*options, *learn])
    assert "exists already; write to another file" in str(second.exception)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("replies", "answers", "no column 'A_answers'"),
        ('winner = "won"', "", "lacks winner"),
        ("scale = 2", 'scale = "two"', "numbers for none and scale"),
        ("conversation =", "charm =", "'charm'; the signals of method '2.1' are audience, curation"),
    ],
)
def test_invalid_mapping_is_refused(files, session, old, new, message):
    """The error names the wrong column, signal or key."""
    files[1].write_text(MAPPING.replace(old, new))

    with pytest.raises(InvalidInputError, match=message):
        compute_pair_differences(
            judgements.read_judgements(files[0], judgements.read_mapping(files[1])), METHOD_2, session
        )


@pytest.mark.parametrize("command", ["learn", "evaluate"])
@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (1, "1 judgement of 2 people, and at least 30 judgements of 10 people are needed"),
        (8, "8 judgements of"),
    ],
)
def test_too_few_judgements_are_refused(files, tmp_path, command, pairs, message):
    """The error says how many judgements and people there are and are needed; there is no warning and no file."""
    lines = files[0].read_text().splitlines()
    files[0].write_text("\n".join(lines[: pairs + 1]) + "\n")
    target = tmp_path / "mine.toml"
    options = ["--home", str(tmp_path / "none"), command, "pairs", str(files[0]), "--signals", str(files[1])]

    result = CliRunner().invoke(cli.app, [*options, "--to", str(target)] if command == "learn" else options)

    assert isinstance(result.exception, InvalidInputError)
    assert message in str(result.exception)
    assert not target.exists()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("command", ["learn", "evaluate"])
def test_few_judgements_with_the_winner_first_suffice(tmp_path, few_repeats, command):  # noqa: ARG001 - fixture
    """As `renown judgements` writes them, with unknown followers: weights and AUCs are numbers, without a warning."""
    rng = np.random.default_rng(1)
    figures = [[str(value) for value in row] for row in np.floor(np.exp(rng.normal([7, 3, 2], 2, (12, 3))))]
    figures[0][:2] = "", ""
    pairs = [rng.choice(12, 2, replace=False) for _ in range(36)]
    names = ("audience", "curation", "amplification")
    header = ["first_won", *(f"{side}_{name}" for side in "AB" for name in names)]
    lines = [header, *(["1", *figures[max(pair)], *figures[min(pair)]] for pair in pairs)]
    file, mapping, target = (tmp_path / name for name in ("own.csv", "own.toml", "mine.toml"))
    file.write_text("\n".join(map(",".join, lines)) + "\n")
    mapping.write_text(judgements.pairs_mapping_toml(names))
    options = ["--home", str(tmp_path / "none"), command, "pairs", str(file), "--signals", str(mapping), "--json"]

    result = CliRunner().invoke(cli.app, [*options, "--to", str(target)] if command == "learn" else options)

    assert (0, None) == (result.exit_code, result.exception)
    body = json.loads(result.stdout)
    values = body["chosen"]["weights"] if command == "learn" else [row["both_new"] for row in body["rows"]]
    assert all(0 <= value <= 1 for value in values)
    assert (36, 12) == (body["pairs"], body["people"])


def test_judgements_of_one_person_against_all_others_are_refused(judgement_file):
    """If one person is in every pair, nothing is left to train with while they are held out."""
    star = dataclasses.replace(judgement_file, first=np.zeros_like(judgement_file.first))

    with pytest.raises(InvalidInputError, match=r"3,000 judgements of 150 people, but .* no pair is left"):
        judged_splits.check_enough(star, repeats=2, seed=1)


def test_sides_are_balanced_if_the_first_always_won(judgement_file):
    """Every other pair is swapped, and each pair keeps its winner; balanced files stay as they are."""
    all_won = dataclasses.replace(judgement_file, first_won=np.ones_like(judgement_file.first_won))

    balanced = judged_splits.balance_winners(all_won)

    assert 1500 == balanced.first_won.sum()
    winners = np.where(balanced.first_won, balanced.first, balanced.second)
    assert list(all_won.first) == list(winners)
    assert judgement_file is judged_splits.balance_winners(judgement_file)


@pytest.mark.parametrize("method", [METHOD_2, METHOD_3])
def test_unknown_figures_tell_nothing_of_a_pair(files, session, method):
    """An empty field is unknown: the pair's difference is 0 in that value, and the others stay."""
    lines = files[0].read_text().splitlines()
    won, _, *others = lines[1].split(",")
    known = judgements.read_judgements(files[0], judgements.read_mapping(files[1]))
    files[0].write_text("\n".join([lines[0], ",".join([won, "", *others]), *lines[2:]]) + "\n")
    unknown = judgements.read_judgements(files[0], judgements.read_mapping(files[1]))

    differences = [compute_pair_differences(file, method, session) for file in (known, unknown)]

    assert differences[0][0, 0] != 0
    assert 0 == differences[1][0, 0]
    assert (differences[0][1:] == differences[1][1:]).all()


def test_nan_in_judgements_is_refused(files):
    """The error names the line."""
    files[0].write_text(files[0].read_text().replace("\n1,", "\nnan,", 1))

    with pytest.raises(InvalidInputError, match=r"line \d+: 9 numbers, .* not finite"):
        judgements.read_judgements(files[0], judgements.read_mapping(files[1]))


def test_klout_evaluation_measures_the_offset(tmp_path):
    """Klout scores 2 points above the method's give an RMSE of 2 and a bias of -2."""
    file = tmp_path / "klout.csv"
    options = ["--home", str(tmp_path / "none"), "evaluate", "klout", str(file)]
    followers = [10, 100, 1000, 10_000, 100_000, 1_000_000]
    scores = [1 + 99 * np.log10(1 + 4.0 * count) / 8 for count in followers]
    lines = [f"{count},,{score + 2}" for count, score in zip(followers, scores, strict=True)]
    file.write_text("\n".join(["followers,listed,klout_score", *lines]) + "\n")

    answer = json.loads(CliRunner().invoke(cli.app, [*options, "--json", "--plot", str(tmp_path / "k.svg")]).stdout)

    row = answer["rows"][0]
    assert (f"method {DEFAULT_VERSION}", 6) == (row["name"], answer["accounts"])
    assert row["rmse"] == pytest.approx(2, abs=1e-6)
    assert row["bias"] == pytest.approx(-2, abs=1e-6)
    assert row["spearman"] == pytest.approx(1)
    assert (tmp_path / "k.svg").stat().st_size > 5000
    file.write_text("followers,klout_score\nmany,40\n")
    with pytest.raises(InvalidInputError, match=r"line 2: .*'many'"):
        read_klout_scores(file)


@pytest.mark.proof
def test_spread_is_predicted_from_the_past_only(home, take):
    """Ranks before the cut equal those after it; interactions beyond the horizon change nothing."""
    past = [
        (f"f{n % 50}", f"t{index}", DAY - timedelta(days=1 + n % 9)) for index in range(1, 13) for n in range(4 * index)
    ]
    after = [(f"f{n}", f"t{index}", DAY + timedelta(days=1)) for index in range(1, 13) for n in range(3 * index)]
    beyond = [(f"f{n}", "t1", DAY + timedelta(days=5)) for n in range(50)]
    lines = [f"{actor},{target},{day},repost,p,{n}" for n, (actor, target, day) in enumerate(past + after + beyond)]
    take(HEADER, *lines[: len(past)])
    with pytest.raises(DayNotPublishedError, match="no account received interactions before the cut"):
        evaluate(home)
    take(HEADER, *lines)

    near, far = ({row.name: row for row in evaluate(home, horizon).rows} for horizon in (3, 9))

    assert {f"method {DEFAULT_VERSION}", "PageRank", "reposts", "distinct people"} < set(near)
    assert "followers" not in near
    assert near[f"method {DEFAULT_VERSION}"].every == pytest.approx(1)
    assert near["reposts"].overlap == 1
    assert far["reposts"].every < near["reposts"].every


def evaluate(home, horizon=3):
    """Evaluate the prediction of spread from `DAY` on."""
    return spread.evaluate_spread(home.reader, home.lake, home.method, cut=DAY, horizon=horizon)


def test_rates_are_learned_from_a_networks_own_accounts(home, take, tmp_path):
    """If the median account has forty followers per list, a list is worth forty followers; few accounts are refused."""
    followers = [20, 20, 40, 60, 60]  # per list
    rows = [f"u{n},{DAY},{followers[n % 5] * n},{n}" for n in range(1, 251)]
    take("account,at,followers,lists", *rows, table="profiles")
    take("account,at,followers,lists", f"v,{DAY},40,1", table="profiles", network="small")
    with home.engine() as engine:
        scoring.score(engine, home.lake, home.days, home.people, METHOD_2, day=DAY, now=NOW)
    options = ["--home", str(home.settings.home), "learn", "rates", "--method", "2.1"]
    to = tmp_path / "own.toml"

    plot = tmp_path / "rates.svg"
    result = CliRunner().invoke(cli.app, [*options, "--network", "x", "--to", str(to), "--plot", str(plot), "--json"])

    assert "<svg" in plot.read_text()
    assert f"wrote {plot}" in result.stderr
    [rate] = json.loads(result.stdout)["rates"]
    assert ("curation", 250, 330) == (rate["signal"], rate["accounts"], rate["old"])
    assert rate["new"] == pytest.approx(40 * 3.3)
    assert [rate["low_quartile"], rate["high_quartile"]] == pytest.approx([20 * 3.3, 60 * 3.3])
    learned = method.load_method(to)
    assert ("own", 132) == (learned.version, learned.rates["x", "curation"].value)
    assert "250 accounts of x on 2024-02-01" in learned.rates["x", "curation"].source
    few = CliRunner().invoke(cli.app, [*options, "--network", "small", "--to", str(tmp_path / "few.toml")])
    assert "1 accounts on 'small' have followers and a signal" in str(few.exception)


def test_model_card_has_only_evaluations_of_its_method(tmp_path):
    """It shows the evaluations with confidence intervals; those of another method are refused."""
    options, klout = ["--home", str(tmp_path / "none")], tmp_path / "klout.csv"
    klout.write_text("followers,listed,klout_score\n" + "\n".join(f"{10**n},{n},{12 * n}" for n in range(1, 7)) + "\n")
    evaluation, other = tmp_path / "klout.json", tmp_path / "other.toml"
    evaluation.write_text(CliRunner().invoke(cli.app, [*options, "evaluate", "klout", str(klout), "--json"]).stdout)
    other.write_text(
        method.load_method()
        .text.replace('version = "3"', 'version = "other"')
        .replace("value = 0.0005", "value = 0.0004")
    )

    card = CliRunner().invoke(cli.app, [*options, "method", "card", str(evaluation)]).stdout
    refused = CliRunner().invoke(cli.app, [*options, "method", "card", str(evaluation), "--method", str(other)])

    row = json.loads(evaluation.read_text())["rows"][0]
    assert f"| method {DEFAULT_VERSION} | {row['rmse']:.1f} | {row['low']:.1f} to {row['high']:.1f} |" in card
    assert all(title in card for title in ("What it measures", "Where it fails", "must not be used for"))
    assert "of another method than the current 'other'" in str(refused.exception)
