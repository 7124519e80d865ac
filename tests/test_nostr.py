"""Nostr's connector against a relay in memory: signatures, pages, deletions, payments, and relays that misbehave."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from http_server import NOON
from nostr_keys import public, sign
from relay_server import FakeRelay
from renown import cli
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.http import RequestBudget
from renown.connectors.nostr import CONNECTOR, keys
from renown.connectors.nostr.events import parse_event
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    InvalidInputError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.records import Interaction, Profile, Undone

NOW = datetime.fromtimestamp(NOON, UTC)
ADA, EVE, PROVIDER = 1, 2, 99
KEY = public(ADA)
ACCOUNT = Account(KEY, keys.format_npub(KEY))
DAY = 86_400


def ago(days: float) -> int:
    """Return the second some days ago."""
    return int(NOON - days * DAY)


def on(post: dict, *more: list[str]) -> list[list[str]]:
    """Return the tags of an act on a post of Ada."""
    return [["e", post["id"]], ["p", KEY], *more]


POST = sign(ADA, 1, "Hello", at=ago(20))


@pytest.fixture
def relay(site):
    """Return a relay with Ada's profile and one post."""
    state = FakeRelay()
    state.events = [sign(ADA, 0, json.dumps({"name": "ada", "about": "token-1"}), at=ago(400)), POST]
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads Ada with what an earlier run left; it returns the pages."""

    def read_once(pages=(), max_actors=1000, **options):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(NOW - timedelta(days=90), cursor, counts)
        http = client(api=CONNECTOR.api, **options)
        return list(CONNECTOR.read(http, ACCOUNT, known, ReadLimits(max_actors), now=NOW))

    return read_once


def acts(pages) -> set[tuple[str, str | None, int]]:
    """Return verb, post and actor of all acts of the last page."""
    listed = {
        (listing.verb, listing.post_id, actor.account_id) for listing in pages[-1].listings for actor in listing.actors
    }
    records = {(item.verb, item.post_id, item.actor_id) for item in pages[-1].records if isinstance(item, Interaction)}
    people = {public(number): number for number in range(1, 100)}
    return {(verb, post, people.get(actor, actor)) for verb, post, actor in listed | records}


def test_acts_of_all_kinds(relay, read):
    """Each kind of event becomes its verb; a dislike, an act of one's own and an act on others' posts become none."""
    other_post = sign(EVE, 1, "mine", at=ago(9))
    article = sign(ADA, 30023, "Long", tags=[["d", "essay"]], at=ago(8))
    relay.events += [
        other_post,
        article,
        sign(2, 7, "+", tags=on(POST), at=ago(3)),
        sign(3, 7, "🔥", tags=on(POST), at=ago(3)),
        sign(4, 7, "-", tags=on(POST), at=ago(3)),
        sign(5, 6, "", tags=on(POST), at=ago(3)),
        sign(6, 1, "Yes", tags=[["e", POST["id"], "", "root"], ["p", KEY]], at=ago(3)),
        sign(7, 1, "Look", tags=[["q", POST["id"]], ["p", KEY]], at=ago(3)),
        sign(8, 1, "Hi", tags=[["p", KEY]], at=ago(3)),
        sign(9, 1111, "Comment", tags=[["a", f"30023:{KEY}:essay"], ["p", KEY]], at=ago(3)),
        sign(10, 1, "To Eve", tags=[["e", other_post["id"], "", "reply"], ["p", KEY]], at=ago(3)),
        sign(11, 7, "+", tags=[["e", other_post["id"]], ["p", KEY]], at=ago(3)),
        sign(ADA, 7, "+", tags=on(POST), at=ago(3)),
    ]

    post = POST["id"]
    assert acts(read()) == {
        *(("like", post, 2), ("like", post, 3), ("repost", post, 5), ("reply", post, 6), ("quote", post, 7)),
        *(("mention", None, 8), ("reply", f"30023:{KEY}:essay", 9)),
    }


class Guard:
    """Answers requests of a relay only after a login (NIP-42)."""

    def __init__(self, relay, *, accepts=True):
        self.respond, self.accepts, self.logins = relay.respond, accepts, []
        self.is_signed_in = False
        relay.respond = self

    def __call__(self, message):
        """Return the answers to a message."""
        if message[0] == "AUTH":
            self.logins.append(message[1])
            self.is_signed_in = self.accepts
            return [["OK", message[1]["id"], self.accepts, ""]]
        if message[0] == "REQ" and not self.is_signed_in:
            return [["AUTH", "challenge-1"], ["CLOSED", message[1], "auth-required: sign in to read"]]
        return self.respond(message)


def test_relay_that_wants_a_login_gets_one(relay, read):
    """Signed by a key that is nobody's, for this relay and challenge; another connection has another key."""
    relay.events.append(sign(2, 7, "+", tags=on(POST), at=ago(3)))
    guard = Guard(relay)

    for _ in range(2):
        guard.is_signed_in = False
        assert {("like", POST["id"], 2)} == acts(read())
    for event in guard.logins:
        tags = dict(event["tags"])
        assert (22242, "challenge-1") == (event["kind"], tags["challenge"])
        assert tags["relay"].startswith("ws://127.0.0.1:")
        assert int(NOON) == event["created_at"]
        assert parse_event(event)[0]
    assert len(guard.logins) == len({event["pubkey"] for event in guard.logins}) == 2


def test_relay_that_refuses_the_login_is_named(relay, read):
    """It is asked once more, and not again and again."""
    guard = Guard(relay, accepts=False)

    with pytest.raises((NetworkRefusedError, NetworkUnavailableError), match="auth-required: sign in to read"):
        read()
    assert 1 <= len(guard.logins) <= 2


def test_invented_events_are_dropped(relay, read):
    """A relay cannot act in anybody's name, change what they signed, or add what was not requested."""
    like = sign(2, 7, "+", tags=on(POST), at=ago(3))
    stolen = like | {"pubkey": public(3)}
    edited = sign(4, 7, "+", tags=on(POST), at=ago(3)) | {"content": "-"}
    unsigned = sign(5, 7, "+", tags=on(POST), at=ago(3)) | {"sig": "0" * 128}
    unwanted = sign(6, 1, "Hi", tags=[["p", public(7)]], at=ago(3))
    events = [like, stolen, edited, unsigned, unwanted, {"id": 5}, None, *relay.events]
    relay.script = [lambda message: [*(["EVENT", message[1], event] for event in events), ["EOSE", message[1]]]]

    pages = read()

    assert {("like", POST["id"], 2)} == acts(pages)
    assert 6 == sum(len(page.dropped) for page in pages)


def test_new_account_with_500_posts(relay, read):
    """Posts and acts beyond what the relay sends at once are read on further pages, within five requests."""
    posts = [sign(ADA, 1, str(number), at=ago(89) + number) for number in range(500)]
    likes = [sign(2 + number % 50, 7, "+", tags=on(post), at=ago(50) + number) for number, post in enumerate(posts)]
    relay.events += [*posts, *likes, *(sign(60, 6, "", tags=on(post), at=ago(40) + 60) for post in posts[:100])]

    pages = read()

    assert 600 == len(acts(pages))
    assert len(relay.requests) <= 5
    relay.requests.clear()
    assert 600 >= len(acts(read(pages))) >= 500
    assert len(relay.requests) <= 3


def test_interrupted_run_goes_on_below(relay, read):
    """The budget ends a run between two pages; the next one reads the newest, and then what is missing."""
    relay.max_limit = 100
    relay.events += [sign(2 + number, 7, "+", tags=on(POST), at=ago(19) + number * 60) for number in range(400)]

    with pytest.raises(BudgetExceededError):
        read(budget=RequestBudget(4, 3600))
    pages = read()

    assert 400 == len(acts(pages))
    assert {page.cursor for page in pages[1:-1]} != {""}


def test_taken_back_like_is_missing_from_the_list(relay, read):
    """Its author deleted it, and the relay sends it no more; within a month a list is complete."""
    relay.events += [sign(2, 7, "+", tags=on(POST), at=ago(3))]
    first = read()
    relay.events.pop()

    [listing] = read(first)[-1].listings

    assert (("like", POST["id"]), (), True) == ((listing.verb, listing.post_id), listing.actors, listing.complete)
    assert NOW - timedelta(days=30) == listing.complete_since


def test_deletion_counts_only_by_the_author(relay, read):
    """A relay that still sends what was deleted is not believed; nobody deletes the acts of others."""
    reply = sign(2, 1, "Yes", tags=[["e", POST["id"], "", "root"], ["p", KEY]], at=ago(3))
    like, kept = (sign(number, 7, "+", tags=on(POST), at=ago(3)) for number in (3, 4))
    relay.events += [reply, like, kept]
    relay.events += [sign(number, 5, tags=[["e", act["id"]]], at=ago(1)) for number, act in ((2, reply), (3, like))]
    relay.events += [sign(5, 5, tags=[["e", kept["id"]], ["p", KEY]], at=ago(1))]

    pages = read()

    assert {("like", POST["id"], 4)} == acts(pages)
    undone = {item.interaction_id for item in pages[-1].records if isinstance(item, Undone)}
    assert f"{reply['id']} reply {public(2)}" in undone
    assert f"{kept['id']} like {public(4)}" not in undone


def test_zap_counts_if_the_provider_signed_it(relay, read, site):
    """A receipt by anybody else, for another request, or of somebody unknown is none."""
    address = f"ada@127.0.0.1:{site.server_port}"
    relay.events[0] = sign(ADA, 0, json.dumps({"lud16": address}), at=ago(400))
    relay.documents["/.well-known/lnurlp/ada"] = {"allowsNostr": True, "nostrPubkey": public(PROVIDER)}

    def receipt(sender, signer, *more, target=KEY):
        request = sign(sender, 9734, tags=[["p", target], ["e", POST["id"]], *more], at=ago(3))
        return sign(signer, 9735, tags=[*on(POST), ["description", json.dumps(request)]], at=ago(3))

    relay.events += [
        receipt(2, PROVIDER),
        receipt(3, 98),
        receipt(4, PROVIDER, ["anon"]),
        receipt(5, PROVIDER, target=public(6)),
    ]

    assert {("star", POST["id"], 2)} == acts(read())


def test_zaps_are_skipped_if_the_provider_does_not_answer(relay, read):
    """Everything else is read, and the result says so."""
    relay.events[0] = sign(ADA, 0, json.dumps({"lud16": "ada@wallet.invalid"}), at=ago(400))
    zap = sign(PROVIDER, 9735, tags=[*on(POST), ["description", json.dumps(sign(2, 9734, at=ago(3)))]], at=ago(3))
    relay.events += [zap, sign(3, 7, "+", tags=on(POST), at=ago(3))]

    pages = read()

    assert {("like", POST["id"], 3)} == acts(pages)
    assert any("'ada@wallet.invalid' cannot be asked" in text for page in pages for text in page.skipped_lists)


@pytest.mark.parametrize("counts", [True, False])
def test_followers_are_counted(relay, read, counts):
    """Up to a hundred lists are counted here, more by the relay if it can; otherwise they are unknown."""
    relay.counts = counts
    relay.events += [sign(number, 3, tags=[["p", KEY]], at=ago(number)) for number in range(2, 9)]
    [profile] = [item for item in read()[0].records if isinstance(item, Profile)]
    assert 7 == profile.followers

    relay.events += [sign(number, 3, tags=[["p", KEY]], at=ago(number)) for number in range(9, 150)]
    [profile] = [item for item in read()[0].records if isinstance(item, Profile)]
    assert (148 if counts else None) == profile.followers


def test_same_events_of_two_relays_count_once(relay, read, site):
    """What one relay lacks the other one has; what both have is one act."""
    second = FakeRelay()
    shared, only_second = (sign(number, 7, "+", tags=on(POST), at=ago(3)) for number in (2, 3))
    relay.events.append(shared)
    second.events = [shared, only_second]
    connections = []

    def serve(request):
        connections.append(request.path)
        (second if request.path.startswith("/second") else relay)(request)

    site.script = [serve]
    pages = read(other_urls=(f"{site.url}/second",))

    assert {("like", POST["id"], 2), ("like", POST["id"], 3)} == acts(pages)
    assert ["/", "/second"] == connections


def test_relay_that_refuses_is_skipped(relay, read, site):
    """The other relay is read, the reason is told, and no missing act counts as taken back."""
    relay.script = [lambda message: [["CLOSED", message[1], "auth-required: members only"]]]
    second = FakeRelay()
    second.events = [*relay.events, sign(2, 7, "+", tags=on(POST), at=ago(3))]
    site.script = [lambda request: (second if request.path.startswith("/second") else relay)(request)]

    pages = read(other_urls=(f"{site.url}/second",))

    assert {("like", POST["id"], 2)} == acts(pages)
    assert "auth-required: members only" in pages[0].skipped_lists[0]
    assert NOW == pages[-1].listings[0].complete_since


def test_only_relay_that_refuses_ends_the_run(relay, read):
    """Nothing is taken for an empty account."""
    relay.script = [lambda message: [["CLOSED", message[1], "restricted: pay first"]]]

    with pytest.raises(NetworkRefusedError, match="restricted: pay first"):
        read()


@pytest.mark.proof
def test_relay_that_only_sends_notices(relay, read):
    """After a notice without an answer the run does not wait long."""
    relay.script = [lambda _: [["NOTICE", "rate-limited"]]]
    started = time.monotonic()

    with pytest.raises(NetworkUnavailableError, match="rate-limited"):
        read()
    assert time.monotonic() - started < 10


def test_huge_answer_is_cut(relay, read):
    """A relay may not fill the memory."""
    note = sign(2, 1, "x" * 60_000, tags=[["p", KEY]], at=ago(3))
    relay.script = [lambda message: [*(["EVENT", message[1], note] for _ in range(170)), ["EOSE", message[1]]]]

    assert ("mention", None, 2) in acts(read())


def test_relays_of_an_account_are_public_only(relay, read):
    """Somebody who lists a relay in the operator's network does not make us connect to it."""
    urls = [
        "wss://127.0.0.1:1",
        "ws://relay.example",
        "not a url",
        "wss://user:secret@relay.example",
        "wss://a.example:65559",
    ]
    relay.events.append(sign(ADA, 10002, tags=[["r", url] for url in urls], at=ago(9)))

    pages = read()

    [problem] = [text for page in pages for text in page.skipped_lists]
    assert "127.0.0.1, which is not a public address" in problem


@pytest.mark.parametrize("url", ["http://relay.example", "http://10.0.0.1"])
def test_unencrypted_relay_is_refused(read, url):
    """Only a relay on this machine may be read without TLS."""
    with pytest.raises(InvalidInputError, match="not encrypted"):
        read(base=url)


def test_find_by_key_and_by_name(relay, client, site):
    """A key in any form and a name of NIP-05 give the same account."""
    relay.documents["/.well-known/nostr.json"] = {"names": {"ada": KEY}}
    http = client(api=CONNECTOR.api)
    npub = keys.format_npub(KEY)
    names = [npub, KEY, f"nostr:{npub}", f"https://njump.me/{npub}", f"ada@127.0.0.1:{site.server_port}"]

    profiles = [CONNECTOR.find(http, name, now=NOW) for name in names]

    assert {KEY} == {profile.account_id for profile in profiles}
    assert [npub] * 4 + [names[-1]] == [profile.handle for profile in profiles]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("ada", InvalidInputError, "write its public key"),
        ("nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5", InvalidInputError, "is a secret key"),
        (public(5), AccountGoneError, "no relay has a profile"),
        ("bob@127.0.0.1:{port}", AccountGoneError, "knows no account of nostr named 'bob'"),
    ],
)
@pytest.mark.usefixtures("relay")
def test_names_that_are_no_account(client, site, name, error, message):
    """Each says why; a secret key is not repeated."""
    with pytest.raises(error, match=message) as caught:
        CONNECTOR.find(client(api=CONNECTOR.api), name.format(port=site.server_port), now=NOW)
    assert "nsec1vl" not in str(caught.value)


@pytest.mark.proof
def test_relays_of_the_settings_are_all_read(site, monkeypatch, tmp_path):
    """Added by key, collected from both relays, scored; the receipt names people by their keys; an unlike is undone."""
    now = int(time.time())
    first, second = FakeRelay(), FakeRelay()
    post = sign(ADA, 1, "Hello", at=now - 3 * DAY)
    likes = [sign(2 + number, 7, "+", tags=on(post), at=now - 2 * DAY + number) for number in range(12)]
    first.events = [sign(ADA, 0, "{}", at=now - 9 * DAY), post, *likes[:7]]
    second.events = likes[5:]
    site.script = [lambda request: (second if request.path == "/second" else first)(request)]
    address = site.url.replace("http", "ws")
    monkeypatch.setenv("RENOWN_NOSTR_SERVER", f"{address}, {address}/second")
    monkeypatch.setenv("RENOWN_NOSTR_PRIVATE", "true")

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    renown("init")
    renown("add", "ada", "--nostr", keys.format_npub(KEY))
    [collected] = map(json.loads, renown("collect", "--json").splitlines())
    renown("score")
    receipt = json.loads(renown("explain", "ada", "--json"))

    assert collected["complete"]
    assert (3, "") == (collected["requests"], collected["message"])
    names = {line["name"] for signal in receipt["signals"] for line in signal["actors"]} - {""}
    assert names
    assert names <= {f"nostr:{keys.format_npub(public(2 + number))}" for number in range(12)}
    for relay, undone in ((first, 0), (second, 1)):
        relay.events.remove(likes[6])
        [collected] = map(json.loads, renown("collect", "--json").splitlines())
        assert undone == collected["undone"]
