"""Explanations of days published from a ledger: receipts, discounts and causes that add up."""

import contextlib
import json
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import community
from conftest import DAY, SETTINGS_2, copy_home, new_home, publisher, taker
from proofs import only_in_full, scaled
from renown import answers, privacy, scoring
from renown.answers.explain import day_comparison, ledger_states
from renown.cli import app
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.home.app_state import build_app_state
from renown.records import LOOKED_UP_ACTORS, WHOLE_NETWORK
from renown.runs import profiles
from renown.scoring.ledger_replay import SharedRows
from renown.store import PublishedTables
from renown.web.explanations import load_redacted_changes
from renown.web.klout import v2
from renown.web.people import find_by_name
from test_answers import TOMORROW, assert_changes_sum
from test_ledger import HEADER, claim_seeds, random_act, score
from test_stored_receipts import round_figures

EARLIER = DAY - timedelta(days=1)


@pytest.fixture
def ledger_home(tmp_path):
    """Return an empty home with eight verified people."""
    home = open_home(new_home(tmp_path / "home"), {})
    claim_seeds(home, [f"u{n}" for n in range(8)])
    return home


def explain(home, name, day=DAY, top=3):
    """Explain a person's score."""
    with home.reader() as engine, PublishedTables(home.days.find(day)) as published:
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
        return answers.explain(subject, published, engine, home.lake, top=top)


def explain_changes(home, name, first=DAY, last=TOMORROW, **options):
    """Explain a person's score change, and assert that it adds up."""
    with (
        home.reader() as engine,
        PublishedTables(home.days.find(first)) as before,
        PublishedTables(home.days.find(last)) as after,
    ):
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
        changes = answers.explain_changes(subject, before, after, engine, home.lake, **options)
    assert changes.move == pytest.approx(sum(cause.points for cause in changes.causes), abs=1e-9)
    assert changes.move == pytest.approx(changes.last - changes.first, abs=1e-12)
    assert_changes_sum(changes)
    return {cause.kind: cause for cause in changes.causes if abs(cause.points) > 1e-9}


def list_people(home, day=DAY):
    """Return the names of everybody with a score."""
    with PublishedTables(home.days.find(day)) as published:
        return [row.name for row in published.read_top_scores(100)]


def assert_receipt_sums(explanation):
    """Assert that every level of an explanation sums to the one above; return the kinds of its lines."""
    receipt = explanation.receipt
    assert receipt.score == pytest.approx(receipt.base_score + sum(row.points for row in receipt.points), abs=1e-9)
    kinds = set()
    for signal in explanation.signals:
        for lines in (signal.actors, signal.posts):
            assert signal.subject.points == pytest.approx(sum(line.points for line in lines), abs=1e-9)
            assert signal.subject.received == pytest.approx(sum(line.received for line in lines), rel=1e-9, abs=3e-6)
            kinds |= {line.kind for line in lines}
        for discount in signal.discounts:
            assert 0 <= discount.counted <= discount.full * (1 + 1e-12)
    return kinds


def fill(home, tmp_path, seed):
    """Import a random community: two networks, profiles, counts, an archive and a person with three accounts."""
    take, draw = taker(home, tmp_path), random.Random(seed)
    for network in ("x", "mastodon"):
        rows = [random_act(draw, DAY - timedelta(days=int(draw.random() ** 2 * 95)), n) for n in range(400)]
        take(HEADER, *rows, network=network)
    take("account,at,followers,lists", f"u1,{DAY},500,3", f"zero,{DAY},0,0", f"u9,{DAY},90000,0", table="profiles")
    take("account,at,post,verb,count", f"u2,{DAY},p1,like,5000", f"u2,{DAY},,repost,5", table="tallies")
    take("account,at,post,verb,count", f"u5,{DAY},p1,like,500000000", table="tallies", network="mastodon")
    home.people.add(
        "ada", [("x", "u11"), ("mastodon", "u12"), ("x", "never seen")], at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    return take, draw


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(scaled(20, 1)))
def test_receipts_sum_to_people_and_posts(ledger_home, tmp_path, seed):
    """Of everybody (in the short form some), claimed or not, with profiles and counts and without points: to 1e-9."""
    fill(ledger_home, tmp_path, seed)
    score(ledger_home, DAY)

    people = {*list_people(ledger_home)[:: scaled(1, 4)], "ada", "x:zero", "x:u1", "x:u2", "x:u9", "mastodon:u5"}
    explained = {name: explain(ledger_home, name) for name in people}
    kinds = set().union(*map(assert_receipt_sums, explained.values()))

    assert len(explained) > 10
    assert (
        {"actor", "others", "post", "unknown", "profile"}
        <= kinds
        <= {"actor", "others", "post", "unknown", "profile", "account"}
    )
    assert {"strangers", "friends", "unknown"} <= {
        discount.reason
        for explanation in explained.values()
        for signal in explanation.signals
        for discount in signal.discounts
    }


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(scaled(60, 1)))
def test_causes_of_random_communities_sum(ledger_home, tmp_path, seed):
    """New, late and undone acts, departures and returns, profiles, claims, days apart: causes sum to the change."""
    home = ledger_home
    take, draw = fill(home, tmp_path, seed)
    take("account,at,present", f"u{draw.randrange(1, 24)},{DAY},false", table="presence")
    score(home, DAY)
    later = DAY + timedelta(days=draw.choice([1, 1, 7, 40]))
    days = [DAY - timedelta(days=draw.randrange(30)) for _ in range(30)] + 20 * [TOMORROW]
    rows = [random_act(draw, day, 1_000 + n) for n, day in enumerate(days)]
    take(HEADER, *rows, f"u21,u0,{TOMORROW},like,p1,i2000", f"u22,u11,{TOMORROW},reply,p1,i2001")
    take("id,at", *(f"i{draw.randrange(400)},{TOMORROW}T12:00:00" for _ in range(8)), table="undone")
    take(
        "account,at,present", f"u{draw.randrange(1, 24)},{TOMORROW},{draw.choice(['true', 'false'])}", table="presence"
    )
    take("account,at,followers,lists", f"u{draw.randrange(24)},{TOMORROW},{draw.randrange(10**6)},9", table="profiles")
    home.people.add("bo", [("x", "u13"), ("x", "u14")], at=datetime(2020, 1, 1, tzinfo=UTC))
    score(home, later)

    people = draw.sample(sorted({*list_people(home), *list_people(home, later)}), 3)
    kinds = {kind for name in (*people, "person-u0", "ada", "bo") for kind in explain_changes(home, name, DAY, later)}

    assert {"decay", "new", "late"} <= kinds
    assert not {"forgotten", "standing", "method"} & kinds


@pytest.mark.proof
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=only_in_full)])
def test_causes_do_not_depend_on_how_they_are_computed(ledger_home, tmp_path, monkeypatch, seed):
    """Steps that are planned once, or for all states, or left out, and rows that both days share, change nothing."""
    home = ledger_home
    take, draw = fill(home, tmp_path, seed)
    score(home, DAY)
    later = DAY + timedelta(days=draw.choice([1, 7, 40]))
    days = [DAY - timedelta(days=draw.randrange(30)) for _ in range(10)] + 20 * [TOMORROW]
    take(HEADER, *(random_act(draw, day, 1_000 + n) for n, day in enumerate(days)))
    take("id,at", *(f"i{draw.randrange(400)},{TOMORROW}T12:00:00" for _ in range(4)), table="undone")
    take("account,at,present", f"u{draw.randrange(1, 24)},{TOMORROW},false", table="presence")
    for day in (EARLIER, TOMORROW):
        take("account,at,followers,lists", *(f"u{n},{day},{100 * n},{n}" for n in (2, 11, 13)), table="profiles")
        take("account,at,post,verb,count", f"u11,{day},p1,like,{day.day}00", f"u13,{day},p3,like,9", table="tallies")
    score(home, later)
    people = draw.sample(sorted({*list_people(home), *list_people(home, later)} - {"ada"}), 1)

    def explain_all():
        return [
            (sorted(explain_changes(home, name, DAY, later).items()), explain(home, name, later))
            for name in ("ada", *people)
        ]

    fast = explain_all()
    monkeypatch.setattr(DuckDB, "small_data", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(day_comparison, "find_shared_rows", lambda *_, suffix: SharedRows(suffix, {}))
    has_changed, score_states = ledger_states.StateReader.has_changed, ledger_states.score_states
    monkeypatch.setattr(
        ledger_states.StateReader, "has_changed", lambda reader, table: has_changed(reader, table) or True
    )
    monkeypatch.setattr(
        ledger_states,
        "score_states",
        lambda engine, method, states: [score_states(engine, method, [state])[0] for state in states],
    )
    assert round_figures(msgspec.to_builtins(fast)) == round_figures(msgspec.to_builtins(explain_all()))


def take_known_acts(take, target, day, verb="repost"):
    """Import one act of each verified person on a target."""
    take(HEADER, *(f"u{n},{target},{day}T01:00:00,{verb},p,{target}{verb}{n}" for n in range(8)))


def test_an_undone_act_is_a_cause(ledger_home, tmp_path):
    """It takes its actor's points along, and nothing else of the days before changes."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", EARLIER)
    take("account,at,followers,lists", f"b,{DAY},5000,9", table="profiles")
    score(ledger_home, DAY)
    take("id,at", f"brepost3,{TOMORROW}T12:00:00", table="undone")
    score(ledger_home, TOMORROW)

    causes = explain_changes(ledger_home, "x:b")
    signal = next(signal for signal in causes["undone"].signals if signal.signal == "amplification")

    assert {"undone", "decay"} == set(causes)
    assert causes["undone"].points < 0
    assert [("actor", "x:u3", -1)] == [
        (line.kind, line.name, line.count) for line in signal.actors if line.kind == "actor"
    ]
    assert [("post", "p", -1)] == [(line.kind, line.name, line.count) for line in signal.posts if line.kind == "post"]


def test_a_late_act_is_a_cause(ledger_home, tmp_path):
    """An act of a published day that arrives afterwards; an act of the next day is a new one."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", EARLIER)
    take("account,at,followers,lists", f"b,{DAY},5000,9", table="profiles")
    score(ledger_home, DAY)
    take(HEADER, f"zoe,b,{EARLIER}T12:00:00,repost,q,late", f"u1,b,{EARLIER}T12:00:00,like,q,late-like")
    take(HEADER, f"u2,b,{TOMORROW}T12:00:00,reply,r,new")
    score(ledger_home, TOMORROW)

    causes = explain_changes(ledger_home, "x:b")

    assert {"late", "decay", "new"} == set(causes)
    assert causes["late"].points > 0
    assert {"x:zoe", "x:u1"} == names(causes["late"])
    assert {"x:u2"} == names(causes["new"])
    assert {"actor", "post", "profile"} == assert_receipt_sums(explain(ledger_home, "x:b", DAY, top=20))


def names(cause):
    """Return the names of the actors of a cause."""
    return {line.name for signal in cause.signals for line in signal.actors if line.kind == "actor"}


@only_in_full
@pytest.mark.proof
def test_receipts_of_a_day_stay_when_the_ledger_changes(ledger_home, tmp_path):
    """A day is explained from the entries that it was scored from, also after late and undone acts."""
    take, draw = fill(ledger_home, tmp_path, 3)
    score(ledger_home, DAY)
    people = ["ada", "x:u1", "x:u2", "x:u9"]
    before = [explain(ledger_home, name) for name in people]
    take(HEADER, *(random_act(draw, DAY - timedelta(days=draw.randrange(9)), 5_000 + n) for n in range(60)))
    take("id,at", *(f"i{n},{TOMORROW}" for n in range(0, 400, 7)), table="undone")
    score(ledger_home, TOMORROW)

    assert [explain(ledger_home, name) for name in people] == before


def test_strangers_and_friends_are_discounted(ledger_home, tmp_path):
    """The receipt states how many acts of whom count as how much, and why."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", DAY)
    take(HEADER, *(f"fake{n},b,{DAY}T01:00:00,like,p,fake{n}{m}" for n in range(300) for m in range(2)))
    take(HEADER, f"b,u1,{EARLIER}T01:00:00,reply,p,friendly")
    take("account,at,post,verb,count", f"b,{DAY},p,like,1600", table="tallies")
    score(ledger_home, DAY)

    explanation = explain(ledger_home, "x:b")
    signals = {signal.subject.signal: signal for signal in explanation.signals}
    likes = {discount.reason: discount for discount in signals["approval"].discounts}
    [friends] = signals["amplification"].discounts

    assert {"actor", "others", "post", "unknown"} == assert_receipt_sums(explanation)
    assert ("friends", 1, 1) == (friends.reason, friends.acts, friends.accounts)
    assert (600, 300) == (likes["strangers"].acts, likes["strangers"].accounts)
    assert (1000, 0) == (likes["unknown"].acts, likes["unknown"].accounts)
    assert 0 < likes["strangers"].counted < likes["strangers"].full / 5
    assert signals["approval"].subject.received == pytest.approx(
        sum(discount.counted for discount in likes.values()), abs=3e-6
    )


@pytest.mark.proof
@only_in_full
def test_counts_without_names_are_no_lack_of_reactions(ledger_home, tmp_path):
    """Where only counts are known the receipt says so; it does not say that nobody reacted."""
    take = taker(ledger_home, tmp_path)
    take(
        HEADER,
        *(f"fan{n},{account},{DAY}T01:00:00,like,p,{account}{n}" for account in ("some", "few") for n in range(2)),
    )
    take(
        "account,at,post,verb,count", *(f"{account},{DAY},p,like,160" for account in ("none", "some")), table="tallies"
    )
    take("account,at,followers,lists", *(f"{account},{DAY},100,0" for account in ("none", "lonely")), table="profiles")
    score(ledger_home, DAY)

    warnings = {
        account: "; ".join(explain(ledger_home, f"x:{account}").receipt.coverage.warnings)
        for account in ("none", "some", "few", "lonely")
    }

    assert "only counts of reactions are known, not who reacted" in warnings["none"]
    assert "only 2 people who reacted are known by name" in warnings["some"]
    assert "only 2 people reacted" in warnings["few"]
    assert "nobody reacted" in warnings["lonely"]
    assert "people reacted" not in warnings["none"] + warnings["some"]
    assert explain(ledger_home, "x:none").receipt.coverage.has_counts_only


def test_everybody_counts_as_known_where_only_some_acts_are_read(ledger_home, tmp_path):
    """Nobody can be told apart there, which the receipt says; a network that is read as a whole is not concerned."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "a", DAY)
    for network in ("x", "y"):
        fans = (f"fan{n},b,{DAY}T01:00:00,like,p,{network}{n}" for n in range(50))
        take(HEADER, *fans, network=network, reads=WHOLE_NETWORK if network == "x" else None)
    score(ledger_home, DAY)

    whole, partial = explain(ledger_home, "x:b"), explain(ledger_home, "y:b")

    assert ((), ("y",)) == (whole.unjudged_networks, partial.unjudged_networks)
    [likes], [known_likes] = whole.signals, partial.signals
    assert ["strangers"] == [discount.reason for discount in likes.discounts]
    assert () == known_likes.discounts
    assert whole.receipt.score < partial.receipt.score - 10


def test_new_accounts_are_strangers_where_actors_are_looked_up(ledger_home, tmp_path):
    """Fans with an established account count in full; the receipt says why the others hardly count."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "a", DAY)
    fans = (f"fan{n},b,{DAY}T01:00:00,like,p,{n}" for n in range(50))
    take(HEADER, *fans, network="y", reads=LOOKED_UP_ACTORS)
    figures = (f"fan{n},{DAY},500,500,{'2015-01-01' if n < 20 else DAY}" for n in range(40))
    take("account,at,followers,posts,created_at", *figures, table="profiles", network="y")
    score(ledger_home, DAY)

    explained = explain(ledger_home, "y:b", top=100)
    [signal] = (signal for signal in explained.signals if signal.subject.signal == "approval")

    assert () == explained.unjudged_networks
    assert [("unestablished", 30, 30)] == [(each.reason, each.acts, each.accounts) for each in signal.discounts]
    assert {f"y:fan{n}" for n in range(20)} == {line.name for line in signal.actors if line.points > 1}
    assert_receipt_sums(explained)


def test_followers_beyond_what_reactions_bear_are_discounted(ledger_home, tmp_path):
    """A million followers without reactions, and followers from an archive, count in part."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", DAY)
    take("account,at,followers,lists", f"c,{DAY},1000000,0", table="profiles")
    score(ledger_home, DAY)

    [signal] = (signal for signal in explain(ledger_home, "x:c").signals if signal.subject.signal == "audience")
    [discount] = signal.discounts

    assert ("audience", 1_000_000) == (discount.reason, discount.full)
    assert discount.counted < 10_000


@pytest.mark.proof
@only_in_full
def test_absence_and_linked_accounts_are_causes(ledger_home, tmp_path):
    """Deleted actors take their points along; a claimed second account brings its own."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", EARLIER)
    take_known_acts(take, "c", EARLIER)
    ledger_home.people.add("ada", [("x", "b")], at=datetime(2020, 1, 1, tzinfo=UTC))
    score(ledger_home, DAY)
    take("account,at,present", f"u3,{TOMORROW},false", table="presence")
    ledger_home.claims.assign_account(
        ledger_home.people.by_name("ada").key, "x", "c", "link", at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    score(ledger_home, TOMORROW)

    causes = explain_changes(ledger_home, "ada")

    assert {"absence", "decay", "identities"} == set(causes)
    assert causes["absence"].points < 0 < causes["identities"].points
    assert {"x:u3"} == names(causes["absence"])


@only_in_full
@pytest.mark.proof
def test_a_switch_of_the_method_is_the_first_cause(ledger_home, tmp_path):
    """The first day's data by the last day's method, then the other causes; in both directions."""
    home = ledger_home
    take, draw = fill(home, tmp_path, 5)
    publish_2 = publisher(open_home(home.settings.home, SETTINGS_2))
    publish_2(DAY)
    take(HEADER, *(random_act(draw, TOMORROW, 2_000 + n) for n in range(60)))
    score(home, TOMORROW)
    day_after = TOMORROW + timedelta(days=1)
    take(HEADER, *(random_act(draw, day_after, 3_000 + n) for n in range(60)))
    publish_2(day_after)

    for first, last in ((DAY, TOMORROW), (TOMORROW, day_after)):
        causes = {name: explain_changes(home, name, first, last) for name in ("ada", "x:u0", "x:u1", "x:u2")}
        kinds = set().union(*causes.values())
        assert "method" == next(iter(causes["ada"]))
        assert {"method", "decay", "new"} <= kinds
        assert "forgotten" not in kinds


@pytest.mark.proof
@only_in_full
def test_erased_actors_are_forgotten(ledger_home, tmp_path):
    """An actor erased after the day was published leaves a line without a name; changes have a cause for it."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", EARLIER)
    take(HEADER, f"zoe,b,{EARLIER}T01:00:00,repost,q,zoe")
    score(ledger_home, DAY)
    score(ledger_home, TOMORROW)
    with ledger_home.reader() as engine:
        subject = scoring.resolve_subject("x:zoe", engine, ledger_home.lake, ledger_home.people)
        privacy.erase_people(engine, ledger_home.personal_data, [subject])

    explanation, causes = explain(ledger_home, "x:b", top=20), explain_changes(ledger_home, "x:b")

    assert {"actor", "post", "forgotten"} == assert_receipt_sums(explanation)
    assert "x:zoe" not in {line.name for line in explanation.actors()}
    assert {"decay", "forgotten"} == set(causes)


def test_explain_command_prints_discounts(ledger_home, tmp_path):
    """The command says how many acts of whom count as how much; the API leaves out what tells of single people."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", DAY)
    take(HEADER, *(f"fake{n},b,{DAY}T01:00:00,like,p,fake{n}" for n in range(300)))
    take(HEADER, f"fake1,b,{DAY}T01:00:00,reply,p,single", f"b,u1,{EARLIER}T01:00:00,reply,p,friendly")
    score(ledger_home, DAY)

    command = ["--home", str(ledger_home.settings.home), "explain", "x:b"]
    text, body = (CliRunner().invoke(app, [*command, *options]) for options in ([], ["--json"]))
    redacted = explain(ledger_home, "x:b").redact_names(set())

    assert [0, 0] == [text.exit_code, body.exit_code], text.output
    assert "300 likes from 300 accounts that nobody known reacts to: counted as " in " ".join(text.output.split())
    signals = {signal["subject"]["signal"]: signal for signal in json.loads(body.stdout)["signals"]}
    assert [("friends", 1, 1)] == [
        (discount["reason"], discount["acts"], discount["accounts"])
        for discount in signals["amplification"]["discounts"]
    ]
    assert {"approval": [300], "amplification": [], "conversation": []} == {
        signal.subject.signal: [discount.acts for discount in signal.discounts] for signal in redacted.signals
    }


@pytest.mark.proof
@only_in_full
def test_changes_command_and_api(ledger_home, tmp_path):
    """Both explain days with a ledger."""
    take = taker(ledger_home, tmp_path)
    take_known_acts(take, "b", DAY)
    score(ledger_home, DAY)
    take_known_acts(take, "b", TOMORROW, verb="reply")
    score(ledger_home, TOMORROW)
    state = build_app_state(ledger_home)

    result = CliRunner().invoke(app, ["--home", str(ledger_home.settings.home), "changes", "person-u1", "--people"])
    subject = find_by_name(state, "person-u1")
    changes = load_redacted_changes(state, subject, ledger_home.days.find(DAY), ledger_home.days.find(TOMORROW))

    assert 0 == result.exit_code, result.output
    assert_changes_sum(changes)
    assert "late" in {cause.kind for cause in changes.causes}


@pytest.mark.proof
@only_in_full
def test_profiles_have_discounts_and_posts(ledger_home, tmp_path):
    """A stored profile keeps the discounts; its posts have the points of the receipt's lines."""
    fill(ledger_home, tmp_path, 2)
    score(ledger_home, DAY)
    with ledger_home.reader() as engine, PublishedTables(ledger_home.days.find()) as published:
        subject = scoring.resolve_subject("ada", engine, ledger_home.lake, ledger_home.people)
        [profile] = answers.compute_profiles([subject], ledger_home.people.all(), published, engine, ledger_home.lake)

    stored = answers.deserialize_profile(answers.serialize_profile(profile))
    post_lines = [line for signal in profile.explanation.signals for line in signal.posts if line.kind == "post"]

    assert stored == profile
    assert any(signal.discounts for signal in stored.explanation.signals)
    assert profile.posts
    assert sum(post.points for post in profile.posts) == pytest.approx(
        sum(line.points for line in post_lines), abs=1e-9
    )


@pytest.fixture(scope="module")
def fan_home(tmp_path_factory):
    """Return the folder of a home with profiles of `ada`, whose people react in several ways."""
    folder = tmp_path_factory.mktemp("fans")
    home = open_home(new_home(folder / "home"), {})
    claim_seeds(home, [f"u{n}" for n in range(8)])
    take = taker(home, folder)
    home.people.add("ada", [("x", "ada")], at=datetime(2020, 1, 1, tzinfo=UTC))
    take_known_acts(take, "ada", EARLIER)
    take_known_acts(take, "ada", EARLIER, verb="like")
    take(HEADER, *(f"s{n},ada,{DAY}T01:00:00,like,q,like{n}" for n in range(3000)))
    take(HEADER, *(f"s{n},ada,{DAY}T01:00:00,reply,q,reply{n}" for n in range(5)))
    take("account,handle,at,followers,lists", f"ada,Ada,{DAY},500,9", table="profiles")
    score(home, DAY)
    profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, home.days.find())
    home.people._database.dispose()
    return folder / "home"


@pytest.fixture
def fan_site(fan_home, tmp_path):
    """Return a copy of the home, and the client of its server."""
    home = open_home(copy_home(fan_home, tmp_path / "fans"), {})
    with TestClient(community.app_of(home), base_url="http://x") as client:
        yield home, client


def test_people_who_reacted_are_the_same_number_everywhere(fan_site):
    """Somebody who reacts in several ways is one person, on every page, table and API."""
    home, client = fan_site
    person = client.get("/api/people/ada").json()
    state = build_app_state(home)
    numbers = {
        "score": client.get("/api/people/ada/score").json()["people"],
        "person": person["score"]["people"],
        "receipt": client.get("/api/people/ada/receipt").json()["receipt"]["coverage"]["people"],
        "influence": client.get("/api/people/ada/influence").json()["influencees_count"],
        "range": person["range"]["sample_size"],
        "leaders": next(row["people"] for row in client.get("/api/leaders").json()["leaders"] if row["name"] == "ada"),
        "network": next(
            row["people"] for row in client.get("/api/leaders?network=x").json()["leaders"] if row["name"] == "ada"
        ),
        "klout": v2.build_influence(state, find_by_name(state, "ada"))["myInfluenceesCount"],
    }

    assert numbers == dict.fromkeys(numbers, 3_008)
    assert "3,008 people reacted" in client.get("/people/ada").text
    assert "3,008 people reacted" in client.get("/compare?who=ada&who=person-u0").text


@pytest.mark.proof
@only_in_full
def test_discounts_are_on_the_pages(fan_site):
    """The pages of a person, and of why the score changed, say what counts only in part, and why."""
    home, client = fan_site
    score(home, TOMORROW)

    for path in ("/people/ada", "/people/ada/why", f"/people/ada/why?since={DAY}&day={TOMORROW}"):
        page = client.get(path).text
        assert "3,000 likes from 3,000 accounts that nobody known reacts to: counted as" in page, path
