"""Custom weights: the method's own steps with other weights, on published data."""

import dataclasses
import random
from datetime import timedelta

import pytest

import community
from community import HEADER
from conftest import DAY, METHOD_2, NOW, SETTINGS_2, new_home, publisher, taker
from renown import answers, privacy, scoring
from renown.answers.simulate.custom_weights import apply_factors
from renown.errors import InvalidInputError, InvalidMethodError
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.store import PublishedTables
from renown.web.api import queries

FACTORS = [{"amplification": "2", "curation": "0"}, {"audience": "0"}, {"approval": "10", "conversation": "0.25"}]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home for all tests of this module: importing and scoring the crowd takes seconds."""
    folder = tmp_path_factory.mktemp("trial")
    return open_home(new_home(folder / "home"), SETTINGS_2)


@pytest.fixture(scope="module")
def crowded_day(home):
    """Publish 30 people on two networks: with and without lists, with few and many reactions, known and unknown."""
    draw, take, publish = random.Random(7), taker(home, home.settings.home.parent), publisher(home)
    for n in range(30):
        home.people.add(f"p{n}", [("x", f"{n}"), *([("bluesky", f"did:{n}")] if n % 2 else [])], at=NOW)
    home.people.add("silent", [("x", "silent")], at=NOW)
    lists = ["", 0, 1, 2, 300]
    profiles = [
        f"{n},{DAY - timedelta(days=n)},{draw.randrange(10 ** draw.randrange(1, 7))},{draw.choice(lists)}"
        for n in range(25)
    ]
    take("account,at,followers,lists", *profiles, "silent,2024-01-30,,4", table="profiles")
    take("account,at,followers", *(f"did:{n},{DAY},{n * n}" for n in range(20)), table="profiles", network="bluesky")
    for network, id_prefix in (("x", ""), ("bluesky", "did:")):
        acts = [
            f"a{draw.randrange(200)},{id_prefix}{int(30 * draw.random() ** 3)},"
            f"{DAY - timedelta(days=draw.randrange(90))},"
            f"{draw.choice(['like', 'repost', 'reply', 'quote'])},p{n},{network}{n}"
            for n in range(900)
        ]
        take(HEADER, *acts, network=network)
    tallies = [f"{n},p{n},like,{10**n},{DAY}" for n in range(1, 6)]
    take("account,post,verb,count,at", *tallies, table="tallies")
    return publish()


def create_sandbox(home, day, people=None):
    """Create a sandbox of a published day."""
    with PublishedTables(day) as published:
        return answers.WeightSandbox(
            home.reader(), home.lake, published, people or [person.key for person in home.people.all()]
        )


def test_default_weights_give_the_published_scores(home, crowded_day):
    """To the last bit of every score and every value."""
    sandbox = create_sandbox(home, crowded_day)
    with PublishedTables(crowded_day) as published:
        scores = {row.person: row.score for row in published.read_scores([person.key for person in home.people.all()])}
        values = {(row.account, row.signal): row.value for key in scores for row in published.read_points(key)}
    names = {signal.number: signal.name for signal in sandbox.method.signals}
    sandbox_values = {
        (account, names[n]): value
        for account, n, value in sandbox._engine.query("select account, signal, value from values")
    }

    assert len(scores) > 25
    assert len(values) > 100
    assert scores == sandbox.published_scores
    assert values == sandbox_values


@pytest.mark.parametrize("factor_texts", FACTORS)
def test_custom_weights_equal_a_method_with_these_weights(home, crowded_day, factor_texts):
    """Publishing a day by a method with the same weights gives the same scores, to the last bit."""
    factors = answers.parse_factors(home.method, factor_texts)
    custom_method = dataclasses.replace(apply_factors(home.method, factors), version=f"2-{FACTORS.index(factor_texts)}")
    with home.engine() as engine:
        day = scoring.score(engine, home.lake, home.days, home.people, custom_method, day=DAY, now=NOW)
    people = {person.key: person.name for person in home.people.all()}
    result = answers.score_with_weights(create_sandbox(home, crowded_day), people, factors, limit=100)
    with PublishedTables(day) as published:
        scores = {row.name: row.score for row in published.read_scores(list(people))}

    assert scores == {row.name: row.score for row in result.ranking}
    assert any(row.move for row in result.ranking)
    assert sorted(scores.values(), reverse=True) == [row.score for row in result.ranking]


def test_rank_changes_are_reported(home, crowded_day):
    """Ranks include everybody; the largest changes are listed, and a selected person at any rank."""
    people = {person.key: person.name for person in home.people.all()}
    key = home.people.by_name("silent").key
    result = answers.score_with_weights(
        create_sandbox(home, crowded_day), people, answers.parse_factors(home.method, FACTORS[0]), selected=key, limit=3
    )
    moves = [row.rank_before - row.rank for row in result.largest_rises]

    assert (3, len(people)) == (len(result.ranking), result.people)
    assert "silent" == result.selected.name
    assert moves == sorted(moves, reverse=True)
    assert 0 < moves[0]
    assert all(row.rank > row.rank_before for row in result.largest_falls)
    assert 1 == pytest.approx(sum(weight.weight for weight in result.weights))
    assert not result.is_default


def test_hidden_people_are_excluded_from_custom_weights(home, crowded_day):
    """Neither named nor counted in the ranks of others."""
    people = {person.key: person.name for person in home.people.all()}
    sandbox = create_sandbox(home, crowded_day)
    top = answers.score_with_weights(sandbox, people, answers.parse_factors(home.method, {})).ranking[0]
    remaining = {key: name for key, name in people.items() if name != top.name}
    result = answers.score_with_weights(sandbox, remaining, answers.parse_factors(home.method, {}), limit=100)

    assert result.is_default
    assert top.name not in {row.name for row in result.ranking}
    assert (1, 1) == (result.ranking[0].rank, result.ranking[0].rank_before)
    assert result.people == result.unchanged == len(people) - 1


def test_sandbox_rejects_days_it_cannot_reproduce(home, crowded_day):
    """A day with other SQL steps, and a day whose scores differ."""
    with (
        PublishedTables(dataclasses.replace(crowded_day, method_digest="0")) as published,
        pytest.raises(InvalidMethodError, match="whose SQL is not in this version"),
    ):
        answers.WeightSandbox(home.reader(), home.lake, published, [-1])
    with PublishedTables(crowded_day) as published:
        published.read_verified_scores = lambda keys: dict.fromkeys(keys, 50.0)
        with pytest.raises(InvalidMethodError, match="cannot be reproduced"):
            answers.WeightSandbox(home.reader(), home.lake, published, [-1, -2])


@pytest.mark.parametrize(
    ("factor_texts", "match"),
    [
        ({"lists": "2"}, "'lists' is not a signal.*known: audience"),
        ({"audiense": "2"}, "did you mean 'audience'"),
        ({"audience": "much"}, "the factor of 'audience' is 'much'; write a number from 0 to 10"),
        ({"audience": "-1"}, "from 0 to 10"),
        ({"audience": "10.1"}, "from 0 to 10"),
        ({"audience": "nan"}, "from 0 to 10"),
        ({"audience": "1e400"}, "from 0 to 10"),
        ({"audience": ""}, "from 0 to 10"),
        (
            dict.fromkeys(("audience", "curation", "amplification", "conversation", "approval"), "0"),
            "all weights are 0; set at least one of audience",
        ),
    ],
)
def test_invalid_factors_are_explained(factor_texts, match):
    """The error has the value, and what to write."""
    with pytest.raises(InvalidInputError, match=match):
        answers.parse_factors(METHOD_2, factor_texts)


@pytest.mark.home
def test_sandbox_is_replaced_with_its_day_or_people(tmp_path):
    """It is reused until a day is published or somebody opts out."""
    home = community.create_community(tmp_path / "home", days=(1,), version="2.1")
    site = build_app_state(home)
    queries.score_with_weights(site, {})
    first = site.sandboxes._current[1]
    queries.score_with_weights(site, {"curation": "3"})
    assert site.sandboxes._current[1] is first

    with home.reader() as engine:
        privacy.opt_out_people(
            engine, home.personal_data, [scoring.resolve_subject("bob", engine, home.lake, home.people)], now=NOW
        )
    result = queries.score_with_weights(site, {})
    second = site.sandboxes._current[1]

    assert second is not first
    assert {"ann", "cat"} == {row.name for row in result.ranking}
    publisher(home)()
    assert DAY.isoformat() == queries.score_with_weights(site, {}).day
    assert site.sandboxes._current[1] is not second
