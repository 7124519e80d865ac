"""The Mastodon connector against a server with Mastodon's API: activity over HTTP becomes exactly its records."""

import dataclasses
import importlib.util
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from renown.connectors.base import Account, Actor, KnownState, Listing, ReadLimits
from renown.connectors.http import Client, RequestBudget
from renown.connectors.http.urls import Server
from renown.connectors.mastodon import CONNECTOR
from renown.errors import AccountGoneError, NetworkRefusedError
from renown.records import Interaction, Profile, Tally

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mastodon_mock") is None, reason="needs mastodon-mock; pip install mastodon-mock"
)

PEOPLE = {"ada": None, "bob": None, "eva": None, "max": "other.example"}
NOW = datetime.now(UTC) + timedelta(hours=1)
"""After all that the tests do."""
SINCE = NOW - timedelta(days=90)
ADA = "ada@mock.example"


class MastodonServer:
    """A server with four accounts, and their activity."""

    def __init__(self, url, web):
        self.url, self.web = url, web
        self.posts = {}
        self.counts = {}
        """Counts of the lists that were read, which a run passes to the next one."""

    def call(self, method, account, path, **form):
        """Call the API as an account."""
        headers = {"Authorization": f"Bearer token-{account}"}
        response = self.web.request(method, f"{self.url}/api/v1/{path}", headers=headers, data=form)
        assert 200 == response.status_code, response.text
        return response.json()

    def post(self, name, account, text="…", *, reply_to=None, **form):
        """Post as an account, and store the post under a name."""
        reply = {"in_reply_to_id": self.posts[reply_to]["id"]} if reply_to else {}
        self.posts[name] = self.call("POST", account, "statuses", status=text, **reply, **form)

    def act(self, account, action, name):
        """Favourite or boost a post, or undo it."""
        self.call("POST", account, f"statuses/{self.posts[name]['id']}/{action}")

    def client(self, token=None):
        """Open a client."""
        server = Server(self.url, token=token, private_ok=True)
        return Client(server, RequestBudget(99, 60), clock=time.time, sleep=time.sleep, seed=1)

    def read(self, known, *, limits=None, token=None):
        """Return all records, listings and the last cursor that the connector reads of Ada's account."""
        with self.client(token) as client:
            pages = list(CONNECTOR.read(client, Account(ADA, "ada"), known, limits or ReadLimits(), now=NOW))
        self.counts |= {key: count for page in pages for key, count in page.counts.items()}
        records = [record for page in pages for record in page.records]
        return records, [listing for page in pages for listing in page.listings], pages[-1].cursor

    def at(self, name):
        """Return when a post was created."""
        return datetime.fromisoformat(self.posts[name]["created_at"])

    def uri(self, name):
        """Return a post's URI."""
        return self.posts[name]["uri"]


@pytest.fixture(scope="module")
def server_url(tmp_path_factory):
    """Start a server, and stop it; return its URL."""
    folder = tmp_path_factory.mktemp("mastodon")
    config = ['[database]\npath = ":memory:"']
    for name, domain in PEOPLE.items():
        config += [f'[[seed.accounts]]\nusername = "{name}"\naccess_token = "token-{name}"']
        config += [f'domain = "{domain}"'] if domain else []
    (folder / "mock.toml").write_text("\n".join(config), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ["--config", folder / "mock.toml", "--host", "127.0.0.1", "--port", str(port), "--domain", "mock.example"]
    command = [sys.executable, "-W", "ignore", "-m", "mastodon_mock", "serve", *options]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/api/v2/instance", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def mastodon(server_url):
    """Reset the server to its accounts without posts."""
    with httpx2.Client() as web:
        web.post(f"{server_url}/api/v1/_mock/reset").raise_for_status()
        yield MastodonServer(server_url, web)


def wait_until_ready(url, server):
    """Wait until a server answers."""
    with httpx2.Client() as web:
        for _ in range(300):
            try:
                if web.get(url).status_code == 200:
                    return
            except httpx2.TransportError:
                assert server.poll() is None, "the server ended before it answered"
                time.sleep(0.1)
    pytest.fail("the server does not answer")


def add_activity(mastodon):
    """Add reactions to Ada's first post, and activity that is not to be read."""
    for name, form in {"first": {}, "direct": {"visibility": "direct"}, "quiet": {}}.items():
        mastodon.post(name, "ada", **form)
    for account in ("bob", "eva", "max"):
        mastodon.act(account, "favourite", "first")
    mastodon.act("eva", "reblog", "first")
    mastodon.act("eva", "favourite", "direct")
    mastodon.post("reply", "max", reply_to="first")
    mastodon.post("thread", "ada", reply_to="first")
    mastodon.post("deep", "bob", reply_to="reply")


def listing(mastodon, verb, *names, at=None, complete=True):
    """Return the list of accounts that acted on the first post."""
    actors = tuple(Actor(name, unverified=not name.endswith("@mock.example")) for name in names)
    return Listing(
        target_id=ADA,
        post_id=mastodon.uri("first"),
        verb=verb,
        actors=actors,
        complete=complete,
        at=at or mastodon.at("first"),
    )


def profile(records):
    """Return the account's own profile, the first record, without its creation date."""
    return dataclasses.replace(records[0], created_at=None)


ADA_PROFILE = Profile(network="mastodon", account_id=ADA, at=NOW, handle=ADA, followers=0, following=0, posts=3)


def test_read_returns_all_activity(mastodon):
    """Likes, boosts and replies of local and remote accounts; no threads, private posts or profiles of others."""
    add_activity(mastodon)

    records, listings, cursor = mastodon.read(KnownState(SINCE))

    first, reply = mastodon.posts["first"], mastodon.posts["reply"]
    expected_reply = Interaction(
        network="mastodon",
        interaction_id=reply["uri"],
        verb="reply",
        actor_id="max@other.example",
        target_id=ADA,
        post_id=first["uri"],
        at=mastodon.at("reply"),
        unverified=True,
    )
    assert [ADA_PROFILE, expected_reply] == [profile(records), *records[1:]]
    likers = ("bob@mock.example", "eva@mock.example", "max@other.example")
    assert [listing(mastodon, "like", *likers), listing(mastodon, "repost", likers[1])] == listings
    assert NOW.isoformat().replace("+00:00", "Z") in cursor


def test_undone_like_is_missing_from_the_next_listing(mastodon):
    """Without news nothing is read again; then only the changed list, dated by the previous run."""
    add_activity(mastodon)
    _, _, cursor = mastodon.read(KnownState(SINCE))
    known = KnownState(SINCE, cursor, dict(mastodon.counts))

    second, unchanged, _ = mastodon.read(known)
    mastodon.act("eva", "unfavourite", "first")
    records, changed, _ = mastodon.read(known)

    assert ([ADA_PROFILE], []) == ([profile(second), *second[1:]], unchanged)
    assert [ADA_PROFILE] == [profile(records), *records[1:]]
    assert [listing(mastodon, "like", "bob@mock.example", "max@other.example", at=NOW)] == changed


def test_likes_beyond_the_limit_are_counted(mastodon):
    """Two of three actors are listed, and three likes counted."""
    add_activity(mastodon)

    records, listings, _ = mastodon.read(KnownState(SINCE), limits=ReadLimits(max_actors=2))

    likers = ("bob@mock.example", "eva@mock.example")
    assert listing(mastodon, "like", *likers, complete=False) == listings[0]
    at = mastodon.at("first")
    assert [Tally(network="mastodon", account_id=ADA, post_id=mastodon.uri("first"), verb="like", count=3, at=at)] == [
        record for record in records if type(record) is Tally
    ]


def test_own_token_adds_mentions(mastodon):
    """Public mentions that are no replies to the account; another account's token adds none."""
    mastodon.post("hello", "bob", "hello @ada")
    mastodon.post("secret", "bob", "psst @ada", visibility="direct")
    mastodon.post("first", "ada")
    mastodon.post("reply", "eva", "@ada yes", reply_to="first")

    records = {owner: mastodon.read(KnownState(SINCE), token=f"token-{owner}")[0] for owner in ("ada", "bob")}

    mention = Interaction(
        network="mastodon",
        interaction_id=f"{mastodon.uri('hello')}#mention:{ADA}",
        verb="mention",
        actor_id="bob@mock.example",
        target_id=ADA,
        post_id=None,
        at=mastodon.at("hello"),
    )
    assert [mention] == [
        record for record in records["ada"] if type(record) is Interaction and record.verb == "mention"
    ]
    assert [] == [record for record in records["bob"] if type(record) is Interaction and record.verb == "mention"]


def test_find_by_name(mastodon):
    """A local account; a remote one only where its domain confirms it; an unknown one is gone."""
    with mastodon.client() as client:
        assert ADA == CONNECTOR.find(client, "@Ada@mock.example".lower(), now=NOW).account_id
        with pytest.raises(NetworkRefusedError, match=r"other\.example does not confirm it"):
            CONNECTOR.find(client, "max@other.example", now=NOW)
        with pytest.raises(AccountGoneError, match="answered 404"):
            CONNECTOR.find(client, "@nobody@mock.example", now=NOW)
