"""Mastodon as a whole: a real server of its API, real activity over HTTP, and exactly the records that it means."""

import dataclasses
import importlib.util
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from renown.connectors.base import Account, Actor, Known, Limits, Listing
from renown.connectors.http import Budget, Client, Server
from renown.connectors.mastodon import CONNECTOR
from renown.errors import AccountGone, NetworkRefused
from renown.records import Interaction, Profile, Tally

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(
        importlib.util.find_spec("mastodon_mock") is None,
        reason="there is no server of Mastodon's API here; pip install mastodon-mock",
    ),
]

PEOPLE = {"ada": None, "bob": None, "eva": None, "max": "other.example"}
NOW = datetime.now(UTC) + timedelta(hours=1)
"""Later than all that the tests do."""
SINCE = NOW - timedelta(days=90)
ADA = "ada@mock.example"


class Town:
    """A server with four people, and what they do there."""

    def __init__(self, url):
        self.url = url
        self.posts = {}
        self.counts = {}
        """What the server said of the lists that were read, as the job hands it back."""

    def say(self, method, who, path, **form):
        """Do something as somebody."""
        head = {"Authorization": f"Bearer token-{who}"}
        answer = httpx2.request(method, f"{self.url}/api/v1/{path}", headers=head, data=form)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def post(self, name, who, text="…", *, to=None, **form):
        """Post something, and remember it under a name."""
        reply = {"in_reply_to_id": self.posts[to]["id"]} if to else {}
        self.posts[name] = self.say("POST", who, "statuses", status=text, **reply, **form)

    def act(self, who, what, name):
        """Favourite, boost, or take it back."""
        self.say("POST", who, f"statuses/{self.posts[name]['id']}/{what}")

    def client(self, token=None):
        """Open a client."""
        server = Server(self.url, token=token, private_ok=True)
        return Client(server, Budget(99, 60), clock=time.time, sleep=time.sleep, seed=1)

    def read(self, known, *, limits=None, token=None):
        """Return all that a connector reads of Ada now."""
        with self.client(token) as client:
            pages = list(CONNECTOR.read(client, Account(ADA, "ada"), known, limits or Limits(), now=NOW))
        self.counts |= {key: count for page in pages for key, count in page.counts.items()}
        records = [record for page in pages for record in page.records]
        return records, [one for page in pages for one in page.listings], pages[-1].cursor

    def at(self, name):
        """Return when a post was made."""
        return datetime.fromisoformat(self.posts[name]["created_at"])

    def uri(self, name):
        """Return a post's id on all servers."""
        return self.posts[name]["uri"]


@pytest.fixture
def town(tmp_path):
    """Start a server, and stop it."""
    config = ['[database]\npath = ":memory:"']
    for name, domain in PEOPLE.items():
        config += [f'[[seed.accounts]]\nusername = "{name}"\naccess_token = "token-{name}"']
        config += [f'domain = "{domain}"'] if domain else []
    (tmp_path / "mock.toml").write_text("\n".join(config), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["--config", tmp_path / "mock.toml", "--host", "127.0.0.1", "--port", str(port), "--domain", "mock.example"]
    program = [sys.executable, "-W", "ignore", "-m", "mastodon_mock", "serve", *words]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(program, stdout=log, stderr=log, cwd=tmp_path)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v2/instance", server)
            yield Town(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(20)


def wait_for(url, server):
    """Wait until a server answers."""
    for _ in range(300):
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.TransportError:
            assert server.poll() is None, "the server ended before it answered"
            time.sleep(0.1)
    pytest.fail("the server does not answer")


def story(town):
    """Let things happen to Ada's first post, and others that are not to be read."""
    for name, form in {"first": {}, "direct": {"visibility": "direct"}, "quiet": {}}.items():
        town.post(name, "ada", **form)
    for who in ("bob", "eva", "max"):
        town.act(who, "favourite", "first")
    town.act("eva", "reblog", "first")
    town.act("eva", "favourite", "direct")
    town.post("reply", "max", to="first")
    town.post("thread", "ada", to="first")
    town.post("deep", "bob", to="reply")


def listing(town, verb, *names, at=None, complete=True):
    """Return the list of who did something to the first post."""
    actors = tuple(Actor(name) for name in names)
    return Listing(ADA, town.uri("first"), verb, actors, complete, at or town.at("first"))


def figures(records):
    """Return the account's own profile, which comes first, without when the account was made."""
    return dataclasses.replace(records[0], created_at=None)


MINE = Profile("mastodon", ADA, NOW, handle=ADA, followers=0, following=0, posts=3)


def test_what_happens_on_a_server_is_read_exactly(town):
    """Likes, boosts and replies of people here and elsewhere; nothing of threads, private posts, others' figures."""
    story(town)

    records, listings, cursor = town.read(Known(SINCE))

    first, reply = town.posts["first"], town.posts["reply"]
    answered = Interaction("mastodon", reply["uri"], "reply", "max@other.example", ADA, first["uri"], town.at("reply"))
    assert [MINE, answered] == [figures(records), *records[1:]]
    names = ("bob@mock.example", "eva@mock.example", "max@other.example")
    assert [listing(town, "like", *names), listing(town, "repost", names[1])] == listings
    assert NOW.isoformat().replace("+00:00", "Z") in cursor


def test_what_is_taken_back_is_missing_from_the_next_list(town):
    """Without news nothing is read again; then only the list that changed, dated by the collect before it."""
    story(town)
    _, _, cursor = town.read(Known(SINCE))
    known = Known(SINCE, cursor, dict(town.counts))

    again, unchanged, _ = town.read(known)
    town.act("eva", "unfavourite", "first")
    records, changed, _ = town.read(known)

    assert ([MINE], []) == ([figures(again), *again[1:]], unchanged)
    assert [MINE] == [figures(records), *records[1:]]
    assert [listing(town, "like", "bob@mock.example", "max@other.example", at=NOW)] == changed


def test_beyond_the_limit_acts_are_counted(town):
    """Two of three names, and three in all."""
    story(town)

    records, listings, _ = town.read(Known(SINCE), limits=Limits(actors=2))

    names = ("bob@mock.example", "eva@mock.example")
    assert listing(town, "like", *names, complete=False) == listings[0]
    at = town.at("first")
    assert [Tally("mastodon", ADA, town.uri("first"), "like", 3, at)] == [one for one in records if type(one) is Tally]


def test_the_accounts_own_token_adds_mentions(town):
    """Public ones that answer nothing of the account's; another's token adds none."""
    town.post("hello", "bob", "hello @ada")
    town.post("secret", "bob", "psst @ada", visibility="direct")
    town.post("first", "ada")
    town.post("reply", "eva", "@ada yes", to="first")

    found = {who: town.read(Known(SINCE), token=f"token-{who}")[0] for who in ("ada", "bob")}

    hello = Interaction(
        "mastodon", f"{town.uri('hello')}#mention:{ADA}", "mention", "bob@mock.example", ADA, None, town.at("hello")
    )
    assert [hello] == [one for one in found["ada"] if type(one) is Interaction and one.verb == "mention"]
    assert [] == [one for one in found["bob"] if type(one) is Interaction and one.verb == "mention"]


def test_people_are_found_by_name_or_not_at_all(town):
    """From here; from elsewhere only where that domain says so, and it does not; and nobody."""
    with town.client() as client:
        assert ADA == CONNECTOR.find(client, "@Ada@mock.example".lower(), now=NOW).account_id
        with pytest.raises(NetworkRefused, match=r"other\.example does not confirm it"):
            CONNECTOR.find(client, "max@other.example", now=NOW)
        with pytest.raises(AccountGone, match="answered 404"):
            CONNECTOR.find(client, "@nobody@mock.example", now=NOW)
