"""The Bluesky connector against a local app view, and repository archives (CAR files)."""

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renown.connectors.base import Account, Actor, KnownState, Listing, Page, ReadLimits
from renown.connectors.bluesky import ids
from renown.connectors.bluesky.api import CONNECTOR
from renown.connectors.bluesky.facets import MAX_MENTIONS, ByteSlice, Facet, Feature, find_mentions
from renown.connectors.http import Client, ClientOptions, RequestBudget
from renown.connectors.http.urls import Server
from renown.connectors.pagination import MAX_EMPTY_PAGES
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CursorExpiredError,
    InvalidInputError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.imports.archives import bluesky as repository
from renown.imports.archives import bluesky_repository
from renown.records import PostDetails, Profile, Tally

WEEK = Path(__file__).parent / "networks" / "bluesky" / "week.json"
NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
ADA = "did:plc:ada"
FEED, LIKES, THREAD, POSTS = (
    f"app.bsky.feed.{name}" for name in ("getAuthorFeed", "getLikes", "getPostThread", "getPosts")
)
PROFILE = "app.bsky.actor.getProfile"
POST = f"at://{ADA}/app.bsky.feed.post/3ka1"
REFUSED = {"error": "InvalidRequest", "message": "Malformed cursor"}

Params = Mapping[str, str]


class AppView(ThreadingHTTPServer):
    """A local app view that answers by request or by method."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RequestHandler)
        self.answers: dict[str, Any] = {}
        self.requests: list[tuple[str, Params]] = []

    def count(self, method: str) -> int:
        """Return the number of requests of a method."""
        return sum(requested == method for requested, _ in self.requests)


class RequestHandler(BaseHTTPRequestHandler):
    """One request; an answer is JSON, a status with JSON, or a function of the query that returns either."""

    def do_GET(self) -> None:
        """Send the answer, or the network's error of an unknown method."""
        url, path = urlsplit(self.path), unquote(self.path)
        method, query = url.path.removeprefix("/xrpc/"), parse_qs(url.query)
        query = {name: values[0] for name, values in query.items()}
        self.server.requests.append((method, query))
        not_implemented = (501, {"error": "MethodNotImplemented", "message": path})
        answer = self.server.answers.get(path, self.server.answers.get(method, not_implemented))
        answer = answer(query) if callable(answer) else answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args) -> None:
        """Log nothing."""


@pytest.fixture
def site() -> Iterator[AppView]:
    """Return an app view with the answers of the case `week`."""
    with AppView() as server:
        server.answers |= json.loads(WEEK.read_text(encoding="utf-8"))["answers"]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(site) -> Iterator[Callable[..., Client]]:
    """Return a function that opens a client whose waits take no time."""
    opened, clock = [], Counter()

    def open_client(max_pages=1000, options=None) -> Client:
        server = Server(f"http://127.0.0.1:{site.server_port}", private_ok=True)
        parts = {"clock": lambda: clock["now"], "sleep": lambda seconds: clock.update(now=seconds), "seed": 7}
        opened.append(Client(server, RequestBudget(max_pages, 1e6), options=options, **parts))
        return opened[-1]

    yield open_client
    for http in opened:
        http.__exit__()


@pytest.fixture
def read(client) -> Callable[..., list[Page]]:
    """Return a function that reads all pages of Ada's account."""

    def read_pages(http=None, *, counts=(), cursor="", max_actors=1000, days=90) -> list[Page]:
        known = KnownState(NOW - timedelta(days=days), cursor, dict(counts))
        account = Account(ADA, "ada.example")
        return list(CONNECTOR.read(http or client(), account, known, ReadLimits(max_actors), now=NOW))

    return read_pages


def records_of(pages: list[Page]) -> list[Any]:
    """Return the records and listings of all pages."""
    return [part for page in pages for part in (*page.records, *page.listings)]


def of_type(pages: list[Page], record_type: type) -> list[Any]:
    """Return the records and listings of a type."""
    return [record for page in pages for record in (*page.records, *page.listings) if isinstance(record, record_type)]


def post(uri=POST, at="2026-07-05T08:00:00Z", author=ADA, **counts) -> dict[str, Any]:
    """Return a post as the app view shows it."""
    counts = {f"{name}Count": count for name, count in counts.items()}
    return {"uri": uri, "author": {"did": author}, "record": {"createdAt": at}, "indexedAt": at, **counts}


def feed(*posts, cursor=None) -> dict[str, Any]:
    """Return a page of a feed."""
    return {"feed": [{"post": item} for item in posts]} | ({"cursor": cursor} if cursor else {})


def likes(*numbers: int) -> list[dict[str, Any]]:
    """Return likes by numbered accounts."""
    at = "2026-07-06T10:00:00Z"
    return [{"actor": {"did": f"did:plc:p{number}"}, "createdAt": at, "indexedAt": at} for number in numbers]


# Reading.


def test_page_cursor_names_the_post(read):
    """The cursor of a post's page names the post, the last page's cursor when the run began."""
    first, of_tags, of_post, of_feed, last = [page.cursor for page in read()]

    began = '"began":"2026-07-10T12:00:00Z"'
    assert ["", "", f'{{{began},"after":"{POST}"}}', f"{{{began}}}"] == [first, of_tags, of_post, of_feed]
    assert '{"done":"2026-07-10T12:00:00Z"}' == last


def test_unchanged_counts_cost_no_request(site, read):
    """A run without news costs two requests."""
    read(counts={(POST, "like"): 3, (POST, "repost"): 1, (POST, "quote"): 1, (POST, "reply"): 2})

    assert [PROFILE, FEED] == [method for method, _ in site.requests]


def test_reposts_are_dated_by_the_last_run(read):
    """The network does not tell when an account reposted."""
    pages = read(cursor='{"done":"2026-07-08T00:00:00Z"}')

    assert {"like": "05T08", "repost": "08T00"} == {
        listing.verb: f"{listing.at:%dT%H}" for listing in of_type(pages, Listing)
    }


def test_count_of_zero_is_an_empty_complete_list(site, read):
    """Likes that dropped to zero are undone without a request."""
    site.answers[FEED] = feed(post())
    del site.answers[next(key for key in site.answers if key.startswith(f"/xrpc/{FEED}?"))]

    [listing] = of_type(read(counts={(POST, "like"): 2}), Listing)

    assert Listing(target_id=ADA, post_id=POST, verb="like", actors=(), complete=True, at=listing.at) == listing
    assert not site.count(LIKES)


def test_pagination_ends_at_the_start_of_the_window(site, read):
    """Older posts no longer count, and all further ones are older."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=9, at="2026-04-01T00:00:00Z"), cursor="more")}

    pages = read()

    assert not of_type(pages, Listing)
    assert 1 == site.count(FEED)


def test_lists_are_paginated_past_the_count(site, read):
    """A full page may not be the last one, though it has as many actors as were counted: one more came meanwhile."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=100))}
    site.answers[LIKES] = lambda query: (
        {"likes": likes(100)} if "cursor" in query else {"likes": likes(*range(100)), "cursor": "on"}
    )

    [listing] = of_type(read(), Listing)

    assert (101, True) == (len(listing.actors), listing.complete)


def endless_likes(query: Params) -> dict[str, Any]:
    """Return a page of a list of likes without end."""
    start = int(query.get("cursor", "0"))
    return {"likes": likes(*range(start, start + 100)), "cursor": str(start + 100)}


@pytest.mark.parametrize(("max_actors", "requests"), [(250, 3), (200, 2)])
def test_likes_beyond_the_limit_are_counted(max_actors, requests, site, read):
    """The rest are acts of unknown actors, dated by the post."""
    site.answers = {
        PROFILE: {"did": ADA},
        FEED: feed(post(like=100_000)),
        LIKES: endless_likes,
    }

    pages = read(max_actors=max_actors)

    [listing] = of_type(pages, Listing)
    assert (max_actors, False) == (len(listing.actors), listing.complete)
    assert [
        Tally(
            network="bluesky",
            account_id=ADA,
            post_id=POST,
            verb="like",
            count=100_000,
            at=datetime(2026, 7, 5, 8, tzinfo=UTC),
        )
    ] == of_type(pages, Tally)
    assert requests == site.count(LIKES)


def test_absurd_count_is_unknown(site, read):
    """The rest of the account is read."""
    site.answers = {PROFILE: {"did": ADA, "followersCount": 10**30}, FEED: feed(post(like=10**30, repost=1))}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p1"}]}

    pages = read(counts={(POST, "like"): 7})

    assert [None] == [record.followers for record in of_type(pages, Profile)]
    assert ["repost"] == [record.verb for record in of_type(pages, Listing)]


def test_pagination_loop_is_incomplete(site, read):
    """A repeated cursor ends the list, and nobody is missing from it."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=9))}
    site.answers[LIKES] = {"likes": likes(1), "cursor": "same"}

    [listing] = of_type(read(), Listing)

    assert ((Actor("did:plc:p1", listing.actors[0].at),), False) == (listing.actors, listing.complete)


def test_too_large_thread_is_counted(site, client, read):
    """A response with thousands of replies may exceed the size limit."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(reply=9000)), THREAD: {"thread": {"x": "y" * 2000}}}

    pages = read(client(options=ClientOptions(max_bytes=1000)))

    assert [9000] == [tally.count for tally in of_type(pages, Tally)]


# Failures.


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("AccountTakedown", "Account has been suspended", "suspended"),
        ("AccountDeactivated", "Account is deactivated", "deactivated"),
        ("InvalidRequest", "Profile not found", "no account by that name"),
    ],
)
def test_gone_account_is_reported(code, message, reason, site, client, read):
    """By `find` and by `read`."""
    site.answers[f"/xrpc/{PROFILE}?actor={ADA}"] = (400, {"error": code, "message": message})

    with pytest.raises(AccountGoneError, match=reason):
        CONNECTOR.find(client(), ADA, now=NOW)
    with pytest.raises(AccountGoneError, match=reason):
        read()


def test_account_deleted_meanwhile_is_gone(site, read):
    """Pages yielded before are stored."""
    site.answers = {PROFILE: {"did": ADA}, FEED: (400, {"error": "InvalidRequest", "message": "Profile not found"})}

    with pytest.raises(AccountGoneError, match="no account by that name"):
        read(cursor='{"feed":"middle"}')


def test_other_refusal_does_not_mean_gone(site, client):
    """An invalid request of ours does not mark an account as gone."""
    refusal = {"error": "InvalidRequest", "message": "Error: actor must be a valid did or a handle"}
    site.answers[f"/xrpc/{PROFILE}?actor={ADA}"] = (400, refusal)

    with pytest.raises(NetworkRefusedError, match="must be a valid did") as raised:
        CONNECTOR.find(client(), ADA, now=NOW)

    assert not isinstance(raised.value, AccountGoneError)


def test_profile_without_a_did_is_refused(site, client):
    """The server may run other software."""
    site.answers[PROFILE] = {"did": "7"}

    with pytest.raises(NetworkRefusedError, match="no DID"):
        CONNECTOR.find(client(), "ada.example", now=NOW)


@pytest.mark.parametrize("name", ["@Ada.example ", "ada.example"])
def test_find_by_handle(name, site, client):
    """As people type it; a new handle is the same account."""
    site.answers[f"/xrpc/{PROFILE}?actor=ada.example"] = {"did": ADA, "handle": "ada.renamed.example"}

    profile = CONNECTOR.find(client(), name, now=NOW)

    assert (ADA, "ada.renamed.example") == (profile.account_id, profile.handle)


@pytest.mark.parametrize("name", ["ada", "", "ada@example.social", "did:plc:", "a" * 300 + ".example"])
def test_invalid_handle_is_not_requested(name, site, client):
    """Our error tells more than the network's."""
    with pytest.raises(InvalidInputError, match="is no account of bluesky; write the whole handle"):
        CONNECTOR.find(client(), name, now=NOW)

    assert not site.requests


def test_post_deleted_meanwhile_undoes_nothing(site, read):
    """Its lists are empty, though nobody took a like back."""
    deleted, remaining = post(like=2), post(f"{POST}b", like=1)
    site.answers = {
        PROFILE: {"did": ADA},
        FEED: feed(deleted, remaining),
        POSTS: {"posts": []},
    }
    site.answers[LIKES] = lambda query: {"likes": [] if query["uri"] == POST else likes(1)}

    assert [f"{POST}b"] == [listing.post_id for listing in of_type(read(), Listing)]


def test_missing_thread_means_a_deleted_post(site, read):
    """The network reports a deleted post only there."""
    site.answers[THREAD] = (400, {"error": "NotFound", "message": f"Post not found: {POST}"})
    del site.answers[next(key for key in site.answers if key.startswith(f"/xrpc/{THREAD}?"))]

    pages = read()

    assert [Profile, PostDetails] == [type(part) for page in pages for part in (*page.records, *page.listings)]
    assert '{"done":"2026-07-10T12:00:00Z"}' == pages[-1].cursor


def test_likes_of_suspended_accounts_are_undone(site, read):
    """The post still counts two likes and lists nobody."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=2)), LIKES: {"likes": []}, POSTS: {"posts": [post()]}}

    [listing] = of_type(read(), Listing)

    assert ((), True) == (listing.actors, listing.complete)


@pytest.mark.parametrize("answer", [(400, REFUSED), (500, {"error": "InternalServerError"}), {"feed": []}])
def test_expired_cursor_starts_over_once(answer, site, read):
    """The app view reports an expired cursor in three ways."""
    site.answers[f"/xrpc/{FEED}?actor={ADA}&filter=posts_with_replies&limit=100&cursor=old"] = answer
    fresh = records_of(read())

    assert fresh == records_of(read(cursor=f'{{"feed":"old","after":"{POST}"}}'))


def test_cursor_that_expires_while_reading_is_reported(site, read):
    """Starting over again and again would not end."""
    site.answers = {PROFILE: {"did": ADA}}
    site.answers[FEED] = lambda query: (400, REFUSED) if "cursor" in query else feed(post(), cursor="lost")

    with pytest.raises(CursorExpiredError, match="Malformed cursor"):
        read()


def test_unavailable_server_is_no_expired_cursor(site, read):
    """The same request may succeed later."""
    site.answers[FEED] = (503, {})

    with pytest.raises(NetworkUnavailableError, match="503"):
        read(cursor='{"feed":"old"}')

    assert 5 == site.count(FEED)


@pytest.mark.parametrize("cursor", ["junk", "[]", '{"done":"never"}', '{"done":7}'])
def test_invalid_cursor_starts_over(cursor, read):
    """Reading again is idempotent."""
    assert records_of(read()) == records_of(read(cursor=cursor))


@pytest.mark.parametrize("max_pages", range(5, 12))
def test_interrupted_runs_resume_until_complete(max_pages, site, client, read):
    """Every run resumes at the last cursor, though no budget suffices for one page of posts."""
    uris = [f"{POST}{number:02}" for number in range(12)]
    site.answers = {PROFILE: {"did": ADA}}
    posts = [post(uri, at="2026-07-05T08:00:00Z", like=1, repost=1) for uri in uris]
    site.answers[FEED] = lambda query: feed(*posts[6:]) if "cursor" in query else feed(*posts[:6], cursor="on")
    site.answers[LIKES] = {"likes": likes(1)}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p2"}]}
    complete, listings, cursor = of_type(read(), Listing), [], ""

    for _ in range(20):
        known = KnownState(NOW - timedelta(days=90), cursor)
        try:
            for page in CONNECTOR.read(client(max_pages), Account(ADA, "x"), known, ReadLimits(), now=NOW):
                listings += page.listings
                cursor = page.cursor or cursor
        except BudgetExceededError:
            continue
        break

    assert 24 == len(complete)
    assert complete == listings
    assert '{"done":"2026-07-10T12:00:00Z"}' == cursor


def serve_three_posts(site, **lists):
    """Serve three posts, youngest first, each liked and reposted once, with lists that a test may replace."""
    posts = [post(f"{POST}{letter}", like=1, repost=1) for letter in "cba"]
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(*posts)}
    site.answers[LIKES] = {"likes": likes(1)}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p2"}]}
    site.answers |= lists


@pytest.mark.parametrize("failing", [(500, {}), {"likes": 7}])
def test_failing_list_is_skipped_and_reported(failing, site, read):
    """It is retried in the next run; older posts and other lists are read."""
    serve_three_posts(site)
    site.answers[LIKES] = lambda query: failing if query["uri"] == f"{POST}b" else {"likes": likes(1)}

    pages = read()

    lists_read = {(listing.post_id[-1], listing.verb) for listing in of_type(pages, Listing)}
    assert {(letter, verb) for letter in "abc" for verb in ("like", "repost")} - {("b", "like")} == lists_read
    assert {(f"{POST}{letter}", verb) for letter, verb in lists_read} == {key for page in pages for key in page.counts}
    [message] = [message for page in pages for message in page.skipped_lists]
    assert f"like of '{POST}b' was skipped, and will be retried in the next run" in message
    assert '{"done":"2026-07-10T12:00:00Z"}' == pages[-1].cursor


def test_unavailable_network_ends_the_run(site, read):
    """Requests that succeeded before fail as well, so the failure is not the post's."""
    serve_three_posts(site)
    site.answers[LIKES] = (503, {})
    site.answers[PROFILE] = lambda _query: (503, {}) if site.count(LIKES) else {"did": ADA}

    with pytest.raises(NetworkUnavailableError, match=r"getLikes.* answered 503"):
        read()


def test_repeatedly_failing_list_ends_the_run(site, client):
    """Pages read before are stored, and the next run resumes behind them."""
    serve_three_posts(site)
    site.answers[FEED] = feed(*(post(f"{POST}{number}", like=1) for number in range(9)))
    site.answers[LIKES] = (500, {})
    pages = CONNECTOR.read(client(), Account(ADA, "x"), KnownState(NOW - timedelta(days=90)), ReadLimits(), now=NOW)
    first_pages = [next(pages) for _ in range(4)]

    with pytest.raises(NetworkUnavailableError, match="500"):
        next(pages)

    assert f"{POST}2" in first_pages[-1].cursor


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_refused_list_is_counted(status, site, read):
    """Whatever the refusal, the acts are counted, other lists and older posts are read, and one line says so."""
    serve_three_posts(site)
    site.answers[LIKES] = (status, {"error": "Refused", "message": "not for you"})

    pages = read()

    assert [("like", 1)] * 3 == [(tally.verb, tally.count) for tally in of_type(pages, Tally)]
    assert ["repost"] * 3 == [listing.verb for listing in of_type(pages, Listing)]
    [message] = [message for page in pages for message in page.skipped_lists]
    assert re.search(f"like of '{POST}c' and other lists like it are only counted: .*{status}.*not for you", message)
    assert '{"done":"2026-07-10T12:00:00Z"}' == pages[-1].cursor


def test_refused_later_page_keeps_the_earlier_ones(site, read):
    """The rest is counted."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=300))}
    site.answers[LIKES] = lambda query: (400, REFUSED) if query.get("cursor") == "200" else endless_likes(query)

    pages = read()

    [listing] = of_type(pages, Listing)
    assert (200, False) == (len(listing.actors), listing.complete)
    assert [300] == [tally.count for tally in of_type(pages, Tally)]


@pytest.mark.parametrize("count", ["many", None, -1, 10**30, 1.5, True, [1]])
def test_unreadable_count_is_unknown(count, site, read):
    """It is not 0: the likes known so far are not undone."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=count, repost="2"), post(f"{POST}b", like="1"))}
    site.answers |= {LIKES: {"likes": likes(1)}}
    site.answers["app.bsky.feed.getRepostedBy"] = {"repostedBy": [{"did": "did:plc:p1"}, {"did": "did:plc:p2"}]}

    listings = of_type(read(counts={(POST, "like"): 7}), Listing)

    assert [(POST, "repost"), (f"{POST}b", "like")] == [(listing.post_id, listing.verb) for listing in listings]


def test_unreadable_entry_of_a_list_undoes_nothing(site, read):
    """The list is not complete, so that nobody is missing from it."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=2))}
    site.answers[LIKES] = {"likes": [*likes(1), {"actor": None}]}

    pages = read()

    [listing] = of_type(pages, Listing)
    assert (1, False) == (len(listing.actors), listing.complete)
    assert ("getLikes $.likes[1].actor: null instead of an object",) == pages[1].dropped


def test_unreadable_cursor_is_no_end(site, read):
    """Otherwise whoever is on the following pages would be missing."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=2))}
    site.answers[LIKES] = {"likes": likes(1), "cursor": {"next": 1}}

    pages = read()

    assert [] == of_type(pages, Listing)
    assert "will be retried in the next run" in pages[1].skipped_lists[0]


@pytest.mark.parametrize("entries", [1, 0], ids=["the same entry", "nothing"])
def test_list_that_does_not_end_is_cut(entries, site, read):
    """Every page has another cursor, and nothing new."""
    site.answers = {PROFILE: {"did": ADA}, FEED: feed(post(like=900))}
    site.answers[LIKES] = lambda query: {"likes": likes(*range(entries)), "cursor": query.get("cursor", "") + "x"}

    [listing] = of_type(read(), Listing)

    assert (entries, False) == (len(listing.actors), listing.complete)
    assert site.count(LIKES) == (2 if entries else MAX_EMPTY_PAGES + 1)


@pytest.mark.parametrize("posts", [[post()], []], ids=["the same post", "nothing"])
def test_feed_that_does_not_end_is_cut(posts, site, read):
    """Whether cursors are new or repeat in a circle; it is reported."""
    for next_cursor in (lambda query: query.get("cursor", "") + "x", lambda query: "ab"[query.get("cursor") == "a"]):
        site.requests.clear()
        site.answers = {PROFILE: {"did": ADA}}
        site.answers[FEED] = lambda query, following=next_cursor: feed(*posts, cursor=following(query))

        pages = read()

        assert site.count(FEED) <= MAX_EMPTY_PAGES + 1
        [problem] = [problem for page in pages for problem in page.skipped_lists]
        assert "does not end; older posts are not read" in problem


def test_rate_limit_skips_no_list(site, read):
    """A rate limit is not the post's fault."""
    serve_three_posts(site)
    site.answers[LIKES] = (429, {})

    with pytest.raises(NetworkUnavailableError, match="429"):
        read()
    assert 1 == site.count(PROFILE)


@pytest.mark.parametrize("max_pages", [2, 3, 4, 5, 9])
def test_post_that_exceeds_the_budget_is_counted(max_pages, site, client):
    """At least the first page of its list is read and the rest counted; then older posts are read."""
    serve_three_posts(site)
    site.answers[FEED] = feed(post(f"{POST}c", like=5000, repost=1), *(post(f"{POST}{n}", like=1) for n in "ba"))
    site.answers[LIKES] = lambda query: (
        {"likes": likes(1)}
        if query["uri"] != f"{POST}c"
        else {"likes": likes(*range(int(query.get("cursor", 0)), int(query.get("cursor", 0)) + 100))}
        | {"cursor": str(int(query.get("cursor", 0)) + 100)}
    )
    lists, tallies, counts, cursor, skipped = [], [], {}, "", []
    for _ in range(9):
        known = KnownState(NOW - timedelta(days=90), cursor, counts)
        try:
            for page in CONNECTOR.read(client(max_pages), Account(ADA, "x"), known, ReadLimits(), now=NOW):
                lists += [
                    (item.post_id[-1], len(item.actors), item.complete) for item in page.listings if item.verb == "like"
                ]
                tallies += [item.count for item in page.records if isinstance(item, Tally)]
                cursor, counts = page.cursor or cursor, counts | dict(page.counts)
                skipped += page.skipped_lists
        except BudgetExceededError:
            continue

    if max_pages == 2:  # The budget does not suffice for one page of a list, which is reported.
        assert not lists
        assert "it needs more than what is left of the request budget; allow more" in skipped[0]
        return
    assert ("c", min(1000, (max_pages - 2) * 100), False) == lists[0]
    assert {("b", 1, True), ("a", 1, True)} <= set(lists)
    assert {5000} == set(tallies)
    assert 5000 == counts[f"{POST}c", "like"]
    assert f"like of '{POST}c' exceeds the budget of a run: the rest is only counted; allow more" == skipped[0]


def test_wait_longer_than_the_budget_skips_no_list(site, client, monkeypatch):
    """The next run may request the list again."""
    serve_three_posts(site)
    site.answers[LIKES] = (503, {})
    http = client()
    monkeypatch.setattr(http._limiter, "time_left", lambda: 0.5 if site.count(LIKES) else 9.0)
    monkeypatch.setattr("renown.connectors.http.response.parse_retry_after", lambda *_: 600.0)

    pages = CONNECTOR.read(http, Account(ADA, "x"), KnownState(NOW - timedelta(days=90)), ReadLimits(), now=NOW)

    assert not next(pages).cursor
    with pytest.raises(BudgetExceededError, match="asks to wait 600 s"):
        next(pages)


# Ids.


@given(st.text() | st.none() | st.integers() | st.from_regex(r"at://did:[a-z]+:.*"))
def test_hostile_ids_are_invalid(text):
    """Whatever the text, an owner is a DID, and no parser raises."""
    owner = ids.owner_did(text)

    assert owner is None or (ids.is_did(owner) and text.startswith(f"at://{owner}/"))
    assert ids.parse_instant(text) is None or ids.parse_instant(text).tzinfo is UTC
    assert ids.parse_handle(text) is None or ids.is_did(text) is False


# Repositories.


def varint(number: int) -> bytes:
    """Encode a number as CAR files do (LEB128)."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


class CarFile:
    """A CAR file under construction."""

    def __init__(self) -> None:
        self.blocks: list[tuple[bytes, bytes]] = []

    def add(self, content: object) -> bytes:
        """Add a block; return its CID (version 1, DAG-CBOR, SHA-256), which libipld writes as a link."""
        data = libipld.encode_dag_cbor(content)
        cid = b"\x01\x71\x12\x20" + hashlib.sha256(data).digest()
        self.blocks.append((cid, data))
        return cid

    def node(self, records: Mapping[str, object], before: bytes | None = None, after: bytes | None = None) -> bytes:
        """Add a node of the tree: keys omit the prefix that they share with the previous key."""
        entries, previous = [], b""
        for key, record in sorted((key.encode(), record) for key, record in records.items()):
            prefix = next((n for n, pair in enumerate(zip(key, previous, strict=False)) if pair[0] != pair[1]), 0)
            entries.append({"p": prefix, "k": key[prefix:], "v": self.add(record), "t": None})
            previous = key
        if entries:
            entries[-1]["t"] = after
        return self.add({"l": before, "e": entries})

    def commit(self, data: bytes, **fields) -> bytes:
        """Add the root."""
        return self.add({"did": ADA, "version": 3, "data": data, "rev": "3k", "prev": None, "sig": b"s"} | fields)

    def write(self, path: Path, root: bytes) -> Path:
        """Write the file."""
        header = libipld.encode_dag_cbor({"version": 1, "roots": [root]})
        blocks = [varint(len(cid + data)) + cid + data for cid, data in self.blocks]
        path.write_bytes(varint(len(header)) + header + b"".join(blocks))
        return path


AT = "2026-07-01T00:00:00.000Z"
BOBS, CYDS = "at://did:plc:bob/app.bsky.feed.post/3kb", "at://did:plc:cyd/app.bsky.feed.post/3kc"


def mention(*dids: str) -> list[dict[str, Any]]:
    """Return the facets of a text that mentions accounts, each by four letters and a blank."""
    return [
        {
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}],
            "index": {"byteStart": 5 * number, "byteEnd": 5 * number + 4},
        }
        for number, did in enumerate(dids)
    ]


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
            {"features": [{"$type": "x", "did": "did:plc:x"}], "index": {"byteStart": 15, "byteEnd": 19}},
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


def test_repository_becomes_interactions(tmp_path):
    """Acts on oneself and records without an act are left out."""
    car = CarFile()
    first_node, second_node = dict(list(RECORDS.items())[:4]), dict(list(RECORDS.items())[4:])
    path = car.write(
        tmp_path / "ada.car", car.commit(car.node(first_node, after=car.node(second_node, before=car.node({}))))
    )

    acts = sorted(repository.read_archive(path, NOW).records, key=lambda act: (act.interaction_id, act.verb))

    assert [
        (uri("feed.like/3k1"), "like", "did:plc:bob", BOBS),
        (uri("feed.post/3k5"), "mention", "did:plc:bob", None),
        (uri("feed.post/3k5"), "quote", "did:plc:cyd", CYDS),
        (uri("feed.post/3k5"), "reply", "did:plc:bob", BOBS),
        (uri("feed.repost/3k3"), "repost", "did:plc:bob", BOBS),
        (uri("graph.follow/3k4"), "follow", "did:plc:bob", None),
    ] == [(act.interaction_id, act.verb, act.target_id, act.post_id) for act in acts]
    assert {("bluesky", ADA, datetime(2026, 7, 1, tzinfo=UTC))} == {(a.network, a.actor_id, a.at) for a in acts}


def test_hashtags_of_a_repository(tmp_path):
    """Those of posts are read, whatever else is in their place; those of other records are not."""
    feature = {"$type": "app.bsky.richtext.facet#tag", "tag": "maths"}
    facets = [{"features": [feature, {"$type": "x", "tag": "y"}, {**feature, "tag": 7}], "index": {}}, 7]
    records = {
        "app.bsky.feed.post/3k1": {"text": "#maths", "facets": facets, "tags": ["engines", b"x"], "createdAt": AT},
        "app.bsky.feed.post/3k2": {"text": "#no", "tags": 7, "createdAt": AT},
        "app.bsky.feed.post/3k3": {"text": "", "tags": ["undated"]},
        "app.bsky.feed.like/3k4": {"subject": {"uri": POST}, "tags": ["liked"], "createdAt": AT},
    }
    car = CarFile()

    found = list(repository.read_archive(car.write(tmp_path / "ada.car", car.commit(car.node(records))), NOW).records)

    [details] = found
    assert (ADA, uri("feed.post/3k1"), ("maths", "engines")) == (details.account_id, details.post_id, details.tags)
    assert datetime(2026, 7, 1, tzinfo=UTC) == details.at


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("2031-01-01T00:00:00Z", [NOW]),
        ("2026-07-01T02:00:00+02:00", [datetime(2026, 7, 1, tzinfo=UTC)]),
        ("0001-01-01T00:00:00Z", []),
        ("soon", []),
        (7, []),
    ],
)
def test_repository_dates_are_checked(claimed, expected, tmp_path):
    """A claimed date is used, but not one in the future or before the epoch."""
    car = CarFile()
    record = RECORDS["app.bsky.feed.like/3k1"] | {"createdAt": claimed}
    path = car.write(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.like/3k1": record})))

    assert expected == [act.at for act in repository.read_archive(path, NOW).records]


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
def test_invalid_repository_record_is_skipped(record, tmp_path):
    """Anybody may write anything into their repository."""
    car = CarFile()
    path = car.write(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.like/3k0": record} | RECORDS)))

    contents = repository.read_archive(path, NOW)

    assert 6 == len(list(contents.records))
    assert re.fullmatch(r"1 of 8 records left out \('app.bsky.feed.like/3k0'\): each .*", *contents.dropped)


UNDECODABLE_BLOCKS = {
    "half a surrogate": b"\xa1\x64text\x63\xed\xa0\xbd",
    "a half float": b"\xa1\x61f\xf9\x3c\x00",
    "deep nesting": b"\x81" * 100_000 + b"\x00",
    "a huge length": b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "nothing": b"",
}


@pytest.mark.parametrize("name", UNDECODABLE_BLOCKS)
def test_undecodable_record_costs_only_itself(name, tmp_path):
    """It is named, and not even read if it belongs to another program."""
    for collection, dropped_count in (("app.bsky.feed.post", 1), ("com.example.other", 0)):
        car, key = CarFile(), f"{collection}/3kz"
        cid = b"\x01\x71\x12\x20" + bytes(32)
        car.blocks.append((cid, UNDECODABLE_BLOCKS[name]))
        records = car.node(RECORDS)
        node = car.add({"l": records, "e": [{"p": 0, "k": key.encode(), "v": cid, "t": None}]})

        contents = repository.read_archive(car.write(tmp_path / "ada.car", car.commit(node)), NOW)

        assert (6, dropped_count) == (len(list(contents.records)), len(list(contents.dropped)))
        assert all(f"1 of 8 records left out ({key!r}): each cannot be decoded" == text for text in contents.dropped)


def test_missing_record_is_named(tmp_path):
    """A download with `since` lacks the older records; the others are read."""
    car = CarFile()
    root = car.commit(car.node(RECORDS))
    missing_cid = car.add(RECORDS["app.bsky.graph.follow/3k4"])
    car.blocks = [block for block in car.blocks if block[0] != missing_cid]

    contents = repository.read_archive(car.write(tmp_path / "ada.car", root), NOW)

    assert 5 == len(list(contents.records))
    [reason] = contents.dropped
    assert reason.startswith("1 of 7 records left out ('app.bsky.graph.follow/3k4'): each is not in the file")
    assert "leave since out" in reason


def test_odd_field_of_a_record_costs_only_itself(tmp_path):
    """A post's reply counts although its embed, its language and one facet are something else."""
    odd = {"embed": True, "langs": 7, "text": None, "facets": [7, {"index": None}], "tags": {"a": 1.5}}
    car = CarFile()
    record = {"reply": {"parent": {"uri": BOBS}, "root": 5}, "createdAt": AT, **odd}
    path = car.write(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.post/3k5": record})))

    contents = repository.read_archive(path, NOW)

    assert [("reply", "did:plc:bob")] == [(act.verb, act.target_id) for act in contents.records]
    assert [] == list(contents.dropped)


@pytest.mark.parametrize("roots", [[{}], {}, [], [None], ["x"], 7, [[1]]])
def test_car_file_with_odd_roots_is_refused(roots, tmp_path):
    """The root is a link to a commit."""
    header = libipld.encode_dag_cbor({"version": 1, "roots": roots})
    path = tmp_path / "x.car"
    path.write_bytes(varint(len(header)) + header)

    with pytest.raises(InvalidInputError, match="no commit of a Bluesky repository"):
        repository.read_archive(path, NOW)


# Mentions.


def facet(start: int, end: int, *dids: str) -> Facet:
    """Return a facet that mentions accounts."""
    return Facet(ByteSlice(start, end), [Feature("app.bsky.richtext.facet#mention", did) for did in dids])


@pytest.mark.parametrize(
    ("text", "facets", "expected"),
    [
        ("hi", [facet(0, 1, f"did:plc:p{n}") for n in range(300)], ["did:plc:p0"]),
        ("@bob @cyd", [facet(5, 9, "did:plc:cyd"), facet(0, 4, "did:plc:bob")], ["did:plc:bob", "did:plc:cyd"]),
        ("@bob", [facet(0, 4, "did:plc:bob", "did:plc:cyd")], ["did:plc:bob"]),
        ("@bob", [facet(0, 4, "nobody"), facet(0, 4, "did:plc:bob")], []),
        ("@bob", [facet(9, 12, "did:plc:bob"), facet(4, 4, "did:plc:bob"), facet(-4, 2, "did:plc:bob")], []),
        ("@b\u2003\n ", [facet(2, 5, "did:plc:bob"), facet(5, 7, "did:plc:cyd")], []),
        ("🙂 @bob", [facet(5, 9, "did:plc:bob"), facet(0, 4, "did:plc:cyd")], ["did:plc:cyd", "did:plc:bob"]),
        ("\ud83d@bob", [facet(1, 5, "did:plc:bob")], ["did:plc:bob"]),
    ],
)
def test_mentions_are_what_the_text_shows(text, facets, expected):
    """Hidden facets mention nobody: overlapping ones, blanks, outside of the text."""
    assert expected == find_mentions(text, facets)


def test_mentions_of_a_post_are_limited(tmp_path):
    """A record written by a program may mention thousands."""
    car = CarFile()
    facets = mention(*(f"did:plc:p{number}" for number in range(1000)))
    record = {"text": "@bob " * 1000, "facets": facets, "createdAt": AT}
    path = car.write(tmp_path / "ada.car", car.commit(car.node({"app.bsky.feed.post/3k1": record})))

    assert MAX_MENTIONS == len(list(repository.read_archive(path, NOW).records))


def test_truncated_repository_is_refused(tmp_path):
    """At every length: an incomplete download is never read in part."""
    car = CarFile()
    records = {key: RECORDS[key] for key in ("app.bsky.feed.like/3k1", "app.bsky.graph.follow/3k4")}
    content = car.write(tmp_path / "ada.car", car.commit(car.node(records))).read_bytes()
    path = tmp_path / "cut.car"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(InvalidInputError, match="download it again"):
            repository.read_archive(path, NOW)


@pytest.mark.parametrize(
    "commit",
    [
        {"did": ADA, "version": 3},
        {"did": "ada.example", "version": 3, "data": b"x"},
        {"did": ADA, "version": 1, "data": b"x"},
        "hello",
    ],
)
def test_car_file_without_a_commit_is_refused(commit, tmp_path):
    """Other programs write CAR files, too."""
    car = CarFile()

    with pytest.raises(InvalidInputError, match="no commit of a Bluesky repository"):
        repository.read_archive(car.write(tmp_path / "x.car", car.add(commit)), NOW)


def growing_keys(car: CarFile) -> bytes:
    """Return a tree whose keys grow: a file of megabytes would fill any memory."""
    record = car.add({})
    return car.add({"l": None, "e": [{"p": p, "k": b"k" * 500, "v": record, "t": None} for p in (0, 500)]})


def cyclic_tree(car: CarFile) -> bytes:
    """Return a tree that links to itself, under a CID that is not its content's."""
    cid = b"\x01\x71\x12\x20" + bytes(32)
    car.blocks.append((cid, libipld.encode_dag_cbor({"l": cid, "e": []})))
    return cid


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        (lambda car: car.node({}, before=b"\x01\x71\x12\x20" + bytes(32)), "node of its tree is missing"),
        (lambda car: car.add({"l": None, "e": [{"p": -1}]}), "node of its tree is missing or damaged"),
        (
            lambda car: car.add({"l": None, "e": [{"p": 0, "k": b"k", "v": b"v", "t": None}]}),
            "the record 'k' is missing",
        ),
        (growing_keys, "longer than 830 bytes"),
    ],
)
def test_damaged_tree_is_refused(tree, reason, tmp_path):
    """The error names the damaged part."""
    car = CarFile()

    with pytest.raises(InvalidInputError, match=reason):
        repository.read_archive(car.write(tmp_path / "x.car", car.commit(tree(car))), NOW)


def test_cyclic_tree_ends(tmp_path):
    """The reader does not verify that blocks have their CID."""
    car = CarFile()

    assert [] == list(repository.read_archive(car.write(tmp_path / "x.car", car.commit(cyclic_tree(car))), NOW).records)


def test_invalid_car_file_is_refused(tmp_path, monkeypatch):
    """Missing, of another format, nested too deep, too large."""
    path = tmp_path / "x.car"
    with pytest.raises(InvalidInputError, match="there is no such file"):
        repository.read_archive(path, NOW)
    path.write_bytes(b"PK\x03\x04 a zip file")
    with pytest.raises(InvalidInputError, match="not a complete CAR file"):
        repository.read_archive(path, NOW)
    car, root = CarFile(), b"\x01\x71\x12\x20" + bytes(32)
    car.blocks.append((root, b"\x81" * 100_000 + b"\x00"))
    with pytest.raises(InvalidInputError, match="recursion"):
        repository.read_archive(car.write(path, root), NOW)
    monkeypatch.setattr(bluesky_repository, "MAX_FILE_BYTES", 10)
    with pytest.raises(InvalidInputError, match="at most 10 are read"):
        repository.read_archive(path, NOW)
