"""The connector against the network's own servers, started on this machine."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bluesky_local import Bluesky, network, until
from renown.connectors.archives import bluesky as repository
from renown.connectors.base import Account, Known, Limits, Listing, Page
from renown.connectors.bluesky.appview import CONNECTOR
from renown.connectors.http import Budget, Client, Server
from renown.errors import AccountGone
from renown.records import Interaction, Profile, Tally

pytestmark = [pytest.mark.whole, pytest.mark.timeout(900)]

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
    """Start the network once; each test changes what it needs, in the order of this file."""
    with network(SCENARIO, tmp_path_factory.mktemp("bluesky")) as up:
        yield up


@pytest.fixture
def client(bluesky) -> Iterator[Client]:
    """Return the real client, allowed to ask this machine."""
    parts = {"clock": time.time, "sleep": time.sleep, "seed": 7}
    with Client(Server(bluesky.appview, private_ok=True), Budget(200, 120), **parts) as one:
        yield one


@pytest.fixture
def read(bluesky, client) -> Callable[..., list[Page]]:
    """Return a function that reads Ada."""

    def read_pages(*, acts=(), cursor="", most=1000) -> list[Page]:
        now = datetime.now(UTC)
        known = Known(now - timedelta(days=90), cursor, dict(acts))
        return list(CONNECTOR.read(client, Account(bluesky.did("ada"), "ada.test"), known, Limits(most), now=now))

    return read_pages


def of(pages: list[Page], kind: type) -> list[Any]:
    """Return the records of a kind."""
    return [part for page in pages for part in (*page.records, *page.listings) if isinstance(part, kind)]


def ago(at: datetime) -> int:
    """Return how many days ago that was."""
    return round((datetime.now(UTC) - at) / timedelta(days=1))


def listed(bluesky: Bluesky, pages: list[Page]) -> dict[tuple[str, str], tuple[bool, list[Any]]]:
    """Return (text, verb) to whether a list is whole, and whom it names, with the days ago where known."""
    texts = {post["uri"]: text for text, post in bluesky.posts("ada").items()}
    return {
        (texts[one.post_id], one.verb): (
            one.complete,
            [(bluesky.name(actor.account_id), actor.at and ago(actor.at)) for actor in one.actors],
        )
        for one in of(pages, Listing)
    }


def test_everything_that_happened_is_read(bluesky, read):
    """Nothing taken back, nothing of before the window, nothing done to oneself."""
    pages, posts = read(), bluesky.posts("ada")

    assert {
        ("measuring", "like"): (True, [("bob", 39)]),
        ("measuring", "repost"): (True, [("dan", None)]),
        ("a receipt", "like"): (True, [("eve", 1), ("cyd", 2)]),
        ("a receipt", "repost"): (True, [("eve", None)]),
    } == listed(bluesky, pages)
    ada, receipt = bluesky.did("ada"), posts["a receipt"]["uri"]
    quote, answer = bluesky.posts("cyd")["quoting"]["uri"], bluesky.posts("bob")["answering"]["uri"]
    assert [
        (quote, "quote", bluesky.did("cyd"), ada, receipt, 1),
        (answer, "reply", bluesky.did("bob"), ada, receipt, 2),
    ] == [(a.interaction_id, a.verb, a.actor_id, a.target_id, a.post_id, ago(a.at)) for a in of(pages, Interaction)]
    assert not of(pages, Tally)
    assert {("ada.test", 3, 1, 4), ("bob.test", 1, 1, 1), ("cyd.test", 1, 1, 1)} <= {
        (profile.handle, profile.followers, profile.following, profile.posts) for profile in of(pages, Profile)
    }


def test_more_than_may_be_named_is_counted(bluesky, read):
    """The youngest are named; the own like is no unknown actor's."""
    pages, posts = read(most=1), bluesky.posts("ada")

    assert (False, [("eve", 1)]) == listed(bluesky, pages)["a receipt", "like"]
    assert [(posts["a receipt"]["uri"], "like", 3)] == [(t.post_id, t.verb, t.count) for t in of(pages, Tally)]


def test_a_later_run_reads_what_changed(bluesky, read):
    """A like taken back and two new ones; lists that did not change are not read."""
    posts = bluesky.posts("ada")
    before = read()[-1].cursor
    acts = {(one["uri"], verb): one[f"{verb}Count"] for one in posts.values() for verb in CONNECTOR.covers}
    bluesky.unlikes("bob", posts["measuring"])
    bluesky.likes("dan", posts["and so on"])
    bluesky.likes("eve", posts["and so on"])
    until(lambda: 0 == bluesky.posts("ada")["measuring"]["likeCount"])
    until(lambda: 2 == bluesky.posts("ada")["and so on"]["likeCount"])

    pages = read(acts=acts, cursor=before)

    assert {("measuring", "like"), ("and so on", "like")} == set(listed(bluesky, pages))
    assert (True, []) == listed(bluesky, pages)["measuring", "like"]
    whole, likers = listed(bluesky, pages)["and so on", "like"]
    assert (True, [("dan", 0), ("eve", 0)]) == (whole, sorted(likers))
    assert not of(pages, Interaction)


def test_a_cursor_that_the_network_does_not_know_starts_over(bluesky, read):
    """As its servers say it."""
    fresh = listed(bluesky, read())

    assert fresh == listed(bluesky, read(cursor='{"feed":"a::b"}'))
    assert fresh


def test_a_repository_tells_what_its_account_did(bluesky, tmp_path):
    """The file as the account's own server writes it."""
    answer = bluesky.web.get(f"{bluesky.pds}/xrpc/com.atproto.sync.getRepo", params={"did": bluesky.did("eve")})
    path = tmp_path / "eve.car"
    path.write_bytes(answer.raise_for_status().content)
    posts = bluesky.posts("ada")

    acts = list(repository.read(path, datetime.now(UTC)).records)

    ada, receipt, own = bluesky.did("ada"), posts["a receipt"]["uri"], posts["and so on"]["uri"]
    theirs = [(act.verb, act.target_id, act.post_id, ago(act.at)) for act in acts]
    kept = {("like", ada, receipt, 1), ("like", ada, own, 0), ("repost", ada, receipt, 1)}
    assert kept | {("follow", bluesky.did("bob"), None, 60)} < set(theirs)
    assert 5 == len(theirs), "and the like of a post that is deleted"
    assert {bluesky.did("eve")} == {act.actor_id for act in acts}
    assert all(str(act.interaction_id).startswith(f"at://{bluesky.did('eve')}/app.bsky.") for act in acts)


def test_a_new_handle_is_the_same_person(bluesky, client):
    """The id does not change."""
    bluesky.does("cyd", "com.atproto.identity.updateHandle", handle="sid.test")
    until(lambda: "sid.test" == bluesky.see("app.bsky.actor.getProfile", actor=bluesky.did("cyd"))["handle"])

    found = CONNECTOR.find(client, "sid.test", now=datetime.now(UTC))

    assert (bluesky.did("cyd"), "sid.test") == (found.account_id, found.handle)


def test_people_who_asked_not_to_be_shown_are_actors_without_figures(bluesky, read):
    """They said so in their profile."""
    label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
    record = {"$type": "app.bsky.actor.profile", "labels": label}
    where = {"repo": bluesky.did("cyd"), "collection": "app.bsky.actor.profile", "rkey": "self"}
    bluesky.does("cyd", "com.atproto.repo.putRecord", **where, record=record)
    until(lambda: bool(bluesky.see("app.bsky.actor.getProfile", actor=bluesky.did("cyd"))["labels"]))

    pages = read()

    assert ("cyd", 2) in listed(bluesky, pages)["a receipt", "like"][1]
    whose = {profile.account_id for profile in of(pages, Profile)}
    assert bluesky.did("cyd") not in whose
    assert bluesky.did("bob") in whose


def test_accounts_that_are_gone_are_said_to_be(bluesky, client, read):
    """By their owner or by the network; lists do not name them any more."""
    now = datetime.now(UTC)
    with pytest.raises(AccountGone, match="nobody by that name"):
        CONNECTOR.find(client, "nobody.test", now=now)
    bluesky.does("eve", "com.atproto.server.deactivateAccount")
    until(lambda: "error" in bluesky.see("app.bsky.actor.getProfile", actor=bluesky.did("eve")))
    with pytest.raises(AccountGone, match=r"'eve\.test' on bluesky: its owner has deactivated it"):
        CONNECTOR.find(client, "eve.test", now=now)
    subject = {"$type": "com.atproto.admin.defs#repoRef", "did": bluesky.did("dan")}
    body = {"subject": subject, "takedown": {"applied": True, "ref": "test"}}
    where = f"{bluesky.pds}/xrpc/com.atproto.admin.updateSubjectStatus"
    bluesky.web.post(where, json=body, auth=("admin", "admin-pass")).raise_for_status()
    until(lambda: "error" in bluesky.see("app.bsky.actor.getProfile", actor=bluesky.did("dan")))
    with pytest.raises(AccountGone, match=r"'dan\.test' on bluesky: the network has suspended it"):
        CONNECTOR.find(client, "dan.test", now=now)

    seen = listed(bluesky, read())

    assert (True, []) == seen["a receipt", "repost"] == seen["measuring", "repost"] == seen["and so on", "like"]
    assert (True, [("cyd", 2)]) == seen["a receipt", "like"]
