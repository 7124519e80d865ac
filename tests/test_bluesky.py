"""Bluesky's app view and repositories: its JSON and CAR files in, our records out."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import libipld
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renown.connectors.archives import bluesky as repository
from renown.connectors.base import Account, Actor, Known, Limits, Listing, Page
from renown.connectors.bluesky import names
from renown.connectors.bluesky.appview import CONNECTOR, MOST_FIGURES
from renown.connectors.http import Budget, Client, Manners, Server
from renown.errors import AccountGone, BadInput, BudgetSpent, CursorLost, NetworkBusy, NetworkRefused
from renown.records import Profile, Tally

DATA = Path(__file__).parent / "data" / "bluesky"
NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
ADA = "did:plc:ada"
FEED, LIKES, THREAD, POSTS = (
    f"app.bsky.feed.{name}" for name in ("getAuthorFeed", "getLikes", "getPostThread", "getPosts")
)
PROFILE, PROFILES = "app.bsky.actor.getProfile", "app.bsky.actor.getProfiles"
POST = f"at://{ADA}/app.bsky.feed.post/3ka1"
REFUSED = {"error": "InvalidRequest", "message": "Malformed cursor"}

Params = Mapping[str, str]


class AppView(ThreadingHTTPServer):
    """A server that answers by method, or by method and query."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, Params]] = []

    def count(self, method: str) -> int:
        """Return how often a method was asked for."""
        return sum(asked == method for asked, _ in self.asked)


class Request(BaseHTTPRequestHandler):
    """One answer: JSON, a status with JSON, or a function of the query that returns either."""

    def do_GET(self) -> None:
        """Answer, or say that the method is unknown."""
        url = urlsplit(self.path)
        method, query = url.path.removeprefix("/xrpc/"), parse_qs(url.query)
        self.server.asked.append((method, {name: values[0] for name, values in query.items()}))
        key = f"{method}?" + "&".join(f"{name}={value}" for name in sorted(query) for value in query[name])
        unknown = (501, {"error": "MethodNotImplemented", "message": key})
        said = self.server.answers.get(key, self.server.answers.get(method, unknown))
        said = said({name: values[0] for name, values in query.items()}) if callable(said) else said
        status, body = said if isinstance(said, tuple) else (200, said)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[AppView]:
    """Return a server with the answers of a week."""
    with AppView() as server:
        server.answers |= answers("week")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(site) -> Iterator[Callable[..., Client]]:
    """Return a function that opens a client whose waits take no time."""
    opened, hours = [], Counter()

    def open_client(pages=1000, **manners) -> Client:
        server = Server(f"http://127.0.0.1:{site.server_port}", private_ok=True)
        parts = {"clock": lambda: hours["now"], "sleep": lambda seconds: hours.update(now=seconds), "seed": 7}
        opened.append(Client(server, Budget(pages, 1e6), manners=Manners(**manners), **parts))
        return opened[-1]

    yield open_client
    for one in opened:
        one.__exit__()


@pytest.fixture
def read(client) -> Callable[..., list[Page]]:
    """Return a function that reads Ada."""

    def read_pages(asker=None, *, acts=(), cursor="", most=1000, days=90) -> list[Page]:
        known = Known(NOW - timedelta(days=days), cursor, dict(acts))
        account = Account(ADA, "ada.example")
        return list(CONNECTOR.read(asker or client(), account, known, Limits(most), now=NOW))

    return read_pages


def answers(name: str) -> dict[str, Any]:
    """Return the answers of a pair of files."""
    return json.loads((DATA / f"{name}.answers.json").read_text(encoding="utf-8"))


def said(pages: list[Page]) -> list[dict[str, Any]]:
    """Return what pages hold as the pairs write it: without the network and what is unknown."""

    def bare(value):
        if isinstance(value, dict):
            return {name: bare(part) for name, part in value.items() if part is not None and name != "network"}
        return [bare(part) for part in value] if isinstance(value, list | tuple) else value

    records = [record for page in pages for record in (*page.records, *page.listings)]
    return [{type(record).__name__: bare(msgspec.to_builtins(record))} for record in records]


def of(pages: list[Page], kind: type) -> list[Any]:
    """Return the records of a kind."""
    return [part for page in pages for part in (*page.records, *page.listings) if isinstance(part, kind)]


def post(uri=POST, at="2026-07-05T08:00:00Z", author=ADA, **counts) -> dict[str, Any]:
    """Return a post as the app view shows it."""
    counts = {f"{name}Count": count for name, count in counts.items()}
    return {"uri": uri, "author": {"did": author}, "record": {"createdAt": at}, "indexedAt": at, **counts}


def feed(*posts, cursor=None) -> dict[str, Any]:
    """Return a page of a feed."""
    return {"feed": [{"post": one} for one in posts]} | ({"cursor": cursor} if cursor else {})


def people(*numbers: int) -> list[dict[str, Any]]:
    """Return likes of people by number, a second after each other, youngest first."""
    at = "2026-07-06T10:00:00Z"
    return [{"actor": {"did": f"did:plc:p{number}"}, "createdAt": at, "indexedAt": at} for number in numbers]


# What is read.


@pytest.mark.parametrize("pair", sorted(path.name.partition(".")[0] for path in DATA.glob("*.answers.json")))
def test_answers_become_records(pair, site, read):
    """Each pair of files."""
    site.answers = answers(pair)

    expected = json.loads((DATA / f"{pair}.records.json").read_text(encoding="utf-8"))

    assert expected == said(read())


def test_a_page_cursor_says_where_a_run_is(read):
    """The page of a post names the post, the last one when the run began, for the next one."""
    first, of_post, of_people, last = [page.cursor for page in read()]

    began = '"began":"2026-07-10T12:00:00Z"'
    assert ["", f'{{{began},"after":"{POST}"}}', f"{{{began}}}"] == [first, of_post, of_people]
    assert '{"done":"2026-07-10T12:00:00Z"}' == last


def test_a_post_whose_counts_are_as_they_were_is_not_asked_about(site, read):
    """A quiet day costs two requests."""
    read(acts={(POST, "like"): 3, (POST, "repost"): 1, (POST, "quote"): 1, (POST, "reply"): 2})

    assert [PROFILE, FEED] == [method for method, _ in site.asked]


def test_reposts_happened_after_the_list_was_last_read(read):
    """The network says not when."""
    pages = read(cursor='{"done":"2026-07-08T00:00:00Z"}')

    assert {"like": "05T08", "repost": "08T00"} == {one.verb: f"{one.at:%dT%H}" for one in of(pages, Listing)}


def test_acts_taken_back_need_no_asking(site, read):
    """Where nobody is left, the list is known to be empty."""
    site.answers[FEED] = feed(post())
    del site.answers[next(key for key in site.answers if key.startswith(f"{FEED}?"))]

    [listing] = of(read(acts={(POST, "like"): 2}), Listing)

    assert Listing(ADA, POST, "like", (), complete=True, at=listing.at) == listing
    assert not site.count(LIKES)


def test_posts_older_than_the_window_end_the_reading(site, read):
    """They no longer count, and those behind them are older."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=9, at="2026-04-01T00:00:00Z"), cursor="more")}

    pages = read()

    assert not of(pages, Listing)
    assert 1 == site.count(FEED)


def test_lists_are_read_page_by_page(site, read):
    """A full page may not be the last, though it holds all that were counted: one more came meanwhile."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=100)), PROFILES: {"profiles": []}}
    site.answers[LIKES] = lambda query: (
        {"likes": people(100)} if "cursor" in query else {"likes": people(*range(100)), "cursor": "on"}
    )

    [listing] = of(read(), Listing)

    assert (101, True) == (len(listing.actors), listing.complete)


def endless(query: Params) -> dict[str, Any]:
    """Return a page of a list of a hundred thousand."""
    start = int(query.get("cursor", "0"))
    return {"likes": people(*range(start, start + 100)), "cursor": str(start + 100)}


@pytest.mark.parametrize(("most", "requests"), [(250, 3), (200, 2)])
def test_a_hundred_thousand_likes_are_named_up_to_a_limit_and_counted(most, requests, site, read):
    """The rest are acts of unknown actors, as old as the post."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=100_000)), LIKES: endless, PROFILES: {"profiles": []}}

    pages = read(most=most)

    [listing] = of(pages, Listing)
    assert (most, False) == (len(listing.actors), listing.complete)
    assert [Tally("bluesky", ADA, POST, "like", 100_000, datetime(2026, 7, 5, 8, tzinfo=UTC))] == of(pages, Tally)
    assert requests == site.count(LIKES)


def test_a_count_that_no_lake_holds_is_none(site, read):
    """It keeps nothing else from being read."""
    site.answers = {PROFILE: {"did": ADA, "followersCount": 10**30}, FEED: feed(post(like=10**30, repost=1))}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p1"}]}
    site.answers[PROFILES] = {"profiles": [{"did": "did:plc:p1", "followersCount": -1}]}

    pages = read(acts={(POST, "like"): 7})

    assert [None, None] == [one.followers for one in of(pages, Profile)]
    assert ["repost"] == [one.verb for one in of(pages, Listing)]


def test_a_list_that_leads_back_to_itself_ends(site, read):
    """A server's fault is no endless run; nobody is said to be missing from such a list."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=9)), PROFILES: {"profiles": []}}
    site.answers[LIKES] = {"likes": people(1), "cursor": "same"}

    [listing] = of(read(), Listing)

    assert ((Actor("did:plc:p1", listing.actors[0].at),), False) == (listing.actors, listing.complete)


def test_a_thread_too_large_to_read_is_counted(site, client, read):
    """Thousands of replies come in one answer."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(reply=9000)), THREAD: {"thread": {"x": "y" * 2000}}}

    pages = read(client(most_bytes=1000))

    assert [9000] == [tally.count for tally in of(pages, Tally)]


def test_figures_are_asked_for_up_to_a_limit_of_whom_did_most(site, read):
    """Ten requests: popularity does not cost more."""
    twice = f"{POST}b"
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=400), post(twice, like=1))}
    site.answers[LIKES] = lambda query: {"likes": people(399)} if query["uri"] == twice else endless(query)
    site.answers[PROFILES] = lambda query: {"profiles": [{"did": query["actors"], "followersCount": 1}]}

    asked = [profile.account_id for profile in of(read(most=400), Profile)][1:]

    assert MOST_FIGURES / 25 == site.count(PROFILES) == len(asked)
    assert "did:plc:p399" == asked[0]


# Bad weather.


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        ("AccountTakedown", "Account has been suspended", "suspended"),
        ("AccountDeactivated", "Account is deactivated", "deactivated"),
        ("InvalidRequest", "Profile not found", "nobody by that name"),
    ],
)
def test_an_account_that_is_gone_is_said_to_be(code, text, why, site, client, read):
    """Found or read."""
    site.answers[f"{PROFILE}?actor={ADA}"] = (400, {"error": code, "message": text})

    with pytest.raises(AccountGone, match=why):
        CONNECTOR.find(client(), ADA, now=NOW)
    with pytest.raises(AccountGone, match=why):
        read()


def test_an_account_may_go_while_it_is_read(site, read):
    """What was yielded is kept."""
    site.answers = {PROFILE: {"did": ADA}, FEED: (400, {"error": "InvalidRequest", "message": "Profile not found"})}

    with pytest.raises(AccountGone, match="nobody by that name"):
        read(cursor='{"feed":"middle"}')


def test_another_refusal_says_nothing_of_the_account(site, client):
    """A fault of ours takes nobody off the network."""
    refusal = {"error": "InvalidRequest", "message": "Error: actor must be a valid did or a handle"}
    site.answers[f"{PROFILE}?actor={ADA}"] = (400, refusal)

    with pytest.raises(NetworkRefused, match="must be a valid did") as caught:
        CONNECTOR.find(client(), ADA, now=NOW)

    assert not isinstance(caught.value, AccountGone)


def test_an_answer_without_an_id_names_nobody(site, client):
    """Another program may listen there."""
    site.answers[PROFILE] = {"did": "7"}

    with pytest.raises(NetworkRefused, match="no DID"):
        CONNECTOR.find(client(), "ada.example", now=NOW)


@pytest.mark.parametrize("name", ["@Ada.example ", "ada.example"])
def test_people_are_found_by_handle(name, site, client):
    """As people type it; a new handle is the same person."""
    site.answers[f"{PROFILE}?actor=ada.example"] = {"did": ADA, "handle": "ada.renamed.example"}

    found = CONNECTOR.find(client(), name, now=NOW)

    assert (ADA, "ada.renamed.example") == (found.account_id, found.handle)


@pytest.mark.parametrize("name", ["ada", "", "ada@example.social", "did:plc:", "a" * 300 + ".example"])
def test_what_is_no_name_is_not_asked_for(name, site, client):
    """Our own message is better than the network's."""
    with pytest.raises(BadInput, match="no name on bluesky; write the whole handle"):
        CONNECTOR.find(client(), name, now=NOW)

    assert not site.asked


def test_a_post_deleted_while_it_is_read_takes_nothing_back(site, read):
    """Its lists are empty, and nobody unliked it."""
    gone, there = post(like=2), post(f"{POST}b", like=1)
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(gone, there), POSTS: {"posts": []}, PROFILES: {"profiles": []}}
    site.answers[LIKES] = lambda query: {"likes": [] if query["uri"] == POST else people(1)}

    assert [f"{POST}b"] == [listing.post_id for listing in of(read(), Listing)]


def test_a_thread_that_is_not_found_is_of_a_deleted_post(site, read):
    """The network says so only there."""
    site.answers[THREAD] = (400, {"error": "NotFound", "message": f"Post not found: {POST}"})
    del site.answers[next(key for key in site.answers if key.startswith(f"{THREAD}?"))]

    pages = read()

    assert [Profile] == [type(part) for page in pages for part in (*page.records, *page.listings)]
    assert '{"done":"2026-07-10T12:00:00Z"}' == pages[-1].cursor


def test_likes_of_people_suspended_by_now_are_gone(site, read):
    """The post is still counted as liked by two, and shows nobody."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=2)), LIKES: {"likes": []}, POSTS: {"posts": [post()]}}

    [listing] = of(read(), Listing)

    assert ((), True) == (listing.actors, listing.complete)


@pytest.mark.parametrize("lost", [(400, REFUSED), (500, {"error": "InternalServerError"}), {"feed": []}])
def test_a_lost_cursor_starts_over_once(lost, site, read):
    """The app view has three ways of saying that it knows a cursor no more."""
    site.answers[f"{FEED}?actor={ADA}&cursor=old&filter=posts_with_replies&limit=100"] = lost
    fresh = said(read())

    assert fresh == said(read(cursor=f'{{"feed":"old","after":"{POST}"}}'))


def test_a_cursor_lost_while_reading_is_said(site, read):
    """Starting over again and again would not end."""
    site.answers = {PROFILE: {"did": ADA}}
    site.answers[FEED] = lambda query: (400, REFUSED) if "cursor" in query else feed(post(), cursor="lost")

    with pytest.raises(CursorLost, match="Malformed cursor"):
        read()


def test_a_server_that_does_not_answer_is_no_lost_cursor(site, read):
    """The same request may be answered later."""
    site.answers[FEED] = (503, {})

    with pytest.raises(NetworkBusy, match="503"):
        read(cursor='{"feed":"old"}')

    assert 5 == site.count(FEED)


@pytest.mark.parametrize("cursor", ["junk", "[]", '{"done":"never"}', '{"done":7}'])
def test_a_cursor_of_another_program_is_none(cursor, read):
    """Reading again is harmless."""
    assert said(read()) == said(read(cursor=cursor))


@pytest.mark.parametrize("pages", range(5, 12))
def test_runs_that_a_budget_ends_read_everything_in_the_end(pages, site, client, read):
    """Each goes on where the last one stopped, though none can read one page of posts whole."""
    uris = [f"{POST}{number:02}" for number in range(12)]
    site.answers = {PROFILE: {"did": ADA}, PROFILES: {"profiles": []}}
    posts = [post(uri, at="2026-07-05T08:00:00Z", like=1, repost=1) for uri in uris]
    site.answers[FEED] = lambda query: feed(*posts[6:]) if "cursor" in query else feed(*posts[:6], cursor="on")
    site.answers[LIKES] = {"likes": people(1)}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p2"}]}
    whole, found, cursor = of(read(), Listing), [], ""

    for _ in range(20):
        known = Known(NOW - timedelta(days=90), cursor)
        try:
            for page in CONNECTOR.read(client(pages), Account(ADA, "x"), known, Limits(), now=NOW):
                found += page.listings
                cursor = page.cursor or cursor
        except BudgetSpent:
            continue
        break

    assert 24 == len(whole)
    assert whole == found
    assert '{"done":"2026-07-10T12:00:00Z"}' == cursor


def asking(site, **lists):
    """Let a site show three posts, youngest first, that were liked and reposted; its lists answer as is said."""
    posts = [post(f"{POST}{letter}", like=1, repost=1) for letter in "cba"]
    site.answers = {PROFILE: {"did": ADA}, PROFILES: {"profiles": []}, FEED: feed(*posts)}
    site.answers[LIKES] = {"likes": people(1)}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p2"}]}
    site.answers |= lists


@pytest.mark.parametrize("failing", [(500, {}), {"likes": 7}])
def test_a_list_that_never_answers_keeps_no_other_from_being_read(failing, site, read):
    """It is left out, said, and asked for in the next run; older posts and other lists are read."""
    asking(site)
    site.answers[LIKES] = lambda query: failing if query["uri"] == f"{POST}b" else {"likes": people(1)}

    pages = read()

    read_of = {(one.post_id[-1], one.verb) for one in of(pages, Listing)}
    assert {(letter, verb) for letter in "abc" for verb in ("like", "repost")} - {("b", "like")} == read_of
    assert {(f"{POST}{letter}", verb) for letter, verb in read_of} == {key for page in pages for key in page.counts}
    [said_of] = [said_of for page in pages for said_of in page.left_out]
    assert f"like of '{POST}b' is left out, and asked for in the next run" in said_of
    assert '{"done":"2026-07-10T12:00:00Z"}' == pages[-1].cursor


def test_a_network_that_went_down_ends_the_reading(site, read):
    """It does not answer what it answered before either, so no post is to blame."""
    asking(site)
    site.answers[LIKES] = (503, {})
    site.answers[PROFILE] = lambda _query: (503, {}) if site.count(LIKES) else {"did": ADA}

    with pytest.raises(NetworkBusy, match=r"getLikes.* was answered 503"):
        read()


def test_a_network_without_one_kind_of_list_is_left_alone_after_a_few(site, client):
    """What was read by then is kept, and the next run goes on behind it."""
    asking(site)
    site.answers[FEED] = feed(*(post(f"{POST}{number}", like=1) for number in range(9)))
    site.answers[LIKES] = (500, {})
    pages = CONNECTOR.read(client(), Account(ADA, "x"), Known(NOW - timedelta(days=90)), Limits(), now=NOW)
    kept = [next(pages) for _ in range(4)]

    with pytest.raises(NetworkBusy, match="500"):
        next(pages)

    assert f"{POST}2" in kept[-1].cursor


def test_whoever_asks_too_much_passes_nothing_over(site, read):
    """It is not for the post's sake."""
    asking(site)
    site.answers[LIKES] = (429, {})

    with pytest.raises(NetworkBusy, match="429"):
        read()
    assert 1 == site.count(PROFILE)


@pytest.mark.parametrize("pages", [2, 3, 4, 5, 9])
def test_a_post_that_costs_more_than_a_run_is_got_past(pages, site, client):
    """The first page of its list is read at the least, the rest counted; then the older ones are read."""
    asking(site)
    site.answers[FEED] = feed(post(f"{POST}c", like=5000, repost=1), *(post(f"{POST}{n}", like=1) for n in "ba"))
    site.answers[LIKES] = lambda query: (
        {"likes": people(1)}
        if query["uri"] != f"{POST}c"
        else {"likes": people(*range(int(query.get("cursor", 0)), int(query.get("cursor", 0)) + 100))}
        | {"cursor": str(int(query.get("cursor", 0)) + 100)}
    )
    found, tallies, counts, cursor, told = [], [], {}, "", []
    for _ in range(9):
        known = Known(NOW - timedelta(days=90), cursor, counts)
        try:
            for page in CONNECTOR.read(client(pages), Account(ADA, "x"), known, Limits(), now=NOW):
                found += [
                    (one.post_id[-1], len(one.actors), one.complete) for one in page.listings if one.verb == "like"
                ]
                tallies += [one.count for one in page.records if isinstance(one, Tally)]
                cursor, counts = page.cursor or cursor, counts | dict(page.counts)
                told += page.left_out
        except BudgetSpent:
            continue

    if pages == 2:  # Not even one page of a list can be paid; that is said.
        assert not found
        assert "it costs more than is left of a whole run; allow more" in told[0]
        return
    assert ("c", min(1000, (pages - 2) * 100), False) == found[0]
    assert {("b", 1, True), ("a", 1, True)} <= set(found)
    assert {5000} == set(tallies)
    assert 5000 == counts[f"{POST}c", "like"]
    assert f"like of '{POST}c' costs more than a whole run: the rest is counted; allow more" == told[0]


def test_a_network_that_asks_to_wait_longer_than_a_run_passes_nothing_over(site, client, monkeypatch):
    """The next run may ask again."""
    asking(site)
    site.answers[LIKES] = (503, {})
    asker = client()
    monkeypatch.setattr(asker, "_left", lambda: 0.5 if site.count(LIKES) else 9.0)
    monkeypatch.setattr("renown.connectors.http.headers.retry_after", lambda *_: 600.0)

    pages = CONNECTOR.read(asker, Account(ADA, "x"), Known(NOW - timedelta(days=90)), Limits(), now=NOW)

    assert not next(pages).cursor
    with pytest.raises(BudgetSpent, match="asks to wait 600 s"):
        next(pages)


# Names.


@given(st.text() | st.none() | st.integers() | st.from_regex(r"at://did:[a-z]+:.*"))
def test_hostile_names_are_no_names(text):
    """Whatever somebody writes, an owner is a DID, and no reading raises."""
    whose = names.owner(text)

    assert whose is None or (names.is_did(whose) and text.startswith(f"at://{whose}/"))
    assert names.instant(text) is None or names.instant(text).tzinfo is UTC
    assert names.handle_of(text) is None or names.is_did(text) is False


# Repositories.


def varint(number: int) -> bytes:
    """Return a number as CAR files write it (LEB128)."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


class Car:
    """A CAR file that is being put together."""

    def __init__(self) -> None:
        self.blocks: list[tuple[bytes, bytes]] = []

    def add(self, content: object) -> bytes:
        """Add a block; return its CID (version 1, DAG-CBOR, SHA-256), which libipld writes as a link."""
        data = libipld.encode_dag_cbor(content)
        cid = b"\x01\x71\x12\x20" + hashlib.sha256(data).digest()
        self.blocks.append((cid, data))
        return cid

    def node(self, records: Mapping[str, object], left: bytes | None = None, right: bytes | None = None) -> bytes:
        """Add a part of the tree: keys are shortened by what they share with the one before."""
        entries, before = [], b""
        for key, record in sorted((key.encode(), record) for key, record in records.items()):
            shared = next((n for n, pair in enumerate(zip(key, before, strict=False)) if pair[0] != pair[1]), 0)
            entries.append({"p": shared, "k": key[shared:], "v": self.add(record), "t": None})
            before = key
        if entries:
            entries[-1]["t"] = right
        return self.add({"l": left, "e": entries})

    def commit(self, data: bytes, **said) -> bytes:
        """Add the root."""
        return self.add({"did": ADA, "version": 3, "data": data, "rev": "3k", "prev": None, "sig": b"s"} | said)

    def written(self, path: Path, root: bytes) -> Path:
        """Write the file."""
        header = libipld.encode_dag_cbor({"version": 1, "roots": [root]})
        blocks = [varint(len(cid + data)) + cid + data for cid, data in self.blocks]
        path.write_bytes(varint(len(header)) + header + b"".join(blocks))
        return path


AT = "2026-07-01T00:00:00.000Z"
BOBS, CYDS = "at://did:plc:bob/app.bsky.feed.post/3kb", "at://did:plc:cyd/app.bsky.feed.post/3kc"


def mention(*dids: str) -> list[dict[str, Any]]:
    """Return the facets of a text that mentions people."""
    return [{"features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}]} for did in dids]


def embed(uri: str) -> dict[str, Any]:
    """Return the embed of a post that quotes."""
    return {"$type": "app.bsky.embed.record", "record": {"uri": uri, "cid": "c"}}


RECORDS = {
    "app.bsky.actor.profile/self": {"displayName": "Ada", "createdAt": AT},
    "app.bsky.feed.like/3k1": {"subject": {"uri": BOBS, "cid": "c"}, "createdAt": AT},
    "app.bsky.feed.like/3k2": {"subject": {"uri": POST, "cid": "c"}, "createdAt": AT},
    "app.bsky.feed.repost/3k3": {"subject": {"uri": BOBS, "cid": "c"}, "createdAt": AT},
    "app.bsky.graph.follow/3k4": {"subject": "did:plc:bob", "createdAt": AT},
    "app.bsky.feed.post/3k5": {
        "text": "@bob @ada @cyd look",
        "reply": {"parent": {"uri": BOBS}, "root": {"uri": CYDS}},
        "embed": {"record": embed(CYDS), "media": {"images": []}},
        "facets": [
            *mention("did:plc:bob", ADA, "did:plc:bob", "nobody"),
            {"features": [{"$type": "x", "did": "did:plc:x"}]},
        ],
        "createdAt": AT,
    },
    "app.bsky.feed.post/3k6": {
        "text": "hello",
        "embed": embed("at://did:plc:cyd/app.bsky.graph.list/3kl"),
        "createdAt": AT,
    },
}


def uri(rest: str) -> str:
    """Return the AT-URI of one of Ada's records."""
    return f"at://{ADA}/app.bsky.{rest}"


def test_a_repository_tells_what_its_account_did(tmp_path):
    """To others: nothing that it did to itself, nothing that says nothing."""
    car = Car()
    at, below = dict(list(RECORDS.items())[:4]), dict(list(RECORDS.items())[4:])
    path = car.written(tmp_path / "ada.car", car.commit(car.node(at, right=car.node(below, left=car.node({})))))

    acts = sorted(repository.read(path, NOW).records, key=lambda act: (act.interaction_id, act.verb))

    assert [
        (uri("feed.like/3k1"), "like", "did:plc:bob", BOBS),
        (uri("feed.post/3k5"), "mention", "did:plc:bob", None),
        (uri("feed.post/3k5"), "quote", "did:plc:cyd", CYDS),
        (uri("feed.post/3k5"), "reply", "did:plc:bob", BOBS),
        (uri("feed.repost/3k3"), "repost", "did:plc:bob", BOBS),
        (uri("graph.follow/3k4"), "follow", "did:plc:bob", None),
    ] == [(act.interaction_id, act.verb, act.target_id, act.post_id) for act in acts]
    assert {("bluesky", ADA, datetime(2026, 7, 1, tzinfo=UTC))} == {(a.network, a.actor_id, a.at) for a in acts}


@pytest.mark.parametrize(
    ("claimed", "at"),
    [
        ("2031-01-01T00:00:00Z", [NOW]),
        ("2026-07-01T02:00:00+02:00", [datetime(2026, 7, 1, tzinfo=UTC)]),
        ("0001-01-01T00:00:00Z", []),
        ("soon", []),
        (7, []),
    ],
)
def test_an_act_of_a_repository_is_as_old_as_it_says(claimed, at, tmp_path):
    """But not of the future, nor of a day that cannot be counted."""
    car = Car()
    record = RECORDS["app.bsky.feed.like/3k1"] | {"createdAt": claimed}
    path = car.written(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.like/3k1": record})))

    assert at == [act.at for act in repository.read(path, NOW).records]


@pytest.mark.parametrize(
    "record",
    [
        7,
        {"createdAt": AT},
        {"subject": "x", "createdAt": AT},
        {"subject": {"uri": "https://bob.example/3kb"}, "createdAt": AT},
        {"subject": {"uri": ["at://"]}, "createdAt": AT},
    ],
)
def test_a_record_that_says_nothing_is_left_out(record, tmp_path):
    """Anybody may write anything into their repository."""
    car = Car()
    path = car.written(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.like/3k0": record} | RECORDS)))

    assert 6 == len(list(repository.read(path, NOW).records))


def test_a_post_mentions_no_more_than_it_can_hold(tmp_path):
    """A record made by a program may name thousands."""
    car = Car()
    record = {"facets": mention(*(f"did:plc:p{number}" for number in range(1000))), "createdAt": AT}
    path = car.written(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.post/3k1": record})))

    assert repository.MENTIONS == len(list(repository.read(path, NOW).records))


def test_every_cut_of_a_repository_is_refused(tmp_path):
    """A download that ended early is not half of a person's life."""
    car = Car()
    whole = car.written(tmp_path / "ada.car", car.commit(car.node(RECORDS))).read_bytes()
    path = tmp_path / "cut.car"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(BadInput, match="download it again"):
            repository.read(path, NOW)


@pytest.mark.parametrize(
    "commit",
    [
        {"did": ADA, "version": 3},
        {"did": "ada.example", "version": 3, "data": b"x"},
        {"did": ADA, "version": 1, "data": b"x"},
        "hello",
    ],
)
def test_a_root_that_is_no_commit_is_refused(commit, tmp_path):
    """Other programs write CAR files, too."""
    car = Car()

    with pytest.raises(BadInput, match="no commit of a Bluesky repository"):
        repository.read(car.written(tmp_path / "x.car", car.add(commit)), NOW)


def long_key(car: Car) -> bytes:
    """Return a tree whose keys grow: a file of megabytes would fill any memory."""
    record = car.add({})
    return car.add({"l": None, "e": [{"p": p, "k": b"k" * 500, "v": record, "t": None} for p in (0, 500)]})


def round_about(car: Car) -> bytes:
    """Return a tree that leads back to itself, under a CID that is not its content's."""
    cid = b"\x01\x71\x12\x20" + bytes(32)
    car.blocks.append((cid, libipld.encode_dag_cbor({"l": cid, "e": []})))
    return cid


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        (lambda car: car.node({}, left=b"\x01\x71\x12\x20" + bytes(32)), "part of its tree is missing"),
        (lambda car: car.add({"l": None, "e": [{"p": -1}]}), "part of its tree is missing or broken"),
        (
            lambda car: car.add({"l": None, "e": [{"p": 0, "k": b"k", "v": b"v", "t": None}]}),
            "the record 'k' is missing",
        ),
        (long_key, "longer than 830 bytes"),
    ],
)
def test_a_broken_tree_is_refused(tree, why, tmp_path):
    """It says which part."""
    car = Car()

    with pytest.raises(BadInput, match=why):
        repository.read(car.written(tmp_path / "x.car", car.commit(tree(car))), NOW)


def test_a_tree_that_leads_back_to_itself_ends(tmp_path):
    """No block is proved to have its CID."""
    car = Car()

    assert [] == list(repository.read(car.written(tmp_path / "x.car", car.commit(round_about(car))), NOW).records)


def test_what_is_no_car_file_is_refused(tmp_path, monkeypatch):
    """Missing, of another kind, nested without end, too large."""
    path = tmp_path / "x.car"
    with pytest.raises(BadInput, match="No such file"):
        repository.read(path, NOW)
    path.write_bytes(b"PK\x03\x04 a zip file")
    with pytest.raises(BadInput, match="no whole CAR file"):
        repository.read(path, NOW)
    car = Car()
    car.blocks.append((b"\x01\x71\x12\x20" + bytes(32), b"\x81" * 100_000 + b"\x00"))
    with pytest.raises(BadInput, match="recursion"):
        repository.read(car.written(path, bytes(36)), NOW)
    monkeypatch.setattr(repository, "MOST_BYTES", 10)
    with pytest.raises(BadInput, match="at most 10 are read"):
        repository.read(path, NOW)
