"""Receipts and changes: explanations that are the calculation."""

from datetime import timedelta

import pytest

from conftest import DAY, NOW
from renown import answers, jobs
from renown.answers.evidence import method_of
from renown.errors import BadMethod, NotPublished, UnknownWho
from renown.method import parse
from renown.store import Published
from test_river import HEADER, acts

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def explain(home):
    """Return a function that explains somebody."""

    def explain_one(asked, day=None, top=3):
        with home.reader() as engine, Published(home.days.find(day)) as published:
            who = answers.who(asked, engine, home.lake, home.people)
            return answers.explain(who, published, engine, home.lake, top=top)

    return explain_one


@pytest.fixture
def changes(home):
    """Return a function that explains a move: part to points, with the move and the sum."""

    def explain_move(asked, first=DAY, last=TOMORROW, method=None):
        days = home.days.find(first), home.days.find(last, method)
        with home.reader() as engine, Published(days[0]) as one, Published(days[1]) as other:
            who = answers.who(asked, engine, home.lake, home.people)
            answer = answers.changes(who, one, other, engine, home.lake)
        assert answer.move == pytest.approx(sum(part.points for part in answer.parts), abs=1e-9)
        assert answer.move == pytest.approx(answer.last - answer.first, abs=1e-12)
        goes_on(answer)
        return {part.kind: part.points for part in answer.parts if abs(part.points) > 1e-9}

    return explain_move


def goes_on(answer):
    """Assert that parts lead from one score to the other, and that every level sums to the one above."""
    assert [answer.first, *(part.after for part in answer.parts)] == pytest.approx(
        [*(part.before for part in answer.parts), answer.last], abs=1e-9
    )
    for part in answer.parts:
        assert part.after - part.before == pytest.approx(part.points, abs=1e-9)
        assert part.points == pytest.approx(sum(signal.points for signal in part.signals), abs=1e-7)
        for signal in part.signals:
            for lines in (signal.actors, signal.posts):
                assert signal.points == pytest.approx(sum(line.points for line in lines), abs=1e-8)


def adds_up(explanation):
    """Assert that every level sums to the one above; return the kinds of line that took part."""
    kinds = set()
    told = explanation.receipt
    assert told.score == pytest.approx(told.everybody + sum(row.points for row in told.points), abs=1e-9)
    for signal in explanation.signals:
        for lines in (signal.actors, signal.posts):
            assert signal.of.points == pytest.approx(sum(line.points for line in lines), abs=1e-9)
            assert signal.of.received == pytest.approx(sum(line.received for line in lines), rel=1e-9)
            kinds |= {line.kind for line in lines}
    return kinds


def test_receipts_of_everybody_add_up_to_people_and_posts(home, take, publish, explain):
    """Over everybody: claimed and not, on two networks, with profiles and tallies, at strength zero."""
    take(HEADER, *acts(400))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"zero,{DAY},0,0", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", f"u2,{DAY},,repost,5", table="tallies")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4"), ("x", "never seen")], at=NOW)
    with Published(publish()) as published:
        people = [score.name for score in published.leaders(100)]

    explained = {who: explain(who) for who in people}

    assert {"ada", "x:zero", "mastodon:u3"} < set(people)
    assert {"actor", "others", "post", "account", "unknown", "profile"} == set().union(
        *map(adds_up, explained.values())
    )
    assert 1 == explained["x:zero"].receipt.score


def test_a_receipt_adds_up_for_one_act_and_at_the_cap(take, publish, explain):
    """One repost is one actor and one post, without points; a hundred points are shared like any others."""
    take(HEADER, f"a,b,{DAY},repost,p,1", *(f"{who},giant,{DAY},like,q,2{who}" for who in "acd"))
    take("account,at,followers,lists", f"giant,{DAY},10000000000,100000000", table="profiles")
    take("account,at,post,verb,count", *(f"giant,{DAY},q,{v},{10**11}" for v in ("repost", "reply")), table="tallies")
    publish()

    one, giant = explain("x:b"), explain("x:giant")

    assert [("actor", "x:a")] == [(line.kind, line.name) for line in one.signals[0].actors]
    assert [("post", "p")] == [(line.kind, line.name) for line in one.signals[0].posts]
    assert {"actor", "post"} == adds_up(one)
    assert 1 == one.receipt.score < 100 == giant.receipt.score
    assert {"actor", "post", "profile", "unknown"} == adds_up(giant)


def test_a_receipt_says_what_the_lake_forgot(home, take, publish, explain):
    """An actor erased after the day was published leaves a line without a name."""
    take(HEADER, f"a,b,{DAY},repost,p,1", f"c,b,{DAY},repost,q,2")
    publish()
    with home.reader() as engine:
        asked = answers.who("x:a", engine, home.lake, home.people)
        jobs.forget(engine, home, asked)

    explained = explain("x:b")

    assert {"actor", "post", "forgotten"} == adds_up(explained)
    assert ["x:c"] == [line.name for line in explained.signals[0].actors if line.kind == "actor"]


def test_handles_name_actors(take, publish, explain):
    """An actor goes by its latest handle."""
    take(HEADER, f"7,b,{DAY},repost,p,1")
    take("account,at,handle,followers", f"7,{DAY},old,5", f"7,{TOMORROW},new,5", table="profiles")
    publish()

    assert ["x:new"] == [line.name for line in explain("x:b").signals[0].actors]


def test_nothing_happened_nothing_moves_but_the_clock(take, publish, changes):
    """With the same acts, the next day differs by decay and by the actors' standing alone."""
    take(HEADER, *acts(300))
    publish(DAY - timedelta(days=100))
    publish(DAY)
    publish(TOMORROW)

    assert {"decay", "left", "standing"} >= set(changes("x:u1")) >= {"decay"}


def test_each_cause_has_its_part(home, take, publish, changes):
    """New, left, undone, profile, identities: each comes alone where it alone happened."""
    far = DAY - timedelta(days=89)
    crowd = [f"{who},{whom},{DAY},{verb}" for who in "klm" for whom, verb in (("b", "repost"), ("e", "like"))]
    take(HEADER, *(f"{act},p,1{n}" for n, act in enumerate(crowd)), f"d,e,{far},like,p,3")
    take(HEADER, *(f"{who},g,{DAY},repost,q,{5 + n}" for n, who in enumerate("acde")), f"a,h,{DAY},like,r,9")
    take("account,at,followers,lists", f"h,{DAY},10,1", table="profiles")
    publish(DAY)
    take(HEADER, f"n,b,{TOMORROW},repost,p,8")
    take("id,at", f"6,{TOMORROW}", table="undone")
    take("account,at,followers,lists", f"h,{TOMORROW},90,1", table="profiles")
    publish(TOMORROW)

    assert changes("x:b")["new"] > 0
    assert changes("x:e")["left"] < 0
    assert changes("x:g")["undone"] < 0
    assert changes("x:h")["profile"] > 0
    home.people.add("ada", [("x", "g"), ("x", "h")], at=NOW)
    publish(TOMORROW)
    assert {"identities"} == set(changes("ada"))


def test_who_went_or_came_back_is_a_part(home, take, publish, changes, explain):
    """Actors gone take their points along and bring them back; so does a claimed account that goes."""
    crowd = [
        f"{who},{whom},{DAY},{verb},p,{who}{whom}" for who in "klm" for whom, verb in (("b", "like"), ("e", "like"))
    ]
    take(HEADER, *crowd, *(f"{who},own,{DAY},repost,q,{who}o" for who in "klm"))
    home.people.add("ada", [("x", "own"), ("x", "e")], at=NOW)
    days = [DAY + timedelta(days=after) for after in range(3)]
    publish(days[0])
    for day, there in ((days[1], "false"), (days[2], "true")):
        take("account,at,present", f"k,{day},{there}", f"own,{day},{there}", table="presence")
        publish(day)

    for who in ("x:b", "ada"):
        gone, back = changes(who, days[0], days[1]), changes(who, days[1], days[2])
        assert gone["absence"] < 0 < back["absence"]
        assert not {"identities", "new", "forgotten", "undone"} & {*gone, *back}
    assert {"x:l", "x:m"} == {line.name for line in explain("x:b", days[1]).signals[0].actors}


def test_another_method_is_a_part(home, take, publish, changes):
    """What a method of one's own moved is told apart from what happened."""
    take(HEADER, *acts(300))
    publish(DAY)
    own = parse(
        home.method.text.replace('version = "2"', 'version = "3"').replace("value = 50.0", "value = 5.0"), "own"
    )
    with home.engine() as engine:
        jobs.score(engine, home.lake, home.days, home.people, own, day=TOMORROW, now=NOW)

    moved = changes("x:u1", method="3")

    assert moved["method"] < 0
    assert moved["decay"] < 0
    assert "forgotten" not in moved


def test_a_day_of_other_steps_is_not_explained_wrongly(take, publish):
    """Actors and posts are computed by the steps that made the points, or not at all."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    day = publish()
    object.__setattr__(day, "method_digest", "0" * 64)

    with Published(day) as published, pytest.raises(BadMethod, match="steps that this renown no longer has"):
        method_of(published)


def test_a_day_of_other_steps_can_still_be_shown(home, take, publish):
    """Leaders and points are published: they need no step of ours."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    day = publish()
    object.__setattr__(day, "method_digest", "0" * 64)

    with home.reader() as engine, Published(day) as published:
        who = answers.who("x:b", engine, home.lake, home.people)
        told = answers.receipt(who, published, engine, home.lake)
        first = answers.leaders(published, engine, home.lake, n=1).leaders[0]

    assert ("x:b", told.score) == (first.who, first.score)
    assert told.score == pytest.approx(1 + sum(row.points for row in told.points), abs=1e-9)


def test_who_was_never_scored_has_no_explanation(take, publish, explain, changes):
    """The error says why, and what to do."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    publish()
    with pytest.raises(UnknownWho, match="has no score on 2024-02-01: nobody was seen reacting"):
        explain("x:a")
    with pytest.raises(NotPublished, match="2024-02-02 is not published"):
        changes("x:b")
    publish(TOMORROW)
    with pytest.raises(UnknownWho, match="no score on 2024-02-01 nor on 2024-02-02"):
        changes("x:a")
