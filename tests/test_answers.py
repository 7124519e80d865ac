"""Receipts and changes: explanations whose parts sum to the score."""

from datetime import date, timedelta

import pytest

from conftest import DAY, NOW
from proofs import only_in_full
from renown import answers, privacy, scoring
from renown.errors import DayNotPublishedError, InvalidMethodError, PersonNotFoundError
from renown.method.file import parse_method
from renown.scoring.replay import load_published_method
from renown.store import PublishedTables
from test_pipeline import HEADER, acts

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def explain(home):
    """Return a function that explains a person's score."""

    def explain_score(name, day=None, top=3):
        with home.reader() as engine, PublishedTables(home.days.find(day)) as published:
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            return answers.explain(subject, published, engine, home.lake, top=top)

    return explain_score


@pytest.fixture
def explain_changes(home):
    """Return a function that explains a score change: the points of each cause."""

    def points_by_cause(name, first=DAY, last=TOMORROW, method=None):
        days = home.days.find(first), home.days.find(last, method)
        with home.reader() as engine, PublishedTables(days[0]) as before, PublishedTables(days[1]) as after:
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            changes = answers.explain_changes(subject, before, after, engine, home.lake)
        assert changes.move == pytest.approx(sum(cause.points for cause in changes.causes), abs=1e-9)
        assert changes.move == pytest.approx(changes.last - changes.first, abs=1e-12)
        assert_changes_sum(changes)
        return {cause.kind: cause.points for cause in changes.causes if abs(cause.points) > 1e-9}

    return points_by_cause


def assert_changes_sum(changes):
    """Assert that the causes lead from the first score to the last, and that every level sums to the one above."""
    assert [changes.first, *(cause.after for cause in changes.causes)] == pytest.approx(
        [*(cause.before for cause in changes.causes), changes.last], abs=1e-9
    )
    for cause in changes.causes:
        assert cause.after - cause.before == pytest.approx(cause.points, abs=1e-9)
        assert cause.points == pytest.approx(sum(signal.points for signal in cause.signals), abs=1e-7)
        for signal in cause.signals:
            for lines in (signal.actors, signal.posts):
                assert signal.points == pytest.approx(sum(line.points for line in lines), abs=1e-8)


def line_kinds_of_valid_receipt(explanation):
    """Assert that every level of an explanation sums to the one above; return the kinds of its lines."""
    kinds = set()
    receipt = explanation.receipt
    assert receipt.score == pytest.approx(receipt.base_score + sum(row.points for row in receipt.points), abs=1e-9)
    for signal in explanation.signals:
        for lines in (signal.actors, signal.posts):
            assert signal.subject.points == pytest.approx(sum(line.points for line in lines), abs=1e-9)
            # What an account received is published as whole millionths; the lines of a ledger are not rounded.
            assert signal.subject.received == pytest.approx(sum(line.received for line in lines), rel=1e-9, abs=1e-6)
            kinds |= {line.kind for line in lines}
    return kinds


@pytest.mark.proof
@only_in_full
def test_receipts_of_everybody_sum_to_people_and_posts(home, take, publish, explain):
    """Claimed people and accounts, on two networks, with profiles and tallies, and with no points at all."""
    take(HEADER, *acts(400))
    take(HEADER, *acts(200, seed=2), network="mastodon")
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"zero,{DAY},0,0", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", f"u2,{DAY},,repost,5", table="tallies")
    home.people.add("ada", [("x", "u3"), ("mastodon", "u4"), ("x", "never seen")], at=NOW)
    with PublishedTables(publish()) as published:
        people = [score.name for score in published.read_top_scores(100)]

    explained = {name: explain(name) for name in people}

    assert {"ada", "x:zero", "mastodon:u3"} < set(people)
    assert {"actor", "others", "post", "account", "unknown", "profile"} == set().union(
        *map(line_kinds_of_valid_receipt, explained.values())
    )
    assert 1 == explained["x:zero"].receipt.score


def test_receipt_of_one_act_and_at_the_cap(take, publish, explain):
    """One repost is one actor and one post without points; at a score of 100 the points sum as well."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    take("account,at,followers,lists", f"giant,{DAY},10000000000,100000000", table="profiles")
    take("account,at,post,verb,count", *(f"giant,{DAY},q,{v},{10**11}" for v in ("repost", "reply")), table="tallies")
    publish()

    single, giant = explain("x:b"), explain("x:giant")

    assert [("actor", "x:a")] == [(line.kind, line.name) for line in single.signals[0].actors]
    assert [("post", "p")] == [(line.kind, line.name) for line in single.signals[0].posts]
    assert {"actor", "post"} == line_kinds_of_valid_receipt(single)
    assert 1 == single.receipt.score < 100 == giant.receipt.score
    assert {"profile", "unknown", "post"} == line_kinds_of_valid_receipt(giant)


def test_receipt_after_erasure_has_a_forgotten_line(home, take, publish, explain):
    """An actor erased after the day was published leaves a line without a name."""
    take(HEADER, f"a,b,{DAY},repost,p,1", f"c,b,{DAY},repost,q,2")
    home.people.add("bob", [("x", "b")], at=NOW)
    publish()
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:a", engine, home.lake, home.people)
        privacy.erase_people(engine, home.personal_data, [subject])

    explained = explain("bob")

    assert {"actor", "post", "forgotten"} == line_kinds_of_valid_receipt(explained)
    assert ["x:c"] == [line.name for line in explained.signals[0].actors if line.kind == "actor"]


def test_actors_are_named_by_their_latest_handle(take, publish, explain):
    """An actor's id is replaced by its latest handle."""
    take(HEADER, f"7,b,{DAY},repost,p,1")
    take("account,at,handle,followers", f"7,{DAY},old,5", f"7,{TOMORROW},new,5", table="profiles")
    publish()

    assert ["x:new"] == [line.name for line in explain("x:b").signals[0].actors]


def test_without_new_acts_only_decay_changes_a_score(take, publish, explain_changes):
    """With the same acts, the next day differs by decay and by the actors' trust alone."""
    take(HEADER, *acts(300))
    publish(DAY - timedelta(days=100))
    publish(DAY)
    publish(TOMORROW)

    assert {"decay", "left", "standing"} >= set(explain_changes("x:u1")) >= {"decay"}


@pytest.mark.proof
def test_each_cause_has_its_points(home, take, publish, explain_changes):
    """New, left, undone, profile and identities: each is a cause where it happened."""
    far = DAY - timedelta(days=89)
    crowd = [f"{actor},{target},{DAY},{verb}" for actor in "klm" for target, verb in (("b", "repost"), ("e", "like"))]
    take(HEADER, *(f"{reaction},p,1{n}" for n, reaction in enumerate(crowd)), f"d,e,{far},like,p,3")
    take(HEADER, *(f"{actor},g,{DAY},repost,q,{5 + n}" for n, actor in enumerate("acde")), f"a,h,{DAY},like,r,9")
    take("account,at,followers,lists", f"h,{DAY},10,1", table="profiles")
    publish(DAY)
    take(HEADER, f"n,b,{TOMORROW},repost,p,8")
    take("id,at", f"6,{TOMORROW}", table="undone")
    take("account,at,followers,lists", f"h,{TOMORROW},90,1", table="profiles")
    publish(TOMORROW)

    assert explain_changes("x:b")["new"] > 0
    assert explain_changes("x:e")["left"] < 0
    assert explain_changes("x:g")["undone"] < 0
    assert explain_changes("x:h")["profile"] > 0
    home.people.add("ada", [("x", "g"), ("x", "h")], at=NOW)
    publish(TOMORROW)
    assert {"identities"} == set(explain_changes("ada"))


@pytest.mark.proof
@only_in_full
def test_absence_and_return_are_a_cause(home, take, publish, explain_changes, explain):
    """Absent actors take their points along and bring them back; so does an absent claimed account."""
    crowd = [
        f"{actor},{target},{DAY},{verb},p,{actor}{target}"
        for actor in "klm"
        for target, verb in (("b", "like"), ("e", "like"))
    ]
    take(HEADER, *crowd, *(f"{actor},own,{DAY},repost,q,{actor}o" for actor in "klm"))
    home.people.add("ada", [("x", "own"), ("x", "e")], at=NOW)
    days = [DAY + timedelta(days=n) for n in range(3)]
    publish(days[0])
    for day, is_present in ((days[1], "false"), (days[2], "true")):
        take("account,at,present", f"k,{day},{is_present}", f"own,{day},{is_present}", table="presence")
        publish(day)

    for actor in ("x:b", "ada"):
        absent, returned = explain_changes(actor, days[0], days[1]), explain_changes(actor, days[1], days[2])
        assert absent["absence"] < 0 < returned["absence"]
        assert not {"identities", "new", "forgotten", "undone"} & {*absent, *returned}
    assert {"x:l", "x:m"} == {line.name for line in explain("x:b", days[1]).signals[0].actors}


@pytest.mark.proof
@only_in_full
def test_another_method_is_a_cause(home, take, publish, explain_changes):
    """The effect of a changed method is separate from what happened."""
    take(HEADER, *acts(300))
    publish(DAY)
    custom_method = parse_method(
        home.method.text.replace('version = "3"', 'version = "own"').replace("[1, 0.2]", "[1, 0.15]"),
        "own",
    )
    with home.engine() as engine:
        scoring.score(engine, home.lake, home.days, home.people, custom_method, day=TOMORROW, now=NOW)

    points = explain_changes("x:u1", method="own")

    assert points["method"] < 0
    assert points["decay"] < 0
    assert "forgotten" not in points


def test_day_of_an_unknown_method_cannot_be_explained(take, publish):
    """Actors and posts need the SQL steps that published the points."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    day = publish()
    object.__setattr__(day, "method_digest", "0" * 64)

    with PublishedTables(day) as published, pytest.raises(InvalidMethodError, match="whose SQL is not in this version"):
        load_published_method(published)


def test_day_of_an_unknown_method_can_be_shown(home, take, publish):
    """The leaderboard and points of claimed people are published, and need no SQL step."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    home.people.add("bob", [("x", "b")], at=NOW)
    day = publish()
    object.__setattr__(day, "method_digest", "0" * 64)

    with home.reader() as engine, PublishedTables(day) as published:
        subject = scoring.resolve_subject("bob", engine, home.lake, home.people)
        receipt = answers.compute_receipt(subject, published, engine, home.lake)
        leader = answers.load_leaderboard(published, engine, home.lake, n=1).leaders[0]

    assert ("bob", receipt.score) == (leader.name, leader.score)
    assert receipt.score == pytest.approx(1 + sum(row.points for row in receipt.points), abs=1e-9)


def test_explanation_without_a_score_is_an_error(take, publish, explain, explain_changes):
    """The error states why, and what to do."""
    take(HEADER, f"a,b,{DAY},repost,p,1")
    publish()
    with pytest.raises(PersonNotFoundError, match="has no score on 2024-02-01: there are no reactions"):
        explain("x:a")
    with pytest.raises(DayNotPublishedError, match="2024-02-02 is not published"):
        explain_changes("x:b")
    with pytest.raises(DayNotPublishedError, match=r"9999-01-01 is not published; .*; choose one of these$"):
        explain_changes("x:b", last=date(9999, 1, 1))
    publish(TOMORROW)
    with pytest.raises(PersonNotFoundError, match="no score on 2024-02-01 or 2024-02-02"):
        explain_changes("x:a")
