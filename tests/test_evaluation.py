"""Evaluations of partial data and within a day: judged people by the method's own steps, cuts at any time."""

import json
import math
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from typer.testing import CliRunner

from conftest import DAY, new_home, taker
from proofs import only_in_full
from renown import cli, method, scoring
from renown.cli import output
from renown.cli.output import research as output_research
from renown.engines import open_engine
from renown.errors import InvalidInputError
from renown.home import open_home
from renown.records import day_number
from renown.research import coverage, fit, judgements, klout, plots, spread, spread_baselines
from renown.research import judged_people as research_people
from renown.research import learn as research_learn
from renown.research import pairs as research_pairs
from renown.research.learned_method import list_weights
from renown.research.pair_differences import compute_pair_differences
from test_pipeline import HEADER

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'renown[learn]'")

MAPPING = """
winner = "won"
first = "A_{}"
second = "B_{}"
[signals]
audience = { column = "followers" }
curation = { column = "lists" }
amplification = { column = "reposts" }
conversation = { column = "replies" }
"""
COLUMNS = ("followers", "lists", "reposts", "replies")
PEOPLE = 60


PLOTTED = {
    "pairs": research_pairs.PairsEvaluation,
    "klout": klout.KloutEvaluation,
    "spread": spread.SpreadEvaluation,
    "coverage": coverage.CoverageEvaluation,
}
"""Evaluations of the package that the documentation has a plot of, next to the results of learning."""


@pytest.mark.parametrize("version", ["2.1", "3"])
@pytest.mark.parametrize("kind", PLOTTED)
def test_plots_of_the_documentation_are_those_of_the_evaluations(tmp_path, version, kind):
    """Each was drawn from the evaluation that the package has, with the labels of today."""
    file = Path(method.__file__).parent / "evaluations" / version / f"{kind}.json"
    evaluation = msgspec.convert(json.loads(file.read_text()), PLOTTED[kind], strict=False)

    plots.draw(evaluation, tmp_path / "plot.svg")

    drawn = Path(__file__).parents[1] / "docs" / "evaluations" / version / f"{kind}.svg"
    assert drawn.read_text() == (tmp_path / "plot.svg").read_text()
    # No label is longer than the figure is wide.
    figure = plots.plot(evaluation)
    FigureCanvasAgg(figure).draw()
    box = figure.get_tightbbox()
    assert 0 <= box.x0 < box.x1 <= figure.get_figwidth()
    assert 0 <= box.y0 < box.y1 <= figure.get_figheight()


@pytest.fixture
def session():
    """Return a DuckDB session to run the method's steps in."""
    with open_engine("duckdb") as engine:
        yield engine


@pytest.fixture
def read(tmp_path):
    """Return a function that reads judgements between people with these figures, the first winning over all others."""

    def read_file(people, pairs):
        lines = ["won," + ",".join(f"{side}_{name}" for side in "AB" for name in COLUMNS)]
        lines += [",".join(map(str, [int(won), *people[first], *people[second]])) for first, second, won in pairs]
        (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
        (tmp_path / "mapping.toml").write_text(MAPPING)
        return judgements.read_judgements(tmp_path / "pairs.csv", judgements.read_mapping(tmp_path / "mapping.toml"))

    return read_file


@pytest.fixture
def random_judgements(read):
    """Return judgements of people with random figures, mostly in favour of whoever has more lists."""
    draw = np.random.default_rng(3)
    people = np.floor(np.exp(draw.normal([7, 3, 2, 2], 2, (PEOPLE, 4))))
    people[:3, 1] = 0
    pairs = []
    for _ in range(600):
        first, second = draw.choice(PEOPLE, 2, replace=False)
        pairs.append((first, second, people[first, 1] * draw.lognormal(0, 1) > people[second, 1]))
    return read(people, pairs)


@pytest.fixture
def few_repeats(monkeypatch):
    """Repeat cross-validation twice, with three strengths of shrinkage."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    for module in (research_learn, research_pairs):
        monkeypatch.setattr(module, "REPEATS", 2)
    monkeypatch.setattr(research_learn, "SHRINKAGE_CANDIDATES", (0.01, 1.0, 100.0))
    monkeypatch.setattr(research_pairs, "BOOTSTRAPS", 20)
    with threadpoolctl.threadpool_limits(1):
        yield


def test_values_of_judged_people_follow_the_curves(read, session):
    """At a point of both curves the values are those of the method file, plus what everybody is presumed to have."""
    method_3 = method.load_method(Path("3"))
    lists, list_equivalents = method_3.curves["lists"].points[2]
    reposts, repost_equivalents = method_3.curves["reactions"].points[2]
    file = read([[1000, lists, reposts, 0], [5, 0, 0, 0]], [(0, 1, True)])
    person = int(file.first[0])

    answer = research_people.compute_judged_values(file, method_3, session)

    followers = 1000 * method_3.signals[0].rate.value
    expected = [
        followers,
        list_equivalents + min(method_3["presumed_lists"], followers),
        repost_equivalents + min(method_3["presumed_reactions"], followers),
    ]
    assert research_people.VALUE_NAMES == answer.names
    assert answer.values[person] == pytest.approx([math.log1p(value) for value in expected])
    assert sum(answer.weights) == pytest.approx(1)


@pytest.mark.parametrize("version", ["2.1", "3"])
def test_score_is_the_mean_of_the_values(random_judgements, session, version):
    """Scores by the steps equal those computed from the values that weights are learned for."""
    scored_method = method.load_method(Path(version))
    scores = research_people.compute_judged_scores(
        random_judgements, scored_method, session, research_people.VALUE_NAMES
    )

    differences = compute_pair_differences(random_judgements, scored_method, session)

    weights = list_weights(scored_method)
    names = research_people.VALUE_NAMES if scored_method.has_ledger else random_judgements.signals
    shares = np.array([weights[name] for name in names])
    strengths = np.log(10) * (scores - 1) / 99 * scored_method["score_decades"]
    expected = strengths[random_judgements.first] - strengths[random_judgements.second]
    assert differences @ shares / shares.sum() == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("few_repeats")
def test_three_weights_are_learned_for_a_method_with_a_ledger(random_judgements, session):
    """The judges went by lists: their weight grows, all reactions share one, and the file can be read again."""
    method_3 = method.load_method(Path("3"))

    learned = research_learn.learn_weights(random_judgements, method_3, session, version="3-mine", seed=1)

    assert research_people.VALUE_NAMES == learned.signals
    assert () == learned.unjudged_signals
    learned_method = method.parse_method(learned.text, "mine")
    assert ("3-mine", True) == (learned_method.version, learned_method.has_ledger)
    weights = {signal.reads: signal.weight.value for signal in learned_method.signals}
    assert weights["lists"] > max(weights["followers"], weights["interactions"])
    assert 1 == len({signal.weight.value for signal in learned_method.signals if signal.verbs})
    assert random_judgements.digest == learned_method.provenance["judgements"]
    assert random_judgements.mapping == learned_method.provenance["mapping"]


@pytest.mark.usefixtures("few_repeats")
def test_pairs_are_judged_by_the_values_of_a_method_with_a_ledger(random_judgements, session):
    """The rows are those of other methods; the method's own order is that of its scores."""
    method_3 = method.load_method(Path("3"))
    scores = research_people.compute_judged_scores(random_judgements, method_3, session, research_people.VALUE_NAMES)

    answer = research_pairs.evaluate_pairs(random_judgements, method_3, session, shrinkage=1.0, seed=1)

    rows = {row.name: row for row in answer.rows}
    names = {"method 3", "the same without lists", "the same without profiles", "followers alone", "lists alone"}
    assert names | {"mean of percentiles", "weights learned again", "gradient boosting"} == set(rows)
    margins = scores[random_judgements.first] - scores[random_judgements.second]
    assert rows["method 3"].both_new == pytest.approx(fit.auc(margins, random_judgements.first_won))
    assert rows["lists alone"].both_new > rows["method 3"].both_new > rows["the same without lists"].both_new


def test_coverage_is_the_difference_to_the_score_from_all_values(read, session):
    """By method 2.1, of two people, one of whom is on no list; the expected scores were computed from its formula."""
    followers, lists = [50, 5000], [0, 40]
    people = [[count, on_lists, 0, 0] for count, on_lists in zip(followers, lists, strict=True)]
    method_2 = method.load_method(Path("2.1"))
    weights = np.array([signal.weight.value for signal in method_2.signals[:2]])
    audience = [math.log1p(3.3 * count) for count in followers]
    curation = [math.log1p(330 * n + min(330, 3.3 * count)) for count, n in zip(followers, lists, strict=True)]
    reaction_weight = sum(signal.weight.value for signal in method_2.signals[2:4])
    full = np.array([audience, curation]).T @ weights / (weights.sum() + reaction_weight)
    points = 99 / 8 / math.log(10)

    answer = coverage.evaluate_coverage(read(people, [(0, 1, True), (1, 0, False)]), method_2, session)

    rows = {row.name: row for row in answer.rows}
    alone = rows["followers"]
    assert alone.people == 2
    shifts = points * (np.array(audience) - full)
    assert alone.median == pytest.approx(np.median(shifts))
    assert (alone.low_decile, alone.high_decile) == pytest.approx(tuple(np.quantile(shifts, [0.1, 0.9])))
    bands = {band.min_followers: (band.people, band.median) for band in alone.bands}
    assert {0: 0, 10: 1, 100: 0, 1000: 1, 10_000: 0, 100_000: 0, 1_000_000: 0} == {
        start: people for start, (people, _) in bands.items()
    }
    assert (bands[10][1], bands[1000][1]) == pytest.approx(tuple(shifts))
    assert (rows["lists"].people, bands[0][1]) == (1, None)


def test_scores_of_method_3_do_not_depend_on_what_is_seen(random_judgements, session):
    """The score from two values is nearer to the one from all three than with method 2.1."""
    typical_shift = {}
    for version in ("2.1", "3"):
        answer = coverage.evaluate_coverage(random_judgements, method.load_method(Path(version)), session)
        assert [2**3 - 2, version] == [len(answer.rows), answer.method]
        typical_shift[version] = np.mean([abs(row.median) for row in answer.rows if "," in row.name])

    assert typical_shift["3"] < typical_shift["2.1"] / 2


def test_coverage_on_the_command_line(random_judgements, tmp_path, monkeypatch):
    """It prints a table or JSON and draws a plot; a file with one value is refused."""
    assert random_judgements.digest
    arguments = ["evaluate", "coverage", str(tmp_path / "pairs.csv"), "--method", "3"]
    options = ["--home", str(tmp_path / "none"), *arguments, "--signals", str(tmp_path / "mapping.toml")]

    result = CliRunner().invoke(cli.app, [*options, "--json", "--plot", str(tmp_path / "coverage.svg")])
    monkeypatch.setattr(output.console, "width", 200)
    table = CliRunner().invoke(cli.app, options).stdout

    answer = json.loads(result.stdout)
    assert ["followers", "lists", "reactions"] == answer["values"]
    assert PEOPLE == answer["people"]
    assert all(f" {row['median']:+.2f} " in table for row in answer["rows"])
    assert (tmp_path / "coverage.svg").stat().st_size > 5000
    (tmp_path / "mapping.toml").write_text(MAPPING.split("curation", maxsplit=1)[0])
    assert "map at least two kinds of values" in str(CliRunner().invoke(cli.app, options).exception)


@pytest.fixture
def short_warm_up(monkeypatch):
    """Score two days before a cut instead of seven."""
    monkeypatch.setattr(spread, "WARM_UP_DAYS", 2)


@pytest.mark.usefixtures("short_warm_up")
@pytest.mark.parametrize("version", ["2.1", "3"])
def test_cut_within_a_day_shifts_all_days(tmp_path, version):
    """A cut at 6 o'clock finds what a cut at midnight finds if everything happened six hours earlier."""
    draw = np.random.default_rng(5)
    acts = [
        (f"u{draw.integers(12)}", f"t{int(12 * draw.random() ** 2)}", float(draw.uniform(-6, 2)), verb)
        for verb in ("repost", "reply", "repost")
        for _ in range(150)
    ]
    answers = [evaluate_acts(tmp_path / str(hours), acts, method.load_method(Path(version)), hours) for hours in (6, 0)]

    shifted, unshifted = answers
    assert (f"{DAY}T06:00", DAY.isoformat()) == (shifted.cut, unshifted.cut)
    assert len(unshifted.rows) > 10
    assert shifted.rows == unshifted.rows
    assert (shifted.accounts, shifted.active) == (unshifted.accounts, unshifted.active)


def evaluate_acts(folder, acts, evaluated_method, hours):
    """Evaluate a cut at this hour of `DAY` on acts given by their days after the cut."""
    home = open_home(new_home(folder), {})
    cut = datetime.combine(DAY, time(hours))
    rows = [
        f"{actor},{target},{(cut + timedelta(days=days)).isoformat(timespec='seconds')},{verb},p,{number}"
        for number, (actor, target, days, verb) in enumerate(acts)
    ]
    taker(home, folder)(HEADER, *rows)
    return spread.evaluate_spread_cuts(home.reader, home.lake, evaluated_method, cuts=[cut], horizon=2)


@pytest.mark.proof
@only_in_full
@pytest.mark.usefixtures("short_warm_up")
def test_means_over_cuts_on_the_command_line(home, take, monkeypatch):
    """Rows are means over all cuts, which may be repeated or separated by commas."""
    draw = np.random.default_rng(6)
    at = [datetime.combine(DAY, time()) + timedelta(days=float(days)) for days in draw.uniform(-4, 3, 300)]
    rows = [
        f"u{draw.integers(9)},t{int(9 * draw.random() ** 2)},{moment.isoformat(timespec='seconds')},repost,p,{number}"
        for number, moment in enumerate(at)
    ]
    take(HEADER, *rows)
    cuts = [f"{DAY}", f"{DAY}T12:00"]
    options = ["--home", str(home.settings.home), "evaluate", "spread", "--horizon", "1", "--cut"]

    answer = json.loads(CliRunner().invoke(cli.app, [*options, cuts[0], "--cut", cuts[1], "--json"]).stdout)
    monkeypatch.setattr(output.console, "width", 200)
    table = CliRunner().invoke(cli.app, [*options, ",".join(cuts)]).stdout
    single = [json.loads(CliRunner().invoke(cli.app, [*options, cut, "--json"]).stdout) for cut in cuts]

    assert cuts == [cut["cut"] for cut in answer["cuts"]]
    assert [evaluation["rows"] for evaluation in single] == [cut["rows"] for cut in answer["cuts"]]
    assert sum(evaluation["accounts"] for evaluation in single) == answer["accounts"]
    for index, row in enumerate(answer["rows"]):
        for column in ("every", "ndcg", "overlap"):
            values = [evaluation["rows"][index][column] for evaluation in single]
            assert row[column] == (None if None in values else pytest.approx(np.mean(values)))
    assert answer["rows"][0]["every"] is not None
    names = {row["name"] for row in answer["rows"]}
    assert {f"one-day decayed {what}" for what in ("reposts", "reposters", "acts", "people")} < names
    assert "means over 2 cuts" in table
    assert f"{DAY}T12:00" in table
    error = CliRunner().invoke(cli.app, [*options, "noon"]).exception
    assert isinstance(error, InvalidInputError)
    assert "'noon' is no day and no time" in str(error)


def test_one_day_decay_counts_people_from_their_last_act(home, take):
    """Values were computed by hand: acts of the last day count 1, of the day before 1/2, and so on."""
    take(
        HEADER,
        f"a,t,{DAY - timedelta(days=3)},repost,p,1",
        f"a,t,{DAY - timedelta(days=2)},reply,p,2",
        f"b,t,{DAY - timedelta(days=1)},repost,p,3",
        f"b,t,{DAY},repost,p,4",
    )
    with home.reader() as engine:
        _, rankings, later = spread_baselines.count_before_cut(engine, home.lake, home.method, day_number(DAY), 1)

    expected = {
        "reposts": 2,
        "distinct reposters": 2,
        "other acts": 1,
        "distinct people": 2,
        "all acts": 3,
        "one-day decayed reposts": 1.25,
        "one-day decayed reposters": 1.25,
        "one-day decayed acts": 1.75,
        "one-day decayed people": 1.5,
    }
    assert expected == pytest.approx({name: rankings[name][0] for name in expected})
    assert [1] == later.tolist()


def test_klout_evaluation_says_what_it_does_not_see(tmp_path):
    """The output and its JSON say that there are no reactions in it."""
    file = tmp_path / "klout.csv"
    file.write_text("followers,listed,klout_score\n" + "\n".join(f"{10**n},{n},{12 * n}" for n in range(1, 7)) + "\n")
    options = ["--home", str(tmp_path / "none"), "evaluate", "klout", str(file), "--method", "3"]

    assert "this evaluation sees no reactions" in CliRunner().invoke(cli.app, options).stdout
    assert ["reactions"] == json.loads(CliRunner().invoke(cli.app, [*options, "--json"]).stdout)["unseen"]


def test_figures_are_printed_for_people():
    """Large numbers without exponents, small ones with the digits that say something."""
    numbers = [(100.0, 2), (0.00018, 2), (15691.4, 4), (1_234_567.0, 4), (0.01765, 4), (5.0, 4), (813.24, 4)]

    shown = [output_research._format_significant(*number) for number in numbers]

    assert ["100", "0.00018", "15,690", "1,235,000", "0.01765", "5", "813.2"] == shown


def test_method_comparison_shows_who_moves_and_why(home, take, tmp_path, monkeypatch):
    """Differences of both methods' scores and points, for claimed people and for everybody."""
    rows = [f"u{n % 7},t{n % 5},{DAY},{'repost' if n % 3 else 'reply'},p,{n}" for n in range(90)]
    take(HEADER, *rows)
    take("account,at,followers,lists", *(f"t{n},{DAY},{10 ** (n + 1)},{n}" for n in range(5)), table="profiles")
    for name in ("ada", "bob"):
        home.people.add(name, [("x", {"ada": "t1", "bob": "t3"}[name])], at=datetime(2024, 1, 1, tzinfo=UTC))
    scores = {}
    for version in ("2.1", "3"):
        with home.engine() as session:
            now = datetime.combine(DAY, time(23), UTC)
            published = scoring.score(
                session, home.lake, home.days, home.people, method.load_method(Path(version)), day=DAY, now=now
            )
            session.scan("published", published.files("scores"), {"name": "string", "score": "double"})
            scores[version] = dict(session.query("select name, score from published"))
    options = ["--home", str(home.settings.home), "method", "compare", "2.1", "3", "--day", DAY.isoformat()]

    answer = json.loads(CliRunner().invoke(cli.app, [*options, "--json"]).stdout)
    monkeypatch.setattr(output.console, "width", 200)
    table = CliRunner().invoke(cli.app, options).stdout
    drawn = CliRunner().invoke(cli.app, [*options, "--json", "--plot", str(tmp_path / "shifts.svg")])

    assert answer == json.loads(drawn.stdout)
    assert f"wrote {tmp_path / 'shifts.svg'}" in drawn.stderr
    assert "<svg" in (tmp_path / "shifts.svg").read_text()
    differences = {name: scores["3"][name] - score for name, score in scores["2.1"].items()}
    assert {"ada", "bob"} < differences.keys()
    claimed, everybody = answer["shifts"]
    assert ("claimed people", 2, "everybody", len(differences)) == (
        *(claimed["name"], claimed["people"]),
        *(everybody["name"], everybody["people"]),
    )
    assert everybody["mean"] == pytest.approx(np.mean(list(differences.values())))
    assert everybody["deciles"] == pytest.approx(np.percentile(list(differences.values()), range(0, 101, 10)))
    stats = pytest.importorskip("scipy.stats")
    names = sorted(differences)
    expected = stats.spearmanr([scores["2.1"][name] for name in names], [scores["3"][name] for name in names])
    assert everybody["rank_correlation"] == pytest.approx(expected.statistic)
    moves = [*answer["rises"], *answer["falls"]]
    assert {"ada", "bob"} == {move["name"] for move in moves}
    for move in moves:
        assert move["difference"] == pytest.approx(differences[move["name"]])
        for column in ("before", "after"):
            assert move[column] == pytest.approx(1 + sum(change[column] for change in move["signals"]))
        assert f"{move['difference']:+.1f}" in table
    assert ("lowest", "highest") == tuple(word for word in ("lowest", "highest", "largest fall ") if word in table)
    own_file, other_file = tmp_path / "own.toml", tmp_path / "other.toml"
    own_file.write_text(method.load_method(Path("2.1")).text)
    other_file.write_text(own_file.read_text().replace('version = "2.1"', 'version = "mine"'))
    by_file = [*options[:4], str(own_file), *options[5:], "--json"]
    assert answer == json.loads(CliRunner().invoke(cli.app, by_file).stdout)
    changed_file = tmp_path / "changed.toml"
    changed_file.write_text(own_file.read_text().replace("value = 90", "value = 91", 1))
    tomorrow = str(DAY + timedelta(1))
    for arguments, message in (
        (("2.1", str(other_file)), f"score it with `renown score --day {DAY} --method {other_file}`"),
        ((str(changed_file), "3"), "was published by a different method with the same version '2.1'"),
        ((str(tmp_path / "none.toml"), "3"), "there is no method"),
        (("2.1", "4"), "version '4' is not included in renown, which has 2.1, 3; with a file of that method, score it"),
        (("2.1", "3", "--day", tomorrow), f"score it with `renown score --day {tomorrow} --method 2.1`"),
    ):
        compared = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), "method", "compare", *arguments])
        assert message in str(compared.exception)
