"""Why a score changed: the signals, people and posts behind each cause, and that they sum to it."""

import dataclasses
import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from conftest import DAY, NOW
from proofs import only_in_full
from renown import answers, privacy, scoring
from renown.answers.explain.attribution import ROUNDING_ERROR, allocate_to_signals, compute_deltas
from renown.answers.explain.post_index import PostIndex
from renown.answers.explain.replay_states import Contribution, ReplayState, SignalValue
from renown.cli import app
from renown.home.app_state import build_app_state
from renown.runs import profiles
from renown.settings import ServeSettings
from renown.store import PublishedTables
from renown.web.computation import AnswerComputer
from renown.web.explanations import load_redacted_changes
from renown.web.people import find_by_name
from test_answers import TOMORROW, assert_changes_sum
from test_pipeline import HEADER, acts

SIGNAL_KEYS = [("x", 1, "approval"), ("x", 1, "audience"), ("x", 2, "approval"), ("mastodon", 3, "conversation")]
POINTS_PER_DECADE = 99 / 8


@pytest.fixture
def home(home_2):
    """Return an empty home with the method before the default one; `test_ledger_explain` has the other's causes."""
    return home_2


@pytest.fixture
def explain_changes(home):
    """Return a function that explains a person's score change."""

    def explain_score_change(name, first=DAY, last=TOMORROW, **options):
        with (
            home.reader() as engine,
            PublishedTables(home.days.find(first)) as before,
            PublishedTables(home.days.find(last)) as after,
        ):
            subject = scoring.resolve_subject(name, engine, home.lake, home.people)
            return answers.explain_changes(subject, before, after, engine, home.lake, **options)

    return explain_score_change


def find_cause(changes, kind):
    """Return the cause of a kind."""
    [cause] = [cause for cause in changes.causes if cause.kind == kind]
    return cause


def test_new_acts_are_explained_by_actors_and_posts(take, publish, explain_changes):
    """The new actors have the points of the cause; signals without new acts are not listed."""
    take(HEADER, *(f"{actor},b,{DAY},{verb},p,{actor}{verb}" for actor in "klmn" for verb in ("like", "repost")))
    take("account,at,followers,lists", f"b,{DAY},500,3", table="profiles")
    publish()
    take(HEADER, f"zoe,b,{TOMORROW},repost,fresh,1", f"yan,b,{TOMORROW},repost,fresh,2")
    publish(TOMORROW)

    cause = find_cause(explain_changes("x:b"), "new")
    signals = {signal.signal: signal for signal in cause.signals}

    assert {"approval", "amplification"} == set(signals)
    assert {("actor", "x:zoe"), ("actor", "x:yan")} == {
        (line.kind, line.name) for line in signals["amplification"].actors
    }
    assert [("post", "fresh", 2)] == [(line.kind, line.name, line.count) for line in signals["amplification"].posts]
    # Two more people lower the discount for chance on all likes: nobody liked more, so those points are nobody's.
    assert [("rest", "")] == [(line.kind, line.name) for line in signals["approval"].actors]
    assert 0 < signals["approval"].points < signals["amplification"].points


def test_profile_changes_affect_only_their_signals(take, publish, explain_changes):
    """More followers change the audience, without actors."""
    take(HEADER, *(f"{actor},b,{DAY},repost,p,{actor}" for actor in "klmn"))
    take("account,at,followers,lists", f"b,{DAY},500,3", table="profiles")
    publish()
    take("account,at,followers,lists", f"b,{TOMORROW},900,3", table="profiles")
    publish(TOMORROW)

    cause = find_cause(explain_changes("x:b"), "profile")

    assert [("audience", 400.0, ["profile"])] == [
        (signal.signal, signal.received, [line.kind for line in signal.actors]) for signal in cause.signals
    ]


@pytest.mark.proof
@only_in_full
def test_changes_of_everybody_sum(home, take, publish, explain_changes):
    """Twenty accounts with profiles and tallies, some claimed, over a month: down to people and posts."""
    take(HEADER, *acts(500))
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"u1,{TOMORROW},900,3", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,50", f"u2,{DAY},,repost,5", table="tallies")
    home.people.add("ada", [("x", "u3"), ("x", "u4"), ("x", "never seen")], at=NOW)
    month_before = DAY - timedelta(days=30)
    people = {score.name for day in (month_before, DAY) for score in PublishedTables(publish(day)).read_top_scores(100)}
    assert len(people) > 15

    kinds = set()
    for name in sorted(people):
        changes = explain_changes(name, month_before, DAY, top=2)
        assert_changes_sum(changes)
        kinds |= {
            line.kind
            for cause in changes.causes
            for signal in cause.signals
            for line in (*signal.actors, *signal.posts)
        }

    assert {"actor", "others", "post", "unknown", "profile"} <= kinds


@pytest.mark.proof
@only_in_full
def test_changes_after_erasure_have_a_forgotten_cause(home, take, publish, explain_changes):
    """Published points that no remaining act explains are a cause of their own, without names."""
    take(HEADER, *(f"{actor},b,{DAY},repost,p{actor},{actor}" for actor in "klmn"))
    publish()
    publish(TOMORROW)
    with home.reader() as engine:
        subject = scoring.resolve_subject("x:k", engine, home.lake, home.people)
        privacy.erase_people(engine, home.personal_data, [subject])

    changes = explain_changes("x:b")

    assert_changes_sum(changes)
    assert {"forgotten"} == {
        line.kind for signal in find_cause(changes, "forgotten").signals for line in (*signal.actors, *signal.posts)
    }


@st.composite
def replay_states(draw):
    """Draw two states whose scores follow from their exponents, and the contributions between them."""
    exponent, received_total, amount = st.floats(0, 3), st.integers(0, 10**9), st.sampled_from([0.0, 0.0, 1.0, 4.0])
    states, contributions = [], {}
    for kind in ("first", "new"):
        values = {
            signal_key: SignalValue(0.0, draw(received_total), draw(exponent), draw(amount))
            for signal_key in SIGNAL_KEYS
            if draw(st.booleans())
        }
        strengths = {}
        for account in {signal_key[1] for signal_key in values}:
            total_exponent = sum(value.exponent for signal_key, value in values.items() if signal_key[1] == account)
            strengths[account] = round(math.expm1(total_exponent), 9)
        total = sum(strengths.values())
        score = 1 + POINTS_PER_DECADE * math.log10(1 + total)
        signal_points = {
            signal_key: dataclasses.replace(value, points=(score - 1) / len(values))
            for signal_key, value in values.items()
        }
        states.append({"kind": kind, "score": score, "signals": signal_points, "strengths": strengths})
    for signal_key in SIGNAL_KEYS:
        amounts = draw(st.lists(st.integers(-(10**6), 10**6).filter(bool), max_size=4))
        contributions[signal_key] = [
            Contribution("actor", str(n), 1, received, abs(received)) for n, received in enumerate(amounts)
        ]
    first, later = states
    return ReplayState(**first, actors={}, posts={}), ReplayState(**later, actors=contributions, posts=contributions)


@given(replay_states())
def test_every_level_of_changes_sums(pair):
    """Signals sum to the cause, lines to the signal; an actor's points have the sign of what they gave."""
    before, after = pair
    deltas = compute_deltas(before, after)
    names, posts = {n: f"x:{n}" for n in range(9)}, PostIndex({}, {})
    signals = allocate_to_signals(deltas, names, posts, profiles={"audience"}, rest_kind="rest")

    assert after.score - before.score == pytest.approx(sum(delta.points for delta in deltas.values()), abs=1e-6)
    assert all(
        abs(deltas[signal_key].points) < ROUNDING_ERROR
        for signal_key in SIGNAL_KEYS
        if signal_key in deltas and is_unchanged(before, after, signal_key)
    )
    for signal in signals:
        for lines in (signal.actors, signal.posts):
            assert signal.points == pytest.approx(sum(line.points for line in lines), abs=1e-8)
            assert all(line.points * line.received >= 0 for line in lines if line.kind == "actor")


def is_unchanged(before, after, signal_key):
    """Return whether the value of a signal, which shares its exponent with no other, is the same before and after."""
    old, new = (state.signals.get(signal_key, SignalValue()) for state in (before, after))
    return old.exponent == new.exponent and not old.amount and not new.amount


@pytest.fixture(scope="module")
def community_home(tmp_path_factory):
    """Return a home with a small community."""
    return community.create_community(tmp_path_factory.mktemp("changes") / "home", version="2.1")


@pytest.mark.home
def test_unclaimed_actors_are_redacted(community_home):
    """Actors without a visible page are named by their network alone, unless everybody is visible."""
    site = build_app_state(community_home)
    subject = find_by_name(site, "ann")
    days = community_home.days.find(DAY - timedelta(days=7)), community_home.days.find(DAY)
    open_site = dataclasses.replace(site, settings=ServeSettings(visibility="everyone"))

    redacted, unredacted = (load_redacted_changes(state, subject, *days) for state in (site, open_site))
    redacted_accounts = {
        line.account
        for cause in redacted.causes
        for signal in cause.signals
        for line in signal.actors
        if line.name in {"x", "bluesky"}
    }

    assert {"x", "x:bob_b", "bluesky"} == {line.name for line in redacted.actors()} - {""}
    assert {0} == redacted_accounts
    assert {"x:bob_b", "x:dan", "x:eve"} < {line.name for line in unredacted.actors()}
    assert_changes_sum(redacted)


@pytest.mark.home
def test_changes_command_with_people(community_home):
    """`--people` lists each cause's signals with actors and posts; without it the causes alone."""
    command = ["--home", str(community_home.settings.home), "changes", "ann", "--since", f"{DAY - timedelta(days=7)}"]
    short, long = CliRunner().invoke(app, command), CliRunner().invoke(app, [*command, "--people"])

    assert [0, 0] == [short.exit_code, long.exit_code], long.output
    assert "eve" not in short.output
    assert "new, x:Ann replies: +" in long.output
    assert "eve" in long.output


@pytest.mark.home
def test_command_in_the_error_of_an_unpublished_day_works(community_home):
    """It compares the published days nearest to those that were asked for."""
    options = ["--home", str(community_home.settings.home)]
    asked = CliRunner().invoke(app, [*options, "changes", "ann", "--since", f"{DAY - timedelta(days=30)}"])

    error = str(asked.exception)
    command = error.rpartition("`renown ")[2].strip("`").split()

    assert f"{DAY - timedelta(days=30)} is not published" in error
    assert ["changes", "ann", "--day", str(DAY)] == command[:4]
    assert 0 == CliRunner().invoke(app, [*options, *command]).exit_code


@pytest.mark.home
@pytest.mark.parametrize("days_later", [0, 1])
def test_days_in_the_wrong_order_are_refused(community_home, days_later):
    """By API, page and command alike, in words and not as a comparison backwards."""
    day, since = DAY - timedelta(days=1), DAY - timedelta(days=1) + timedelta(days=days_later)
    client = TestClient(community.app_of(community_home))
    answer, page = (
        client.get(f"{path}?day={day}&since={since}") for path in ("/api/people/ann/changes", "/people/ann/why")
    )
    options = ["--home", str(community_home.settings.home), "changes", "ann", "--day", str(day), "--since", str(since)]
    command = CliRunner().invoke(app, options)
    message = f"{since} is not before {day}; choose an earlier day to compare with"

    assert (400, message) == (answer.status_code, answer.json()["error"]["message"])
    assert 400 == page.status_code
    assert message[1:] in page.text
    assert 0 != command.exit_code
    assert "is not before" in str(command.exception)


def list_lines(changes):
    """Return every line of the causes of a change, with points rounded to what floating point keeps."""
    return [
        (cause.kind, signal.network, signal.signal, line.kind, line.name, line.count, round(line.points, 9))
        for cause in changes.causes
        for signal in cause.signals
        for line in (*signal.actors, *signal.posts)
    ]


def test_stored_causes_equal_computed_ones(tmp_path, monkeypatch):
    """Causes of the latest day are stored with profiles, equal computed ones, and are served from there."""
    home = community.create_community(tmp_path / "home")
    site, last = build_app_state(home), home.days.find()
    first = home.days.find_previous(last)
    computed = {name: load_redacted_changes(site, find_by_name(site, name), first, last) for name in community.CLAIMED}
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, last, previous_day=first)
    monkeypatch.setattr(AnswerComputer, "compute", None)

    stored = {name: load_redacted_changes(site, find_by_name(site, name), first, last) for name in community.CLAIMED}

    assert list_lines(computed["ann"])
    for name in community.CLAIMED:
        assert list_lines(computed[name]) == list_lines(stored[name])
        assert [cause.points for cause in stored[name].causes] == pytest.approx(
            [cause.points for cause in computed[name].causes], abs=1e-9
        )


def test_stored_causes_of_other_inputs_are_not_used(tmp_path):
    """If a day is scored again with other data, its causes are computed; stored ones lose the names of the erased."""
    home = community.create_community(tmp_path / "home")
    last = home.days.find()
    first = home.days.find_previous(last)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, last, previous_day=first)
    stored = answers.load_profile(home.profiles, home.people.by_name("ann").key)
    actor = next(line.account for line in stored.changes.changes.actors() if line.account)

    rescored = dataclasses.replace(first, inputs="other")

    assert stored.changes.matches(first, last)
    assert not stored.changes.matches(rescored, last)
    assert actor not in {line.account for line in stored.anonymize({actor}).changes.changes.actors()}
    assert answers.deserialize_profile(answers.serialize_profile(stored)) == stored
