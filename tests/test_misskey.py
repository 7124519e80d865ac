"""Misskey's connector against a local server with state: requests, acts that are taken back, resumed runs, errors."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from http_server import NOON, reply
from renown import cli, runs
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.http import RequestBudget
from renown.connectors.misskey import CONNECTOR
from renown.errors import (
    AccountGoneError,
    CredentialError,
    InvalidInputError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.home import open_home
from renown.records import Interaction, PostDetails, Profile, Tally, Undone

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = "ada@misskey.example"
PLENTY = RequestBudget(2000, 3600)


class Misskey:
    """A server with the account of Ada and the notes of everybody, in the shapes of its source."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.account = self.user("Ada") | {
            "createdAt": "2019-04-01T09:00:00.000Z",
            "description": "I build engines.",
            "fields": [],
            "followersCount": 120,
            "followingCount": 80,
            "notesCount": 300,
        }
        self.items: list[dict] = []
        """Notes and reactions of everybody."""
        self.owner = ""
        """Id of the account that the token belongs to."""
        self.has_mastodon_api = self.ignores_until_id = self.cuts_pages = False
        self.errors: dict[str, bytes] = {}
        """Path to what it answers."""
        self.number = 0

    def user(self, name: str) -> dict:
        """Return an account; its name may have a server."""
        username, _, host = name.partition("@")
        is_bot = username.startswith("bot")
        return {
            "id": f"u{name.lower()}",
            "username": username,
            "host": host or None,
            "isBot": is_bot,
            "avatarUrl": None,
        }

    def add(self, days: float, name: str, **fields) -> dict:
        """Add a note or a reaction; its id tells the order."""
        self.number += 1
        at = self.now - timedelta(days=days)
        item = {"id": f"{int(at.timestamp() * 1000):013x}{self.number:05d}", "createdAt": at.isoformat()}
        item |= {"user": self.user(name)} | fields
        self.items.append(item)
        return item

    def write(self, days: float, name: str = "Ada", **fields) -> dict:
        """Write a note."""
        return self.add(days, name, userId=f"u{name.lower()}", text="…", visibility="public", fileIds=[], **fields)

    def note(self, days: float, *, likes: int = 0, renotes: int = 0, quotes: int = 0, replies: int = 0) -> dict:
        """Write a note of Ada with what others did to it."""
        note, later = self.write(days), days / 2
        for number in range(likes):
            self.react(note, f"fan{number}", later)
        for number in range(renotes):
            self.write(later, f"fan{number}", renoteId=note["id"])["text"] = None
        for number in range(quotes):
            self.write(later, f"fan{number}", renoteId=note["id"])
        for number in range(replies):
            self.write(later, f"fan{number}", replyId=note["id"], reply=note)
        return note

    def react(self, note: dict, name: str, days: float, emoji: str = "❤") -> None:
        """React to a note."""
        self.add(days, name, noteId=note["id"], type=emoji)

    def remove(self, note: dict, name: str, key: str = "noteId") -> None:
        """Take back what somebody did to a note."""
        self.items = [item for item in self.items if item.get(key) != note["id"] or item["user"]["username"] != name]

    def count(self, note: dict) -> dict:
        """Return a note with its counts."""
        reactions = [item["type"] for item in self.items if item.get("noteId") == note["id"]]
        number = {
            key: sum(item.get(key) == note["id"] and item["user"]["username"] != "Ada" for item in self.items)
            for key in ("renoteId", "replyId")
        }
        counts = {emoji: reactions.count(emoji) for emoji in reactions}
        return note | {"reactions": counts, "renoteCount": number["renoteId"], "repliesCount": number["replyId"]}

    def list(self, path: str, params: dict) -> list[dict]:
        """Return a page of a list, newest first."""
        keys = {"notes/reactions": "noteId", "notes/renotes": "renoteId", "notes/replies": "replyId"}
        if path in keys:
            items = [item for item in self.items if item.get(keys[path]) == params["noteId"]]
        elif path == "notes/mentions":
            items = [item for item in self.items if "mentions" in item]
        else:
            items = [self.count(item) for item in self.items if item.get("userId") == params["userId"]]
        items.sort(key=lambda item: item["id"], reverse=True)
        if self.ignores_until_id and path == "notes/reactions":
            return items[params.get("offset", 0) :][: params["limit"]]
        page = [item for item in items if item["id"] < params.get("untilId", "z")][: params["limit"]]
        return page[:7] if self.cuts_pages and path == "users/notes" else page

    def __call__(self, request) -> None:
        """Answer a request."""
        path, _, text = request.key.removeprefix("/api/").partition(" ")
        params = json.loads(text or "{}")
        if path in self.errors:
            request.wfile.write(self.errors[path])
        elif path == "v1/instance":
            body = b'{"uri": "misskey.example"}' if self.has_mastodon_api else b"{}"
            request.wfile.write(reply(200 if self.has_mastodon_api else 404, body))
        elif path == "users/show":
            is_known = params["username"].lower() == "ada"
            answer = self.account if is_known else {"error": {"code": "NO_SUCH_USER", "message": "No such user."}}
            request.wfile.write(reply(200 if is_known else 404, json.dumps(answer).encode()))
        elif path == "i":
            request.wfile.write(reply(body=json.dumps(self.user(self.owner)).encode()))
        else:
            request.wfile.write(reply(body=json.dumps(self.list(path, params)).encode()))


@pytest.fixture
def misskey(site):
    """Return the state of the local server."""
    state = Misskey()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the account with what earlier runs left; it returns all pages so far."""

    def read_once(pages=(), *, stop=None, now=NOW, token=None, budget=PLENTY, limits=None):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(now - timedelta(days=90), cursor, counts)
        http = client(api=CONNECTOR.api, token=token, budget=budget)
        reader = CONNECTOR.read(http, Account(ADA, "Ada@misskey.example"), known, limits or ReadLimits(), now=now)
        return [*pages, *(page for _, page in zip(range(stop or 10**6), reader, strict=False))]

    return read_once


def acts(pages):
    """Return who did what, by the latest lists, without what was undone."""
    latest = {(item.verb, item.post_id): item for page in pages for item in page.listings}
    listed = {(*key, actor.account_id) for key, item in latest.items() for actor in item.actors}
    records = [record for page in pages for record in page.records]
    undone = {record.interaction_id for record in records if isinstance(record, Undone)}
    named = [record for record in records if isinstance(record, Interaction) and record.interaction_id not in undone]
    return listed | {(act.verb, act.post_id, act.actor_id) for act in named}


def tallies(pages):
    """Return the counts of acts without names."""
    return {record.verb: record.count for page in pages for record in page.records if isinstance(record, Tally)}


def names(*numbers):
    """Return the ids of fans."""
    return {f"fan{number}@misskey.example" for number in numbers}


@pytest.mark.proof
def test_account_with_500_notes(misskey, read, site, capsys):
    """Three lists for each note with all kinds of acts; without anything new a request for each 100 notes."""
    for number in range(500):
        misskey.note(number * 89 / 500, likes=number % 4, renotes=number % 2, replies=number % 3)
    first = read()
    costs = [len(site.requests)]
    site.requests.clear()
    second = read(first, now=NOW + timedelta(hours=6))
    costs.append(len(site.requests))

    with capsys.disabled():
        sys.stdout.write(f"\nMisskey, 500 notes; without anything new: {costs} requests\n")
    assert costs == [965, 7]
    assert acts(first) == acts(second)


@pytest.mark.parametrize(("ignores_until_id", "cuts_pages"), [(False, False), (True, False), (False, True)])
def test_lists_go_on_over_several_pages(misskey, read, ignores_until_id, cuts_pages):
    """Below the last id; by the number of entries on old servers and Firefish; also after a page that was cut."""
    misskey.ignores_until_id, misskey.cuts_pages = ignores_until_id, cuts_pages
    note = misskey.note(3, likes=250, renotes=120, quotes=1, replies=101)
    for days in range(4, 30):
        misskey.note(days, likes=1)
    pages = read()

    verbs = [verb for verb, post_id, _ in acts(pages) if post_id.endswith(note["id"])]
    assert {"like": 250, "repost": 120, "quote": 1, "reply": 101} == {verb: verbs.count(verb) for verb in set(verbs)}
    assert 26 == len({post_id for _, post_id, _ in acts(pages)}) - 1
    assert {} == tallies(pages)
    assert all(listing.complete for page in pages for listing in page.listings)


def test_acts_that_are_taken_back_are_undone(misskey, read):
    """Each of them changes the count of its list, which lacks the act; nothing else is asked again."""
    note = misskey.note(3, likes=3, renotes=3, quotes=2, replies=3)
    first = read()
    misskey.remove(note, "fan0")
    misskey.remove(note, "fan1", "renoteId")
    misskey.remove(note, "fan2", "replyId")
    second = read(first, now=NOW + timedelta(days=1))

    gone = {("like", "fan0"), ("repost", "fan1"), ("quote", "fan1"), ("reply", "fan2")}
    assert gone == {(verb, actor.partition("@")[0]) for verb, _, actor in acts(first) - acts(second)}
    assert acts(second) < acts(first)


def test_run_that_ends_anywhere_is_resumed(misskey, read):
    """After an interruption following any page, both runs together read the same."""
    misskey.cuts_pages, misskey.owner = True, "Ada"
    for number in range(12):
        misskey.note(number + 1, likes=2, renotes=number % 2, quotes=number % 3, replies=number % 3)
        misskey.write(number + 1, f"fan{number}", mentions=["uada"])
    whole = read(token="t0ken")  # noqa: S106 - of a test

    assert {"like", "repost", "quote", "reply", "mention"} == {verb for verb, _, _ in acts(whole)}
    for stop in range(1, len(whole)):
        part = read(stop=stop, token="t0ken")  # noqa: S106 - of a test
        assert acts(whole) == acts(read(part, token="t0ken"))  # noqa: S106 - of a test


def test_only_what_others_did_in_public_counts(misskey, read):
    """Not the account's own acts, those of bots, and notes for followers; two reactions of one are one like."""
    note = misskey.note(3)
    for name, days in (("Ada", 2), ("bot", 2), ("fan1", 1), ("fan1", 2), ("Eve@other.example", 1)):
        misskey.react(note, name, days)
    for name, visibility in (("Ada", "public"), ("bot", "public"), ("fan1", "followers"), ("fan2", "home")):
        misskey.write(2, name, replyId=note["id"], reply=note)["visibility"] = visibility
        misskey.write(2, name, renoteId=note["id"], renote=note)["visibility"] = visibility
    misskey.note(2, likes=3)["visibility"] = "specified"
    pages = read()

    assert {(verb, actor) for verb, _, actor in acts(pages)} == {
        ("like", "fan1@misskey.example"),
        ("like", "eve@other.example"),
        ("reply", "fan2@misskey.example"),
        ("quote", "fan2@misskey.example"),
    }
    [listing] = [listing for page in pages for listing in page.listings if listing.verb == "like"]
    assert {actor.account_id: (actor.at, actor.unverified) for actor in listing.actors} == {
        "fan1@misskey.example": (NOW - timedelta(days=2), False),
        "eve@other.example": (NOW - timedelta(days=1), True),
    }


def test_names_beyond_the_limit_are_counted(misskey, read):
    """As acts of unknown actors, and the list undoes nobody's act."""
    misskey.note(3, likes=250, renotes=20, quotes=5, replies=12)
    pages = read(limits=ReadLimits(max_actors=10))

    assert {"like": 250, "repost": 20, "reply": 12}.items() <= tallies(pages).items()
    assert not any(listing.complete for page in pages for listing in page.listings)


def test_list_that_exceeds_the_budget_undoes_nothing(misskey, read):
    """What of it was read is kept, and the rest is counted."""
    misskey.note(3, likes=350)
    misskey.note(100)
    pages = read(budget=RequestBudget(4, 3600))

    [listing] = [listing for page in pages for listing in page.listings]
    assert (200, False, {"like": 350}) == (len(listing.actors), listing.complete, tallies(pages))


@pytest.mark.parametrize("owner", ["Ada", "eve"])
def test_mentions_need_the_token_of_the_account(misskey, read, owner, site):
    """Another one's token would read that person's mentions."""
    misskey.owner = owner
    misskey.write(2, "fan1", mentions=["uada"])
    pages = read(token="t0ken")  # noqa: S106 - of a test

    mentioned = {("mention", None, "fan1@misskey.example")}
    assert (mentioned if owner == "Ada" else set()) == acts(pages)
    assert all("Bearer t0ken" == headers["Authorization"] for _, headers in site.requests)


def test_mentions_that_the_token_may_not_read_are_reported(misskey, read):
    """All else is read."""
    misskey.owner = "Ada"
    misskey.note(2, likes=1)
    denied = {"error": {"code": "PERMISSION_DENIED", "message": "Your app lacks permissions."}}
    misskey.errors["notes/mentions"] = reply(403, json.dumps(denied).encode())
    pages = read(token="t0ken")  # noqa: S106 - of a test

    assert ["like"] == [verb for verb, _, _ in acts(pages)]
    assert any("mentions were not read" in text for page in pages for text in page.skipped_lists)


LIMITED = {"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "Rate limit exceeded.", "id": "d5826d14"}}


@pytest.mark.parametrize(("headers", "wait"), [({"Retry_After": "30"}, 30), ({}, 1)])
def test_rate_limit_is_waited_for(misskey, read, clock, headers, wait):
    """As long as the server says, if it does."""
    note = misskey.note(3, likes=2)
    misskey.errors["notes/reactions"] = reply(429, json.dumps(LIMITED).encode(), **headers)
    before = clock.now

    def sleep(seconds):
        clock.now += seconds
        misskey.errors.clear()

    clock.sleep = sleep
    pages = read()

    assert {("like", f"https://misskey.example/notes/{note['id']}", name) for name in names(0, 1)} == acts(pages)
    assert clock.now - before >= wait


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(401, b'{"error": {"code": "CREDENTIAL_REQUIRED"}}'), CredentialError),
        (reply(403, b'{"error": {"code": "AUTHENTICATION_FAILED"}}'), CredentialError),
        (reply(400, b'{"error": {"code": "NO_SUCH_USER"}}'), AccountGoneError),
        (reply(400, b'{"error": {"code": "INVALID_PARAM"}}'), NetworkRefusedError),
        (reply(500, b'{"error": {"code": "INTERNAL_ERROR"}}'), NetworkUnavailableError),
        (reply(body=b"<!doctype html>", kind="text/html"), NetworkRefusedError),
        (reply(body=b'{"notes": []}'), NetworkRefusedError),
    ],
)
@pytest.mark.parametrize("path", ["users/show", "users/notes"])
def test_errors_of_the_account_itself_end_its_run(misskey, read, path, answer, error):
    """A server for members, a wrong token, an account that is gone, a server that fails or is no server of Misskey."""
    misskey.errors[path] = answer
    with pytest.raises(error):
        read()


@pytest.mark.usefixtures("misskey")
def test_account_without_notes(read, site):
    """Has figures, and costs two requests; its topics and titles are none."""
    pages = read()

    assert (2, set()) == (len(site.requests), acts(pages))
    [profile] = [record for page in pages for record in page.records]
    assert (120, 80, 300) == (profile.followers, profile.following, profile.posts)
    assert not [record for page in pages for record in page.records if isinstance(record, PostDetails)]


@pytest.mark.parametrize(
    ("fields", "followers", "following"),
    [
        ({"followersVisibility": "private", "followersCount": 0}, None, 80),
        ({"followersVisibility": "followers", "followersCount": 7}, 7, 80),
        ({"followersVisibility": "public", "followersCount": 0}, 0, 80),
        ({"ffVisibility": "private", "followersCount": 0, "followingCount": 0}, None, None),
        ({"followersCount": None, "followingCount": -1}, None, None),
    ],
)
def test_hidden_figures_are_unknown(misskey, read, fields, followers, following):
    """A server says 0 to whoever may not see them; unknown is not none."""
    misskey.account |= fields
    [profile] = [record for page in read() for record in page.records if isinstance(record, Profile)]

    assert (followers, following) == (profile.followers, profile.following)


def test_account_is_found_by_its_names(misskey, client):
    """In any case, with or without @, and by what `normalize_name` takes from the address of its page."""
    http = client(api=CONNECTOR.api)
    for name in ("ada@misskey.example", "@Ada@Misskey.example", "misskey.example/@ada"):
        profile = CONNECTOR.find(http, name, now=NOW)
        assert (ADA, "Ada@misskey.example") == (profile.account_id, profile.handle)
    misskey.has_mastodon_api = True
    with pytest.raises(NetworkRefusedError, match="would count twice; add it as an account of mastodon"):
        CONNECTOR.find(http, ADA, now=NOW)


@pytest.mark.parametrize(
    "name", ["ada", "@misskey.example", "https://misskey.example/notes/9a90", "a b@misskey.example"]
)
def test_name_that_is_no_account_is_refused(client, site, name):
    """No request is sent for it."""
    with pytest.raises(InvalidInputError, match="is no account of misskey; write"):
        CONNECTOR.find(client(), name, now=NOW)
    assert [] == site.requests


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("eve@misskey.example", {}),
        (ADA, {"isSuspended": True}),
        (ADA, {"movedTo": "https://other.example/users/ada"}),
        (ADA, {"username": "eve"}),
        (ADA, {"host": "other.example"}),
    ],
)
def test_account_that_is_gone_is_named(misskey, client, name, fields):
    """Unknown, suspended, moved, or another account than the one that was asked for."""
    misskey.account |= fields
    with pytest.raises(AccountGoneError):
        CONNECTOR.find(client(api=CONNECTOR.api), name, now=NOW)


def test_another_server_is_not_asked(client, site):
    """It knows only a part of the reactions, and could claim to host anybody."""
    with pytest.raises(NetworkRefusedError, match=r"is not the server of 'ada@misskey\.example'"):
        CONNECTOR.find(client(api=CONNECTOR.api, private_ok=False), ADA, now=NOW)
    assert [] == site.requests


def test_token_in_the_profile_proves_a_claim(misskey, client, site):
    """In the description, or in a field beside it."""
    lookup = runs.NetworkLookup(lambda *_: client(api=CONNECTOR.api), lambda *_: site.url, lambda: NOW)
    misskey.account["description"] = None
    assert "" == lookup.find_proof("misskey", ADA, ADA, "renown-abc", "")

    misskey.account["fields"] = [{"name": "proof", "value": "renown-abc"}]
    assert "token" == lookup.find_proof("misskey", ADA, ADA, "renown-abc", "")


def test_person_is_added_collected_scored_and_explained(site, tmp_path, monkeypatch):
    """By the address of a profile; a reaction that disappears leaves the receipt, and a tag is a topic."""
    server = Misskey(datetime.now(UTC))
    site.script = [server]
    note = server.note(2, likes=4, renotes=2, quotes=1, replies=2)
    note["tags"], note["channel"] = ["Engines"], {"id": "9ch", "name": "Computing"}
    monkeypatch.setenv("RENOWN_MISSKEY_SERVER", site.url)
    monkeypatch.setenv("RENOWN_MISSKEY_PRIVATE", "true")

    def renown(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        assert 0 == result.exit_code, result.output
        return result.output

    def collect_and_count():
        [account] = [json.loads(line) for line in renown("collect", "--json").splitlines()]
        assert (True, "") == (account["complete"], account["message"])
        renown("score")
        signals = json.loads(renown("explain", "ada", "--json"))["signals"]
        return {signal["subject"]["signal"]: sum(post["count"] for post in signal["posts"]) for signal in signals}

    renown("init")
    assert "each server has rules of its own" in renown("add", "ada", "--misskey", "https://misskey.example/@ada")
    assert {"approval": 4, "amplification": 3, "conversation": 2, "audience": 120} == collect_and_count()
    server.remove(note, "fan0")
    assert {"approval": 3, "amplification": 3, "conversation": 2, "audience": 120} == collect_and_count()

    [network] = json.loads(renown("status", "--json"))["networks"]
    assert ["like", "quote", "reply", "repost"] == sorted(network["accounts"][0]["observed"])
    assert {("misskey", ADA)} == set(open_home(tmp_path / "home", {}).people.by_name("ada").accounts)
    assert all(topic in renown("topics", "ada") for topic in ("engines", "computing"))
