"""Trials: other weights, tried by the method's own steps on what was published."""

import dataclasses
import random
from datetime import timedelta

import pytest

import community
from conftest import DAY, NOW, publisher, taker
from renown import answers, assembly, jobs, method
from renown.answers.trial import reweighed
from renown.errors import BadInput, BadMethod
from renown.store import Published
from renown.web import views

LINE = "actor,target,at,verb,post,id"
OTHERS = [{"amplification": "2", "curation": "0"}, {"audience": "0"}, {"approval": "10", "conversation": "0.25"}]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a home of its own: to score a crowd takes a moment."""
    folder = tmp_path_factory.mktemp("trial")
    assembly.make_home(folder / "home")
    return assembly.open_home(folder / "home", {})


@pytest.fixture(scope="module")
def crowd(home):
    """Publish thirty people on two networks: with lists and without, with few acts and many, known and not."""
    picks, take, publish = random.Random(7), taker(home, home.settings.home.parent), publisher(home)
    for n in range(30):
        home.people.add(f"p{n}", [("x", f"{n}"), *([("bluesky", f"did:{n}")] if n % 2 else [])], at=NOW)
    home.people.add("silent", [("x", "silent")], at=NOW)
    lists = ["", 0, 1, 2, 300]
    profiles = [
        f"{n},{DAY - timedelta(days=n)},{picks.randrange(10 ** picks.randrange(1, 7))},{picks.choice(lists)}"
        for n in range(25)
    ]
    take("account,at,followers,lists", *profiles, "silent,2024-01-30,,4", table="profiles")
    take("account,at,followers", *(f"did:{n},{DAY},{n * n}" for n in range(20)), table="profiles", network="bluesky")
    for network, to in (("x", ""), ("bluesky", "did:")):
        acts = [
            f"a{picks.randrange(200)},{to}{int(30 * picks.random() ** 3)},{DAY - timedelta(days=picks.randrange(90))},"
            f"{picks.choice(['like', 'repost', 'reply', 'quote'])},p{n},{network}{n}"
            for n in range(900)
        ]
        take(LINE, *acts, network=network)
    tallies = [f"{n},p{n},like,{10**n},{DAY}" for n in range(1, 6)]
    take("account,post,verb,count,at", *tallies, table="tallies")
    return publish()


def tryout(home, day, people=None):
    """Hold a day ready for trials."""
    with Published(day) as published:
        return answers.Tryout(home.reader(), home.lake, published, people or [one.key for one in home.people.all()])


def test_the_weights_as_they_are_give_what_was_published(home, crowd):
    """To the last bit of everybody's score and of every value: the trial is the calculation."""
    held = tryout(home, crowd)
    with Published(crowd) as published:
        scores = {row.person: row.score for row in published.scored([one.key for one in home.people.all()])}
        values = {(row.account, row.signal): row.value for key in scores for row in published.points(key)}
    names = {signal.number: signal.name for signal in held.method.signals}
    made = {
        (account, names[n]): value
        for account, n, value in held._engine.rows("select account, signal, value from values")
    }

    assert len(scores) > 25
    assert len(values) > 100
    assert scores == held.before
    assert values == made


@pytest.mark.parametrize("asked", OTHERS)
def test_other_weights_give_what_a_method_with_them_publishes(home, crowd, asked):
    """Score the lake by a method of these weights: the same scores, to the last bit."""
    times = answers.times_of(home.method, asked)
    other = dataclasses.replace(reweighed(home.method, times), version=f"2-{OTHERS.index(asked)}")
    with home.engine() as engine:
        day = jobs.score(engine, home.lake, home.days, home.people, other, day=DAY, now=NOW)
    people = {one.key: one.name for one in home.people.all()}
    told = answers.trial(tryout(home, crowd), people, times, limit=100)
    with Published(day) as published:
        scores = {row.name: row.score for row in published.scored(list(people))}

    assert scores == {row.who: row.score for row in told.ranking}
    assert any(row.moved for row in told.ranking)
    assert sorted(scores.values(), reverse=True) == [row.score for row in told.ranking]


def test_who_moved_how_far_is_told(home, crowd):
    """Ranks before and after hold everybody once; the farthest are named, whom one asks for wherever they are."""
    people = {one.key: one.name for one in home.people.all()}
    key = home.people.by_name("silent").key
    told = answers.trial(tryout(home, crowd), people, answers.times_of(home.method, OTHERS[0]), asked=key, limit=3)
    moves = [row.rank_before - row.rank for row in told.risen]

    assert (3, len(people)) == (len(told.ranking), told.people)
    assert "silent" == told.asked.who
    assert moves == sorted(moves, reverse=True)
    assert 0 < moves[0]
    assert all(row.rank > row.rank_before for row in told.fallen)
    assert 1 == pytest.approx(sum(weight.tried for weight in told.weights))
    assert not told.as_is


def test_people_who_left_are_in_no_trial(home, crowd):
    """Neither by name nor in anybody's rank."""
    people = {one.key: one.name for one in home.people.all()}
    held = tryout(home, crowd)
    first = answers.trial(held, people, answers.times_of(home.method, {})).ranking[0]
    rest = {key: name for key, name in people.items() if name != first.who}
    told = answers.trial(held, rest, answers.times_of(home.method, {}), limit=100)

    assert told.as_is
    assert first.who not in {row.who for row in told.ranking}
    assert (1, 1) == (told.ranking[0].rank, told.ranking[0].rank_before)
    assert told.people == told.kept == len(people) - 1


def test_a_day_of_other_steps_is_not_tried(home, crowd):
    """Nor one whose scores do not come out again."""
    with Published(dataclasses.replace(crowd, method_digest="0")) as published, pytest.raises(BadMethod, match="steps"):
        answers.Tryout(home.reader(), home.lake, published, [-1])
    with Published(crowd) as published:
        published.scores = lambda keys: dict.fromkeys(keys, 50.0)
        with pytest.raises(BadMethod, match="does not give its scores again"):
            answers.Tryout(home.reader(), home.lake, published, [-1, -2])


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"lists": "2"}, "'lists' is no signal.*known: audience"),
        ({"audiense": "2"}, "did you mean 'audience'"),
        ({"audience": "much"}, "audience is 'much'; write a number from 0 to 10"),
        ({"audience": "-1"}, "from 0 to 10"),
        ({"audience": "10.1"}, "from 0 to 10"),
        ({"audience": "nan"}, "from 0 to 10"),
        ({"audience": "1e400"}, "from 0 to 10"),
        ({"audience": ""}, "from 0 to 10"),
        (dict.fromkeys(("audience", "curation", "amplification", "conversation", "approval"), "0"), "leave one of"),
    ],
)
def test_a_wrong_weight_says_what_would_be_right(asked, match):
    """With the value, and what to write."""
    with pytest.raises(BadInput, match=match):
        answers.times_of(method.load(), asked)


def test_a_tryout_lives_as_long_as_its_day_and_people(tmp_path):
    """Asked again it is the same; when a day is published, or somebody leaves, it ends."""
    home = community.settled(tmp_path / "home", days=(1,))
    site = home.site()
    views.trial(site, {})
    first = site.tryouts._held[1]
    views.trial(site, {"curation": "3"})
    assert site.tryouts._held[1] is first

    with home.reader() as engine:
        jobs.opt_out(engine, home, answers.who("bob", engine, home.lake, home.people), now=NOW)
    told = views.trial(site, {})
    second = site.tryouts._held[1]

    assert second is not first
    assert {"ann", "cat"} == {row.who for row in told.ranking}
    publisher(home)()
    assert DAY.isoformat() == views.trial(site, {}).day
    assert site.tryouts._held[1] is not second
