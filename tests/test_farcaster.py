"""Farcaster's connector against a local hub with state: requests, taken-back reactions, resumed runs, errors."""

import json
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import NOON, reply
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.farcaster import CONNECTOR
from renown.connectors.http import RequestBudget
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CredentialError,
    InvalidInputError,
    InvalidSettingsError,
    QuotaExceededError,
)
from renown.home import create_home, open_home
from renown.records import Interaction, Profile

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = 6833
PLENTY = RequestBudget(2000, 3600)


class Hub:
    """A hub with one account, in the shapes of the documentation; pages have up to 100 messages."""

    def __init__(self) -> None:
        self.number = 0
        self.casts: list[dict] = []
        self.mentions: list[dict] = []
        self.reactions: dict[tuple[str, str], list[dict]] = {}
        self.replies: dict[str, list[dict]] = {}
        self.followers = [self.message(fid, 300, linkBody={"type": "follow"}) for fid in range(100, 350)]
        self.error: tuple[str, int] | None = None
        """Path that fails, with its status."""

    def message(self, fid: int, days: float, **body) -> dict:
        """Return a signed message."""
        self.number += 1
        seconds = int((NOW - timedelta(days=days) - datetime(2021, 1, 1, tzinfo=UTC)).total_seconds())
        return {"hash": f"0x{self.number:040x}", "data": {"fid": fid, "timestamp": seconds, **body}}

    def cast(self, days: float, likes: int = 0, replies: int = 0) -> str:
        """Write a cast with likes and replies of others; return its hash."""
        cast = self.message(ADA, days, castAddBody={"mentions": []})
        self.casts.append(cast)
        kind = (cast["hash"], "Like")
        self.reactions[kind] = [self.message(fid, days / 2, reactionBody={}) for fid in range(likes)]
        self.replies[cast["hash"]] = [self.message(50 + fid, days / 2) for fid in range(replies)]
        return cast["hash"]

    def list(self, path, params):
        """Return the messages of a list."""
        if path == "userDataByFid":
            username = {"type": "USER_DATA_TYPE_USERNAME", "value": "ada"}
            return [self.message(ADA, 900, userDataBody=username)] if params["fid"] == str(ADA) else []
        lists = {
            "castsByFid": self.casts,
            "castsByMention": self.mentions,
            "linksByTargetFid": self.followers,
            "reactionsByCast": self.reactions.get((params.get("target_hash"), params.get("reaction_type")), []),
            "castsByParent": self.replies.get(params.get("hash"), []),
        }
        return sorted(lists[path], key=lambda message: message["data"]["timestamp"], reverse=True)

    def __call__(self, request):
        """Answer a request."""
        url = urlsplit(request.path)
        path, params = url.path.rpartition("/")[2], {key: value[0] for key, value in parse_qs(url.query).items()}
        if self.error and self.error[0] == path:
            request.wfile.write(reply(self.error[1], b'{"errCode": "unavailable", "details": "It failed."}'))
        elif path == "userNameProofByName":
            is_known = params["name"] == "ada"
            request.wfile.write(reply(200 if is_known else 404, json.dumps({"fid": ADA}).encode()))
        else:
            items, start = self.list(path, params), int(params.get("pageToken", 0) or 0)
            token = str(start + 100) if start + 100 < len(items) else ""
            body = {"messages": items[start : start + 100], "nextPageToken": token}
            request.wfile.write(reply(body=json.dumps(body).encode()))


@pytest.fixture
def hub(site):
    """Return the state of the local hub."""
    state = Hub()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the account with what earlier runs left; it returns all pages so far."""

    def read_once(pages=(), *, stop=None, now=NOW):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(now - timedelta(days=90), cursor, counts)
        http = client(api=CONNECTOR.api, token="k3y", budget=PLENTY)  # noqa: S106 - of a test
        reader = CONNECTOR.read(http, Account(str(ADA), "ada"), known, ReadLimits(), now=now)
        return [*pages, *(page for _, page in zip(range(stop or 10**6), reader, strict=False))]

    return read_once


def acts(pages):
    """Return who did what to which cast, by the latest lists."""
    latest = {(item.verb, item.post_id): item for page in pages for item in page.listings}
    listed = {(*key, actor.account_id) for key, item in latest.items() for actor in item.actors}
    named = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    return listed | {(act.verb, act.post_id, act.actor_id) for act in named}


@pytest.mark.proof
def test_account_with_500_casts(hub, client, site, capsys):
    """Three lists for each cast; a run without due casts costs 3 requests, and a day later only young casts are due."""
    for number in range(500):
        hub.cast(number * 89 / 500, likes=number % 4, replies=number % 3)
    connector_pages, costs = [], []
    for days in (0, 0.3, 1.1):
        now = NOW + timedelta(days=days)
        counts = {key: count for page in connector_pages for key, count in page.counts.items()}
        known = KnownState(now - timedelta(days=90), "", counts)
        http = client(api=CONNECTOR.api, budget=PLENTY)
        site.requests.clear()
        connector_pages += CONNECTOR.read(http, Account(str(ADA), "ada"), known, ReadLimits(), now=now)
        costs.append(len(site.requests))

    with capsys.disabled():
        sys.stdout.write(f"\nFarcaster, 500 casts; nothing due; a day later: {costs} requests\n")
    assert costs[0] <= 1512
    assert costs[1] <= 8
    assert costs[2] <= 60


def test_unchanged_account_costs_three_requests(hub, read, site):
    """Its profile, its casts and its mentions."""
    for number in range(50):
        hub.cast(number, likes=2)
    first = read()
    site.requests.clear()
    later = read(first, now=NOW + timedelta(hours=6))

    assert 3 == len(site.requests)
    profiles = [record for page in later for record in page.records if isinstance(record, Profile)]
    assert [250, 250] == [profile.followers for profile in profiles]


def test_taken_back_like_is_missing_from_a_complete_list(hub, read):
    """Lists are complete, so that the missing act is undone; an old cast is looked at again when it is twice as old."""
    young, old = hub.cast(1.5, likes=3), hub.cast(20, likes=3)
    first = read()
    for cast in (young, old):
        hub.reactions[cast, "Like"].pop()

    assert ("like", young, "2") not in acts(read(first, now=NOW + timedelta(days=2)))
    assert ("like", old, "2") in acts(read(first, now=NOW + timedelta(days=2)))
    assert ("like", old, "2") not in acts(read(first, now=NOW + timedelta(days=20)))
    assert all(item.complete for page in first for item in page.listings)


def test_list_that_exceeds_the_budget_undoes_nothing(hub, client):
    """Two of four pages of likes were read: whoever is on the others did not take a like back."""
    hub.cast(3, likes=350)
    known, pages = KnownState(NOW - timedelta(days=90)), []
    http = client(api=CONNECTOR.api, budget=RequestBudget(7, 3600))
    with pytest.raises(BudgetExceededError):
        pages.extend(CONNECTOR.read(http, Account(str(ADA), "ada"), known, ReadLimits(), now=NOW))

    [likes] = [item for page in pages for item in page.listings]
    assert (200, False) == (len(likes.actors), likes.complete)


def test_run_that_ends_anywhere_is_resumed(hub, read):
    """After an interruption following any page, both runs together read the same."""
    for number in range(8):
        hub.cast(number, likes=2, replies=number % 3)
    whole = read()

    for stop in range(1, len(whole)):
        assert acts(whole) == acts(read(read(stop=stop)))


def test_own_acts_do_not_count(hub, read):
    """Nor do replies that also mention the account count twice."""
    cast = hub.cast(3)
    hub.replies[cast] = [hub.message(ADA, 2), hub.message(7, 2)]
    body = {"mentions": [ADA], "parentCastId": {"fid": ADA, "hash": cast}}
    hub.mentions = [hub.message(7, 2, castAddBody=body), hub.message(ADA, 2, castAddBody={"mentions": [ADA]})]

    assert {("reply", cast, "7")} == acts(read())


@pytest.mark.parametrize(
    ("status", "error"), [(402, QuotaExceededError), (401, CredentialError), (403, CredentialError)]
)
def test_errors_of_the_key_concern_all_accounts(hub, read, status, error):
    """Credits that are used up, and a key that the server does not know."""
    hub.cast(1)
    hub.error = ("castsByFid", status)
    with pytest.raises(error):
        read()


@pytest.mark.usefixtures("hub")
def test_names_numbers_and_unknown_accounts(client):
    """An account is found by its name or number."""
    http = client(api=CONNECTOR.api)
    for name in ("@Ada", "ada", "6833", "!6833"):
        assert (str(ADA), "ada") == (CONNECTOR.find(http, name, now=NOW).account_id, "ada")
    for name in ("eve", "1"):
        with pytest.raises(AccountGoneError):
            CONNECTOR.find(http, name, now=NOW)
    with pytest.raises(InvalidInputError, match="is no account of farcaster"):
        CONNECTOR.find(http, "a b", now=NOW)


def test_server_has_to_be_named(tmp_path):
    """There is no hub for everybody; the message says which setting names one."""
    create_home(tmp_path / "home")
    with pytest.raises(InvalidSettingsError, match=r"server of networks\.farcaster"):
        open_home(tmp_path / "home", {}).client(CONNECTOR, "ada")
