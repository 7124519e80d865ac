"""The Bluesky connector against Bluesky's own servers, started on this machine."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bluesky_local import Bluesky, start_network, wait_until
from renown.connectors.base import Account, KnownState, Listing, Page, ReadLimits
from renown.connectors.bluesky.api import CONNECTOR
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.errors import AccountGoneError
from renown.imports.archives import bluesky as repository
from renown.records import Interaction, Profile, Tally

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

SCENARIO = {
    "accounts": ["ada", "bob", "cyd", "dan", "eve"],
    "follows": [["bob", "ada"], ["cyd", "ada"], ["dan", "ada"], ["eve", "bob"], ["ada", "cyd"]],
    "posts": [
        {"id": "old", "by": "ada", "days_ago": 95, "text": "before the window"},
        {"id": "first", "by": "ada", "days_ago": 40, "text": "measuring"},
        {"id": "second", "by": "ada", "days_ago": 3, "text": "a receipt"},
        {"id": "answer", "by": "bob", "days_ago": 2, "text": "answering", "reply_to": "second"},
        {"id": "own", "by": "ada", "days_ago": 2, "text": "and so on", "reply_to": "second"},
        {"id": "taken", "by": "dan", "days_ago": 2, "text": "regretted", "reply_to": "second"},
        {"id": "quote", "by": "cyd", "days_ago": 1, "text": "quoting", "quote": "second"},
        {"id": "gone", "by": "ada", "days_ago": 1, "text": "deleted"},
    ],
    "likes": [
        *(["bob", "old", 94], ["bob", "first", 39], ["cyd", "second", 2]),
        *(["dan", "second", 2], ["ada", "second", 2], ["eve", "second", 1], ["eve", "gone", 1]),
    ],
    "reposts": [["dan", "first", 38], ["eve", "second", 1]],
    "unlikes": [["dan", "second"]],
    "deletes": [["dan", "taken"], ["ada", "gone"]],
}


@pytest.fixture(scope="module")
def bluesky(tmp_path_factory) -> Iterator[Bluesky]:
    """Start the network once; tests change it in the order of this file."""
    with start_network(SCENARIO, tmp_path_factory.mktemp("bluesky")) as running:
        yield running


@pytest.fixture
def client(bluesky) -> Iterator[Client]:
    """Return a client that may connect to this machine."""
    parts = {"clock": time.time, "sleep": time.sleep, "seed": 7}
    with Client(Server(bluesky.appview, private_ok=True), RequestBudget(200, 120), **parts) as http:
        yield http


@pytest.fixture
def read(bluesky, client) -> Callable[..., list[Page]]:
    """Return a function that reads all pages of Ada's account."""

    def read_pages(*, counts=(), cursor="", max_actors=1000) -> list[Page]:
        now = datetime.now(UTC)
        known = KnownState(now - timedelta(days=90), cursor, dict(counts))
        return list(
            CONNECTOR.read(client, Account(bluesky.did("ada"), "ada.test"), known, ReadLimits(max_actors), now=now)
        )

    return read_pages


def of_type(pages: list[Page], record_type: type) -> list[Any]:
    """Return the records and listings of a type."""
    return [record for page in pages for record in (*page.records, *page.listings) if isinstance(record, record_type)]


def days_ago(at: datetime) -> int:
    """Return the age of an instant in days."""
    return round((datetime.now(UTC) - at) / timedelta(days=1))


def listings_of(bluesky: Bluesky, pages: list[Page]) -> dict[tuple[str, str], tuple[bool, list[Any]]]:
    """Return (text, verb) to whether a listing is complete, and its actors with the days since they acted."""
    texts = {post["uri"]: text for text, post in bluesky.posts("ada").items()}
    return {
        (texts[listing.post_id], listing.verb): (
            listing.complete,
            [(bluesky.name(actor.account_id), actor.at and days_ago(actor.at)) for actor in listing.actors],
        )
        for listing in of_type(pages, Listing)
    }


def profiles_of(pages: list[Page]) -> set[tuple[str | None, int | None, int | None, int | None]]:
    """Return (handle, followers, following, posts) of the profiles in pages."""
    return {
        (profile.handle, profile.followers, profile.following, profile.posts) for profile in of_type(pages, Profile)
    }


def test_read_returns_all_activity(bluesky, read):
    """Nothing that was undone, before the window, or done to oneself."""
    pages, posts = read(), bluesky.posts("ada")

    assert {
        ("measuring", "like"): (True, [("bob", 39)]),
        ("measuring", "repost"): (True, [("dan", None)]),
        ("a receipt", "like"): (True, [("eve", 1), ("cyd", 2)]),
        ("a receipt", "repost"): (True, [("eve", None)]),
    } == listings_of(bluesky, pages)
    ada, receipt = bluesky.did("ada"), posts["a receipt"]["uri"]
    quote, reply = bluesky.posts("cyd")["quoting"]["uri"], bluesky.posts("bob")["answering"]["uri"]
    assert [
        (quote, "quote", bluesky.did("cyd"), ada, receipt, 1),
        (reply, "reply", bluesky.did("bob"), ada, receipt, 2),
    ] == [
        (act.interaction_id, act.verb, act.actor_id, act.target_id, act.post_id, days_ago(act.at))
        for act in of_type(pages, Interaction)
    ]
    assert not of_type(pages, Tally)
    assert {("ada.test", 3, 1, 4)} == profiles_of(pages)


def test_actors_are_looked_up_in_one_request(bluesky, client):
    """Their figures tell whether they are established accounts."""
    account_ids = [bluesky.did("bob"), bluesky.did("cyd")]

    pages = list(CONNECTOR.look_up(client, account_ids, now=datetime.now(UTC)))

    assert 1 == len(pages)
    assert {("bob.test", 1, 1, 1), ("cyd.test", 1, 1, 1)} == profiles_of(pages)


def test_likes_beyond_the_limit_are_counted(bluesky, read):
    """The youngest likes are listed; the own like is not counted as an unknown actor's."""
    pages, posts = read(max_actors=1), bluesky.posts("ada")

    assert (False, [("eve", 1)]) == listings_of(bluesky, pages)["a receipt", "like"]
    assert [(posts["a receipt"]["uri"], "like", 3)] == [
        (tally.post_id, tally.verb, tally.count) for tally in of_type(pages, Tally)
    ]


def test_next_run_reads_changed_lists(bluesky, read):
    """One like was undone and two are new; unchanged lists are not read."""
    posts = bluesky.posts("ada")
    cursor = read()[-1].cursor
    counts = {(post["uri"], verb): post[f"{verb}Count"] for post in posts.values() for verb in CONNECTOR.covers}
    bluesky.unlike("bob", posts["measuring"])
    bluesky.like("dan", posts["and so on"])
    bluesky.like("eve", posts["and so on"])
    wait_until(lambda: 0 == bluesky.posts("ada")["measuring"]["likeCount"])
    wait_until(lambda: 2 == bluesky.posts("ada")["and so on"]["likeCount"])

    pages = read(counts=counts, cursor=cursor)

    assert {("measuring", "like"), ("and so on", "like")} == set(listings_of(bluesky, pages))
    assert (True, []) == listings_of(bluesky, pages)["measuring", "like"]
    complete, likers = listings_of(bluesky, pages)["and so on", "like"]
    assert (True, [("dan", 0), ("eve", 0)]) == (complete, sorted(likers))
    assert not of_type(pages, Interaction)


def test_expired_cursor_starts_over(bluesky, read):
    """With the error that the network's servers send."""
    fresh = listings_of(bluesky, read())

    assert fresh == listings_of(bluesky, read(cursor='{"feed":"a::b"}'))
    assert fresh


def test_repository_becomes_interactions(bluesky, tmp_path):
    """The CAR file as the account's own server writes it."""
    answer = bluesky.web.get(f"{bluesky.pds}/xrpc/com.atproto.sync.getRepo", params={"did": bluesky.did("eve")})
    path = tmp_path / "eve.car"
    path.write_bytes(answer.raise_for_status().content)
    posts = bluesky.posts("ada")

    acts = list(repository.read_archive(path, datetime.now(UTC)).records)

    ada, receipt, own = bluesky.did("ada"), posts["a receipt"]["uri"], posts["and so on"]["uri"]
    rows = [(act.verb, act.target_id, act.post_id, days_ago(act.at)) for act in acts]
    expected = {("like", ada, receipt, 1), ("like", ada, own, 0), ("repost", ada, receipt, 1)}
    assert expected | {("follow", bluesky.did("bob"), None, 60)} < set(rows)
    assert 5 == len(rows), "and the like of a deleted post"
    assert {bluesky.did("eve")} == {act.actor_id for act in acts}
    assert all(str(act.interaction_id).startswith(f"at://{bluesky.did('eve')}/app.bsky.") for act in acts)


def test_new_handle_is_the_same_account(bluesky, client):
    """The DID does not change."""
    bluesky.call("cyd", "com.atproto.identity.updateHandle", handle="sid.test")
    wait_until(lambda: "sid.test" == bluesky.query("app.bsky.actor.getProfile", actor=bluesky.did("cyd"))["handle"])

    profile = CONNECTOR.find(client, "sid.test", now=datetime.now(UTC))

    assert (bluesky.did("cyd"), "sid.test") == (profile.account_id, profile.handle)


def test_accounts_that_opted_out_have_no_figures(bluesky, client, read):
    """`!no-unauthenticated` in their profile: they are listed as actors, without counts or a handle."""
    label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
    record = {"$type": "app.bsky.actor.profile", "labels": label}
    params = {"repo": bluesky.did("cyd"), "collection": "app.bsky.actor.profile", "rkey": "self"}
    bluesky.call("cyd", "com.atproto.repo.putRecord", **params, record=record)
    wait_until(lambda: bool(bluesky.query("app.bsky.actor.getProfile", actor=bluesky.did("cyd"))["labels"]))

    pages = read()

    assert ("cyd", 2) in listings_of(bluesky, pages)["a receipt", "like"][1]
    looked_up = list(CONNECTOR.look_up(client, [bluesky.did("cyd"), bluesky.did("bob")], now=datetime.now(UTC)))
    assert {(None, None, None, None), ("bob.test", 1, 1, 1)} == profiles_of(looked_up)


def test_gone_accounts_are_reported(bluesky, client, read):
    """Deactivated by the owner or suspended by the network; lists no longer contain them."""
    now = datetime.now(UTC)
    with pytest.raises(AccountGoneError, match="no account by that name"):
        CONNECTOR.find(client, "nobody.test", now=now)
    bluesky.call("eve", "com.atproto.server.deactivateAccount")
    wait_until(lambda: "error" in bluesky.query("app.bsky.actor.getProfile", actor=bluesky.did("eve")))
    with pytest.raises(AccountGoneError, match=r"'eve\.test' on bluesky: its owner has deactivated it"):
        CONNECTOR.find(client, "eve.test", now=now)
    subject = {"$type": "com.atproto.admin.defs#repoRef", "did": bluesky.did("dan")}
    body = {"subject": subject, "takedown": {"applied": True, "ref": "test"}}
    url = f"{bluesky.pds}/xrpc/com.atproto.admin.updateSubjectStatus"
    bluesky.web.post(url, json=body, auth=("admin", "admin-pass")).raise_for_status()
    wait_until(lambda: "error" in bluesky.query("app.bsky.actor.getProfile", actor=bluesky.did("dan")))
    with pytest.raises(AccountGoneError, match=r"'dan\.test' on bluesky: the network has suspended it"):
        CONNECTOR.find(client, "dan.test", now=now)

    listings = listings_of(bluesky, read())

    assert (
        (True, [])
        == listings["a receipt", "repost"]
        == listings["measuring", "repost"]
        == listings["and so on", "like"]
    )
    assert (True, [("cyd", 2)]) == listings["a receipt", "like"]
