"""Sentences about scores: why one changed, who is new and who left, and whether a score can be trusted."""

from datetime import date, timedelta

import pytest

from conftest import DAY
from renown.answers.explain.attribution import SignalMove
from renown.answers.explain.causes import ChangeCause
from renown.answers.explain.change_summary import summarize_changes
from renown.answers.explain.explanation import Explanation
from renown.answers.explain.ledger_rows import Discount
from renown.answers.explain.people_change import PeopleChange, Reactor
from renown.answers.explain.receipt import Coverage, Receipt, SignalPoints
from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
from renown.answers.explain.trust_remark import remark_on_trust

BEFORE = DAY - timedelta(days=1)


def build_post(post, points, posted_at=None):
    """Return a line of a post."""
    return ReceiptLine(kind="post", name=post, count=1, received=1.0, points=points, posted_at=posted_at)


def build_cause(kind, points, *posts):
    """Return a cause whose posts are all in two signals."""
    moves = [
        SignalMove(network="x", account="x:ada", signal=signal, received=1.0, points=0.0, actors=(), posts=posts)
        for signal in ("amplification", "approval")
    ]
    return ChangeCause(kind, points, 0.0, 0.0, tuple(moves) if posts else ())


def summarize(*causes, since=BEFORE):
    """Summarize causes up to `DAY`."""
    return summarize_changes(causes, since, DAY, sum(cause.points for cause in causes))


def test_best_post_leads_the_sentence_with_the_date_of_its_first_reaction():
    """A post's points are summed over the signals; the rest of the new reactions is mentioned if it is visible."""
    post, other = build_post("p", 0.28, "2026-11-27T14:05:00+00:00"), build_post("q", 0.01)

    summary = summarize(build_cause("decay", -0.13), build_cause("new", 0.59, post, other))

    assert (
        "Up 0.46 since the day before. The post of 27 Nov brought 0.56; fading took 0.13; everything else brought 0.03."
        == (summary.sentence)
    )
    assert ("p", pytest.approx(0.56)) == (summary.best_post.post, summary.best_post.points)
    assert (1, -0.13) == (summary.posts_gained, summary.fading)


@pytest.mark.parametrize(("points", "is_best"), [(0.0024, False), (0.0026, True)])
def test_a_post_that_brought_nothing_visible_is_not_the_best(points, is_best):
    """Of two signals each: less than half a hundredth together would be shown as 0.00."""
    assert is_best == (summarize(build_cause("new", 0.1, build_post("p", points))).best_post is not None)


def test_sentence_names_the_largest_causes_only():
    """At most three contributions are named, the largest first; those that nobody sees are not."""
    causes = [("left", -0.06), ("new", 0.9), ("decay", -0.4), ("profile", 0.3), ("coverage", 0.01)]

    summary = summarize(*(build_cause(*cause) for cause in causes), since=date(2024, 1, 5))

    assert summary.sentence.startswith("Up 0.75 since 5 Jan. New reactions brought 0.90; fading took 0.40; followers")
    assert "window" not in summary.sentence
    # 0.90 - 0.40 + 0.30 - 0.05 = 0.75: the figures of the sentence add up.
    assert summary.sentence.endswith("followers and lists brought 0.30; everything else took 0.05.")
    assert summary.best_post is None


def test_small_changes_are_no_change():
    """A move below a hundredth is said to be none."""
    assert "Unchanged since the day before." == summarize(build_cause("decay", -0.004)).sentence


def test_names_of_new_people_can_be_redacted():
    """Only allowed names stay, and people who were erased disappear; the counts are the same."""
    change = PeopleChange(new=2, lost=1, new_people=(Reactor(1, "x:a", 3), Reactor(2, "x:b", 1)), lost_people=())

    assert ("x:b",) == tuple(reactor.name for reactor in change.redact_names({"x:b"}).new_people)
    assert (2, 1, (Reactor(2, "x:b", 1),)) == (
        change.anonymize({1}).new,
        change.anonymize({1}).lost,
        change.anonymize({1}).new_people,
    )


def explain(lines, *, people=100, warnings=(), discounts=(), unjudged=()):
    """Return the explanation of a score with one signal."""
    subject = SignalPoints(
        network="x", account="x:ada", signal="approval", received=10.0, value=1, weight=1, points=20, self_reported=0
    )
    coverage = Coverage(
        days=90, window=90, networks=1, accounts=1, people=people, warnings=warnings, self_reported_points=0.0
    )
    receipt = Receipt(
        name="ada",
        day="2026-11-23",
        method="3",
        inputs="",
        score=21,
        strength=1,
        coverage=coverage,
        base_score=1,
        points=(subject,),
    )
    return Explanation(receipt, (SignalReceipt(subject, tuple(lines), (), tuple(discounts)),), tuple(unjudged))


def build_actor(account, points, acts=1):
    """Return a line of an actor."""
    return ReceiptLine(kind="actor", name=f"x:{account}", count=acts, received=1, points=points, account=account)


MANY = [build_actor(n, 0.2) for n in range(100)]
BOUGHT = Discount(reason="strangers", acts=2_910, accounts=12, full=29.1, counted=0.2)


@pytest.mark.parametrize(
    ("explanation", "kind", "sentence"),
    [
        (explain(MANY), "genuine", "Looks genuine: 100 people reacted, the most active one gives 1%"),
        (explain([build_actor(1, 8), build_actor(2, 12)]), "care", "Read with care: 100 people reacted, the most"),
        (
            explain([*MANY, build_actor(7, 0, 2_900)], discounts=[BOUGHT]),
            "care",
            "Read with care: 97% of likes come from 12 accounts that nobody known reacts to; they brought 0.4 points.",
        ),
        (explain(MANY, warnings=("only 3 of 90 days",)), "unknown", "Too early to tell: only 3 of 90 days."),
        (explain(MANY, unjudged=["x"]), "unknown", "Too early to tell: 100 people reacted"),
        (explain([], people=0), "unknown", "Too early to tell: nobody has reacted yet."),
    ],
)
def test_remark_tells_who_brings_a_score(explanation, kind, sentence):
    """Many people look genuine; few accounts that react again and again, or bring most, do not."""
    remark = remark_on_trust(explanation)

    assert kind == remark.kind
    assert remark.sentence.startswith(sentence)
