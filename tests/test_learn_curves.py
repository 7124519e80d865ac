"""Curves of one network: learned from its own population, and used for its accounts only."""

import json
import random
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import DAY, METHOD_2, NOW, new_home, taker
from proofs import only_in_full
from renown import answers, cli, method, scoring
from renown.engines import open_engine
from renown.errors import InvalidInputError, InvalidMethodError
from renown.home import open_home
from renown.method.ledger_parameters import LEDGER_INPUT_COLUMNS, build_ledger_parameter_tables
from renown.records import LAKE_COLUMNS, day_number
from renown.research import curves as research_curves
from renown.scoring.points import load_points, open_all_points
from renown.store import PublishedTables
from renown.store.published.statistics import read_account_figures
from test_engines import SPARK_CONF, require_spark
from test_ledger import HEADER, METHOD, read_rows

FOLLOWER_RATE = METHOD.signals[0].rate.value
PRESUMED = {name: METHOD[f"presumed_{name}"] for name in ("lists", "reactions")}
STEP_COLUMNS = {step.name: step.columns for step in METHOD.steps}


def true_equivalents(name, values):
    """Return the follower-equivalents of the generated population: a power of what its accounts receive."""
    factor, power = {"lists": (900, 1.1), "reactions": (30_000, 0.8)}[name]
    return factor * np.asarray(values) ** power


def followers_of(name, values):
    """Return the followers that make the equivalents true, with what the method presumes of everybody."""
    return np.round((true_equivalents(name, values) + PRESUMED[name]) / FOLLOWER_RATE).astype(int)


def evaluate(curve, values):
    """Return the equivalents of values by a curve."""
    points = np.log(np.array(curve.points))
    return np.exp(np.interp(np.log(values), *points.T))


def score(home, used_method=METHOD):
    """Publish the day; return it, and what every account received by reactions."""
    with home.engine(None) as session:
        drop = session.drop
        session.drop = lambda table: None if table == "reactions" else drop(table)
        now = datetime.combine(DAY, time(23), UTC)
        day = scoring.score(session, home.lake, home.days, home.people, used_method, day=DAY, now=now)
        amounts = session.query("""
            select a.account_id, (known + counted) / 1e6 * greatest(0, people - 2) / people
            from reactions join accounts a using (account) where people > 0""")
    return day, dict(amounts)


def new_method(folder, version, lines):
    """Return method 3 with another version and further lines."""
    file = folder / f"{version}.toml"
    file.write_text(METHOD.text.replace('version = "3"', f'version = "{version}"') + "\n" + lines)
    return method.load_method(file)


def received_lists(draw, count):
    """Draw how many lists accounts are on: many on a few, few on thousands."""
    return np.maximum(1, np.round(np.exp(draw.normal(2.5, 2, count)))).astype(int)


@pytest.fixture(scope="module")
def learned_home(tmp_path_factory):
    """Return a home of 1,500 accounts whose followers follow from lists, on `x`, and of 900 on `y` from reactions."""
    folder = tmp_path_factory.mktemp("curves")
    home = open_home(new_home(folder / "home"), {})
    take = taker(home, folder)
    draw = np.random.default_rng(4)
    lists = received_lists(draw, 1500)
    rows = [f"l{n},{DAY},{followers},{lists[n]}" for n, followers in enumerate(followers_of("lists", lists))]
    take("account,at,followers,lists", *rows, table="profiles")
    reactors = np.exp(draw.uniform(np.log(3), np.log(200), 900)).astype(int)
    acts = [
        f"f{actor},r{target},{DAY - timedelta(days=int(draw.integers(20)))},repost,p,{target}-{actor}"
        for target, count in enumerate(reactors)
        for actor in draw.choice(600, count, replace=False)
    ]
    take(HEADER, *acts, network="y")
    _, amounts = score(home)
    followers = dict(zip(amounts, followers_of("reactions", list(amounts.values())), strict=True))
    rows = [f"{account},{DAY},{count}" for account, count in followers.items() if account.startswith("r")]
    take("account,at,followers", *rows, table="profiles", network="y")
    score(home)
    return home, {account: amount for account, amount in amounts.items() if account.startswith("r")}


def learn(home, network, **options):
    """Learn the curves of a network from the home's day."""
    day = home.days.find(DAY, "3")
    with home.reader() as engine, open_all_points(engine, home.lake, day, home.settings.home) as published:
        return research_curves.learn_curves(published, METHOD, network, version="own", **options)


def test_known_curve_of_lists_is_learned(learned_home):
    """Between its points the curve is the one that generated the population; it covers the middle 98%."""
    home, _ = learned_home

    result = learn(home, "x")

    lists, reactions = result.curves
    assert (("lists", 1500), ("reactions", 0)) == ((lists.name, lists.accounts), (reactions.name, reactions.accounts))
    assert not reactions.points
    curve = method.parse_method(result.text, "learned").network_curves["x", "lists"]
    values = received_lists(np.random.default_rng(4), 1500)
    low, high = np.quantile(values, [0.01, 0.99])
    grid = np.geomspace(max(low, curve.points[0][0]), min(high, curve.points[-1][0]), 40)
    assert curve.points[0][0] < 2
    assert curve.points[-1][0] > high / 3
    assert evaluate(curve, grid) == pytest.approx(true_equivalents("lists", grid), rel=0.08)
    assert "1,500 accounts of x on 2024-02-01" in curve.source


def test_known_curve_of_reactions_is_learned(learned_home):
    """The published value of reactions is converted back to what was received."""
    home, amounts = learned_home

    result = learn(home, "y")

    curve = method.parse_method(result.text, "learned").network_curves["y", "reactions"]
    positive = [amount for amount in amounts.values() if amount > 0]
    assert len(positive) == result.curves[1].accounts > 700
    grid = np.geomspace(curve.points[0][0], curve.points[-1][0], 40)
    assert grid[-1] > 20 * grid[0]
    assert evaluate(curve, grid) == pytest.approx(true_equivalents("reactions", grid), rel=0.08)


def test_amounts_are_those_of_the_steps(learned_home):
    """What is read from a published day is what the steps computed, account by account."""
    home, amounts = learned_home

    day = home.days.find(DAY, "3")
    with home.reader() as engine, open_all_points(engine, home.lake, day, home.settings.home) as published:
        figures = read_account_figures(published, "y", {signal.name: signal.reads for signal in METHOD.signals})
    values, _ = research_curves._pair_reactions(figures, METHOD, "y")

    assert len(values) > 700
    assert np.sort(values) == pytest.approx(sorted(amount for amount in amounts.values() if amount > 0), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_matched_quantiles_increase(seed):
    """Whatever the figures are, more received is never worth less, equal values share one point, and none is lost."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(500, 3000))
    values = np.maximum(1, np.round(np.exp(draw.normal(1, draw.uniform(0.2, 3), count))))
    equivalents = np.exp(draw.normal(6, draw.uniform(0.2, 4), count))

    points = research_curves.match_quantiles(values, equivalents)

    assert sum(accounts for _, accounts, _ in points) == count
    assert all(accounts >= 20 for _, accounts, _ in points)
    matched_values, matched_equivalents = [row[0] for row in points], [row[2] for row in points]
    assert matched_values == sorted(set(matched_values))
    assert matched_equivalents == sorted(matched_equivalents)


def test_matching_needs_no_pairs():
    """Only the distributions count: followers in another order give the same points."""
    draw = np.random.default_rng(3)
    lists = received_lists(draw, 800)
    equivalents = true_equivalents("lists", lists)

    assert research_curves.match_quantiles(lists, equivalents) == research_curves.match_quantiles(
        lists, draw.permutation(equivalents)
    )


def test_curve_and_its_inverse_agree():
    """Values become equivalents and come back, below, between and beyond the points; a flat piece has its end."""
    values = np.geomspace(1e-4, 1e6, 200)
    curve = METHOD.curves["reactions"]
    equivalents = research_curves._find_equivalents(curve, values)

    assert research_curves._find_values(curve, equivalents) == pytest.approx(values, rel=1e-9)
    assert np.all(np.diff(equivalents) > 0)
    flat = method.parse_method(METHOD.text.replace("[3, 860]", "[3, 190]"), "flat").curves["lists"]
    assert research_curves._find_values(flat, np.array([190.0])) == pytest.approx([3])


def test_few_accounts_are_refused(home, take):
    """The error says how many accounts are usable, and how many are needed."""
    take("account,at,followers,lists", *(f"u{n},{DAY},{n},{n % 40}" for n in range(490)), table="profiles")
    score(home)

    with pytest.raises(InvalidInputError, match=r"only 477 accounts with followers and lists and 0 .* 500 of one kind"):
        learn(home, "x")


def test_self_provided_figures_are_left_out(home, take):
    """Of accounts whose owner provided a figure, nothing is learned."""
    rows = [f"u{n},{DAY},{4 * n},{n}" for n in range(1, 521)]
    take("account,at,followers,lists", *rows, table="profiles")
    assert score(home)[0].people
    assert learn(home, "x").curves[0].accounts == 520
    with open_engine("duckdb") as engine:
        strengths = home.days.find(DAY, "3").files("strengths")
        engine.query("select 1")
        for file in strengths:
            engine.query(f"""
                copy (select * replace (cast(account % 2 as smallint) as self_reported) from '{file}')
                to '{file}.new' (format parquet)""")
            Path(f"{file}.new").replace(file)

    with pytest.raises(InvalidInputError, match=r"only 2\d\d accounts with followers and lists"):
        learn(home, "x")


def test_methods_without_a_ledger_have_no_curves(home, take, tmp_path):
    """Curves are not learned for them, and rates are not learned for methods with a ledger."""
    take("account,at,followers,lists", *(f"u{n},{DAY},{4 * n},{n}" for n in range(1, 260)), table="profiles")
    with home.engine() as session:
        scoring.score(session, home.lake, home.days, home.people, METHOD_2, day=DAY, now=NOW)
    score(home)
    options = ["--home", str(home.settings.home), "learn"]
    to = ["--network", "x", "--to", str(tmp_path / "own.toml")]

    curves = CliRunner().invoke(cli.app, [*options, "curves", *to, "--method", "2.1"])
    rates = CliRunner().invoke(cli.app, [*options, "rates", *to, "--method", "3"])
    changed = new_method(tmp_path, "changed", "").text.replace("value = 400", "value = 300", 1)

    assert "method '2.1' has no curves; learn curves for a method with a ledger" in str(curves.exception)
    assert "method '3' converts lists and reactions to followers by curves" in str(rates.exception)
    assert not (tmp_path / "own.toml").exists()
    with PublishedTables(home.days.find(DAY, "3")) as published, pytest.raises(InvalidMethodError, match="publish the"):
        research_curves.learn_curves(published, method.parse_method(changed, "changed"), "x", version="own")


def test_command_writes_a_method_that_can_be_learned_again(learned_home, tmp_path):
    """The file is a method; curves of another network are added to it; without --to nothing is written."""
    home, _ = learned_home
    file = tmp_path / "own.toml"
    options = ["--home", str(home.settings.home), "learn", "curves", "--network", "x", "--day", str(DAY)]

    table = CliRunner().invoke(cli.app, [*options, "--method", "3"])
    result = CliRunner().invoke(
        cli.app, [*options, "--method", "3", "--output", str(file), "--plot", str(tmp_path / "c.svg"), "--json"]
    )

    words = " ".join(table.output.split())
    assert "1,500 accounts with followers and lists" in words
    assert "reactions: too few accounts (0)" in words
    assert "no file was written" in words
    answer = json.loads(result.stdout)
    assert file.read_text() == answer["text"]
    assert (tmp_path / "c.svg").stat().st_size > 5000
    own = method.load_method(file)
    assert ("own", {("x", "lists")} | set(METHOD.network_curves)) == (own.version, set(own.network_curves))
    assert own.digest != METHOD.digest
    for wrong, message in (
        (["--to", str(file)], "exists already"),
        (["--to", str(tmp_path / "none" / "own.toml")], "there is no folder"),
        (["--plot", str(tmp_path / "none" / "c.svg")], "there is no folder"),
    ):
        refused = CliRunner().invoke(cli.app, [*options, "--method", "3", *wrong])
        assert message in str(refused.exception)
        assert not refused.output


def test_network_curve_changes_only_that_network(tmp_path):
    """Scores of other networks keep their bits; on the network itself, lists alone give the curve's equivalents."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    draw = random.Random(2)
    for network in ("x", "y"):
        rows = [f"u{n},{DAY},{draw.randrange(2000)},{n % 60}" for n in range(60)]
        take("account,at,followers,lists", *rows, table="profiles", network=network)
        acts = (f"f{draw.randrange(40)},u{draw.randrange(60)},{DAY},repost,p,{network}{n}" for n in range(400))
        take(HEADER, *acts, network=network)
    take("account,at,lists", f"alone,{DAY},7", table="profiles", network="x")
    own = new_method(
        tmp_path,
        "own",
        '[networks.x.curves.lists]\nunit = "u"\nsource = "s"\npoints = [[1, 10], [100, 10000]]\n'
        '[networks.x.curves.reactions]\nunit = "u"\nsource = "s"\npoints = [[0.1, 5], [1, 500]]\n',
    )

    general, special = score(home)[0], score(home, own)[0]

    with home.reader() as engine:
        engine.scan("accounts", home.lake.files("accounts"), LAKE_COLUMNS["accounts"])
        networks = dict(engine.query("select cast(account as varchar), network from accounts"))
        ids = dict(engine.query("select account_id, account from accounts where network = 'x'"))
    old, new = ({row[0]: row[1:] for row in read_rows(day, "scores")} for day in (general, special))
    assert {networks[key] for key in old if old[key] != new[key]} == {"x"}
    assert sum(old[key] != new[key] for key in old if networks[key] == "x") > 50
    assert sum(networks[key] == "y" for key in old) > 50
    with home.reader() as engine, PublishedTables(special) as published:
        [row] = load_points(engine, home.lake, published, [ids["alone"]])[ids["alone"]]
    assert np.exp(row.value) == pytest.approx(1 + 10 * 7**1.5, rel=1e-9)


def test_simulations_use_the_curves_of_each_network(tmp_path):
    """Without changes, the simulation of somebody on two networks gives the published score."""
    home = open_home(new_home(tmp_path / "home"), {})
    take = taker(home, tmp_path)
    for network in ("x", "y"):
        take("account,at,followers,lists", f"ada,{DAY},900,30", table="profiles", network=network)
        take(HEADER, *(f"f{n},ada,{DAY},repost,p,{network}{n}" for n in range(30)), network=network)
    home.people.add("ada", [("x", "ada"), ("y", "ada")], at=datetime(2020, 1, 1, tzinfo=UTC))
    curve = 'unit = "u"\nsource = "s"\npoints = [[1, 100], [100, 2000]]\n'
    own = new_method(tmp_path, "own", f"[networks.y.curves.lists]\n{curve}[networks.y.curves.reactions]\n{curve}")
    general, special = (score(home, used)[0] for used in (METHOD, own))

    results = []
    for day in (general, special):
        with home.reader() as engine, PublishedTables(day) as published:
            subject = scoring.resolve_subject("ada", engine, home.lake, home.people)
            [profile] = answers.compute_profiles([subject], home.people.all(), published, engine, home.lake)
            published_score = published.read_score(profile.key).score
            result = answers.simulate_changes("ada", published_score, profile.known_inputs, [], engine)
            results.append((published_score, result.score))

    assert results[0][0] == pytest.approx(results[0][1], abs=1e-9)
    assert results[1][0] == pytest.approx(results[1][1], abs=1e-9)
    assert abs(results[0][0] - results[1][0]) > 1


@pytest.mark.parametrize("engine_name", ["duckdb", pytest.param("spark", marks=[pytest.mark.proof, only_in_full])])
def test_step_reads_the_curve_of_the_network(tmp_path, engine_name):
    """Every engine takes a network's own curve where there is one, and the general one elsewhere."""
    if engine_name == "spark":
        require_spark()
    own = new_method(
        tmp_path,
        "own",
        '[networks.y.curves.lists]\nunit = "u"\nsource = "s"\npoints = [[10, 100], [1000, 1000]]\n',
    )
    tables = build_ledger_parameter_tables(own, day_number(DAY), coverage=[("x", 4), ("y", 4)], days={"x": 9, "y": 9})
    step = next(step for step in own.steps if step.name == "estimates")
    with open_engine(engine_name, conf={"spark.sql.shuffle.partitions": "2"} | SPARK_CONF) as engine:
        for name in ("scales", "curves", "observed", "constants"):
            engine.create_table(name, tables[name], LEDGER_INPUT_COLUMNS[name])
        keys = {"x": (1, 2), "y": (3, 4)}
        accounts = [(network, key, str(key)) for network, pair in keys.items() for key in pair]
        engine.create_table("accounts", accounts, LAKE_COLUMNS["accounts"])
        signals = [(key, 2, count * 10**6, 0, 0, 0, 0, 0) for key, count in ((1, 10), (2, 1), (3, 100), (4, 1))]
        engine.create_table("signals", signals, STEP_COLUMNS["signals"])
        reactions = [(key, 10**6, 0, 0, 10**9, 5, 1) for key in (1, 3)]
        engine.create_table("reactions", reactions, STEP_COLUMNS["reactions"])
        engine.run(step)
        rows = engine.query("select account, lists, reactions from estimates order by account")

    assert rows == [
        (1, pytest.approx(2000), pytest.approx(4900, rel=1e-6)),
        (2, pytest.approx(190), 0),
        (3, pytest.approx(100 * 10**0.5), pytest.approx(4900, rel=1e-6)),
        (4, pytest.approx(10), 0),
    ]


@pytest.mark.parametrize(
    ("base", "lines", "message"),
    [
        ("3", '[networks.x.curves.likes]\nunit = "u"\nsource = "s"\npoints = [[1, 1], [2, 2]]', "write one of lists"),
        ("3", '[networks.x.curves.lists]\nunit = "u"\npoints = [[1, 1], [2, 2]]', "'lists of x' has no unit or no"),
        ("3", '[networks.x.curves.lists]\nunit = "u"\nsource = "s"\npoints = [[1, 2], [2, 1]]', "increasing"),
        ("2.1", '[networks.x.curves.lists]\nunit = "u"\nsource = "s"\npoints = [[1, 1], [2, 2]]', "read no curves"),
    ],
)
def test_invalid_curve_of_a_network_is_refused(base, lines, message):
    """The error names the network and what to write."""
    text = method.load_method(Path(base)).text + "\n" + lines

    with pytest.raises(InvalidMethodError, match=message):
        method.parse_method(text, "own")
