"""Accounts that are deleted, renamed, private or empty on every network, slow networks, and a million reactions."""

import contextlib
import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from http_server import RequestHandler, Site, reply, serve
from renown.connectors import CONNECTORS
from renown.connectors.base import Page, ReadLimits
from renown.connectors.http import ClientOptions, RequestBudget
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CredentialError,
    NetworkRefusedError,
    NetworkUnavailableError,
    RenownError,
)
from renown.records import Interaction, Profile, Tally
from test_networks import NETWORKS, Case

CASES = {
    **dict.fromkeys(CONNECTORS, "week"),
    "mastodon": "statuses",
    "blog": "token",
    "instagram": "later",
}
"""Network to the case of an account that received reactions."""
EVERYTHING_IS_PUBLIC = "the network has no private accounts"
Answer = dict[str, Any] | list[Any]


@dataclass(frozen=True)
class State:
    """What of a case's answers is another one in a state of the account, and what reading it comes to."""

    answers: dict[str, Answer | Callable[[Any], Any]]
    """Beginning of a request to its answer, or to a function of the answer that the case has."""
    error: type[RenownError] | None = None
    handle: str = ""
    """The name that the account has now."""
    is_empty: bool = False
    """Whether nothing is read but the account itself."""
    skipped: str = ""
    """Part of what the result says of a list that is not read."""
    rename: tuple[str, str] = ("", "")
    """Text in requests that is replaced by another, as the account's name is in them."""


def refusal(status: int, body: Any) -> Answer:
    """Return an error response."""
    return {"$status": status, "$body": body}


def change(path: str, *, to: Any) -> Callable[[Any], Any]:
    """Return a function that puts a value at a path of keys and numbers into an answer."""

    def apply(answer: Any) -> Any:
        result = copy.deepcopy(answer)
        *above, last = (int(key) if key.isdecimal() else key for key in path.split("."))
        part = result
        for key in above:
            part = part[key]
        part[last] = to
        return result

    return apply


def graph_error(code: int) -> Answer:
    """Return an error of Meta's Graph API."""
    return refusal(400, {"error": {"message": "No.", "type": "OAuthException", "code": code}})


NAME = "lovelace"


def farcaster_profile(answer: Any) -> Any:
    """Return the profile of an account on Farcaster with another name."""
    result = copy.deepcopy(answer)
    for message in result["messages"]:
        if message["data"]["userDataBody"]["type"] == "USER_DATA_TYPE_USERNAME":
            message["data"]["userDataBody"]["value"] = NAME
    return result


def hide_names(answer: Any) -> Any:
    """Return replies whose authors are private: they have no names."""
    return {"data": [{key: value for key, value in item.items() if key != "username"} for item in answer["data"]]}


BSKY, GRAPH = "/xrpc/app.bsky.", {"data": [], "paging": {}}
STATES: dict[str, dict[str, State | str]] = {
    "bluesky": {
        "deleted": State(
            {BSKY + "actor": refusal(400, {"error": "InvalidRequest", "message": "Profile not found"})},
            AccountGoneError,
        ),
        "renamed": State({BSKY + "actor": change("handle", to=f"{NAME}.example")}, handle=f"{NAME}.example"),
        "private": State(
            {BSKY + "actor": refusal(400, {"error": "AccountDeactivated", "message": "Account is deactivated"})},
            AccountGoneError,
        ),
        "empty": State({BSKY + "feed.getAuthorFeed": {"feed": []}}, is_empty=True),
    },
    "mastodon": {
        "deleted": State({"/api/v1/accounts/lookup": refusal(410, {"error": "Gone"})}, AccountGoneError),
        "renamed": State(
            {"/api/v1/accounts/lookup": change("moved", to={"id": "9", "acct": f"{NAME}@other.example"})},
            AccountGoneError,
        ),
        "private": State(
            {"/api/v1/accounts/1/statuses": refusal(401, {"error": "This method requires an authenticated user"})},
            NetworkRefusedError,
        ),
        "empty": State({"/api/v1/accounts/1/statuses": []}, is_empty=True),
    },
    "github": {
        "deleted": State({"/user/7": refusal(404, {"message": "Not Found"})}, AccountGoneError),
        "renamed": State({"/user/7": change("login", to="Lovelace")}, handle="Lovelace", rename=("Ada", "Lovelace")),
        "private": State(
            {
                "/search/issues": refusal(422, {"message": "Validation Failed", "errors": [{"code": "invalid"}]}),
                "/users/Ada/repos": [],
            },
            is_empty=True,
        ),
        "empty": State(
            {"/search/issues": {"total_count": 0, "items": []}, "/users/Ada/repos": []},
            is_empty=True,
        ),
    },
    "youtube": {
        "deleted": State({"/channels": {"pageInfo": {"totalResults": 0}}}, AccountGoneError),
        "renamed": State({"/channels": change("items.0.snippet.customUrl", to=f"@{NAME}")}, handle=f"@{NAME}"),
        "private": State(
            {"/playlistItems": refusal(404, {"error": {"code": 404, "errors": [{"reason": "playlistNotFound"}]}})},
            is_empty=True,
        ),
        "empty": State({"/playlistItems": {"items": []}}, is_empty=True),
    },
    "hackernews": {
        "deleted": State(
            {"/api/v1/search_by_date?tags=author": {"hits": []}, "/v0/user/ada.json": refusal(200, None)},
            AccountGoneError,
        ),
        "renamed": "names are permanent",
        "private": EVERYTHING_IS_PUBLIC,
        "empty": State(
            {"/api/v1/search_by_date": {"hits": []}, "/v0/user/ada.json": {"id": "ada", "created": 1336608000}},
            is_empty=True,
        ),
    },
    "stackexchange": {
        "deleted": State({"/2.3/users/7?": {"items": [], "has_more": False}}, AccountGoneError),
        "renamed": "the name is beside the number, which is typed and shown",
        "private": EVERYTHING_IS_PUBLIC,
        "empty": State({"/2.3/users/7/": {"items": [], "has_more": False}}, is_empty=True),
    },
    "lemmy": {
        "deleted": State({"/api/v3/user": change("person_view.person.deleted", to=True)}, AccountGoneError),
        "renamed": "names are permanent",
        "private": State({"/api/v3/user": refusal(400, {"error": "instance_is_private"})}, CredentialError),
        "empty": State({"/api/v3/user": lambda answer: answer | {"posts": [], "comments": []}}, is_empty=True),
    },
    "discourse": {
        "deleted": State({"/u/ada.json": refusal(404, {"errors": ["Not found"]})}, AccountGoneError),
        "renamed": "tests/networks/discourse/renamed.json: it is found again by one of its posts",
        "private": State({"/u/ada.json": change("user.profile_hidden", to=True)}, NetworkRefusedError),
        "empty": State(
            {
                "/u/ada/activity": [],
                "/topics/created-by": {"topic_list": {"topics": []}},
                "/user_actions": {"user_actions": []},
            },
            is_empty=True,
        ),
    },
    "blog": {
        "deleted": State({"/~ada/": refusal(410, "Gone")}, AccountGoneError),
        "renamed": "the address is the account",
        "private": State({"/~ada/": refusal(401, "Log in")}, NetworkRefusedError),
        "empty": State({"/api/mentions.jf2": {"type": "feed", "children": []}}, is_empty=True),
    },
    "nostr": {
        "deleted": State({"REQ": []}, is_empty=True),
        "renamed": "anybody may have any name; people are shown by their keys",
        "private": EVERYTHING_IS_PUBLIC,
        "empty": State({"REQ": []}, is_empty=True),
    },
    "farcaster": {
        "deleted": State({"/v1/userDataByFid": {"messages": []}}, AccountGoneError),
        "renamed": State({"/v1/userDataByFid": farcaster_profile}, handle=NAME),
        "private": EVERYTHING_IS_PUBLIC,
        "empty": State(
            {"/v1/castsByFid": {"messages": []}, "/v1/castsByMention": {"messages": []}},
            is_empty=True,
        ),
    },
    "misskey": {
        "deleted": State(
            {"/api/users/show": refusal(404, {"error": {"message": "No such user.", "code": "NO_SUCH_USER"}})},
            AccountGoneError,
        ),
        "renamed": State(
            {"/api/users/show": change("movedTo", to=f"https://other.example/@{NAME}")},
            AccountGoneError,
        ),
        "private": State(
            {"/api/users/show": refusal(401, {"error": {"message": "Required.", "code": "CREDENTIAL_REQUIRED"}})},
            CredentialError,
        ),
        "empty": State({"/api/users/notes": []}, is_empty=True),
    },
    "x": {
        "deleted": State(
            {"/2/users/me": {"errors": [{"title": "Not Found Error", "detail": "Could not find user."}]}},
            AccountGoneError,
        ),
        "renamed": State({"/2/users/me": change("data.username", to=NAME)}, handle=NAME),
        "private": State({"/2/users/me": change("data.protected", to=True)}),
        "empty": State({"/2/users/2244994945/": {"meta": {"result_count": 0}}}, is_empty=True),
    },
    "threads": {
        "deleted": State({"/v1.0/": graph_error(190)}, CredentialError),
        "renamed": State({"/v1.0/me": change("username", to=NAME)}, handle=NAME),
        "private": State({"/v1.0/901/conversation": hide_names}),
        "empty": State({"/v1.0/10001/threads?": GRAPH, "/v1.0/10001/mentions": GRAPH}, is_empty=True),
    },
    "instagram": {
        "deleted": State({"/v23.0/": graph_error(190)}, CredentialError),
        "renamed": State({"/v23.0/me?": change("username", to=NAME)}, handle=NAME),
        "private": State({"/v23.0/": graph_error(10)}, CredentialError),
        "empty": State({"/v23.0/me/": GRAPH}, is_empty=True),
    },
}
"""Network to the state of an account; in place of a state that it does not have, why."""


def load_case(network: str) -> Case:
    """Return the case of a network."""
    return msgspec.json.decode((NETWORKS / network / f"{CASES[network]}.json").read_bytes(), type=Case)


@dataclass
class Reader:
    """Reads the account of a case."""

    network: str
    site: Site
    client: Callable[..., Any]
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        """Load the case."""
        self.case = load_case(self.network)

    def read(self, *, budget: RequestBudget | None = None, manners: ClientOptions | None = None) -> list[Page]:
        """Read all pages; those before an error are kept."""
        connector, case = CONNECTORS[self.network], self.case
        budget = budget or RequestBudget(2000, 36_000)
        http = self.client(token=case.token, api=connector.api, budget=budget, manners=manners)
        self.pages: list[Page] = []
        limits = ReadLimits(case.max_actors)
        self.pages.extend(connector.read(http, case.account, case.known, limits, now=case.now))
        return self.pages


def amount(pages: list[Page]) -> int:
    """Return how many acts and counts pages have."""
    named = sum(isinstance(record, Interaction | Tally) for page in pages for record in page.records)
    return named + sum(len(listing.actors) for page in pages for listing in page.listings)


def answer_in_state(case: Case, state: State) -> dict[str, Any]:
    """Return the answers of a case in a state of its account."""
    old, new = state.rename
    answers = {unquote(path).replace(old, new) if old else unquote(path): body for path, body in case.answers.items()}
    for beginning, answer in state.answers.items():
        paths = [path for path in answers if path.startswith(beginning)] or [beginning]
        for path in paths:
            answers[path] = answer(answers[path]) if callable(answer) else answer
    return answers


KINDS = ("deleted", "renamed", "private", "empty")


@pytest.mark.parametrize(
    ("network", "kind"),
    [(network, kind) for network, states in STATES.items() for kind in states if isinstance(states[kind], State)],
)
def test_state_of_an_account_has_its_result(network, kind, site, client):
    """Who is gone is named so, whoever has a new name has it, and an account without anything is no error."""
    state = STATES[network][kind]
    reader = Reader(network, site, client)
    serve(site, answer_in_state(reader.case, state))

    if state.error:
        with pytest.raises(state.error):
            reader.read()
        return
    pages = reader.read()
    assert state.is_empty == (0 == amount(pages))
    profiles = [record for page in pages for record in page.records if isinstance(record, Profile)]
    assert not state.handle or state.handle in {profile.handle for profile in profiles}


def test_every_network_has_every_state():
    """A network without a state of an account would not be tested here."""
    assert sorted(CONNECTORS) == sorted(STATES) == sorted(ENDLESS)
    assert {KINDS} == {tuple(states) for states in STATES.values()}


@pytest.mark.parametrize("network", CONNECTORS)
def test_slow_network_is_left_in_time(network, site, client, clock):
    """A network that sends a byte now and then is unavailable, or the time of the run is spent; nothing hangs."""
    clock.clock, clock.sleep = time.time, time.sleep
    reader = Reader(network, site, client)

    def drip(request: RequestHandler) -> None:
        try:
            for byte in reply(body=b" " * 1000):
                request.wfile.write(bytes([byte]))
                request.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    site.script = [drip]
    start = time.monotonic()
    with pytest.raises((NetworkUnavailableError, BudgetExceededError)):
        reader.read(budget=RequestBudget(2000, 0.3), manners=ClientOptions(max_attempts=1, timeout=0.2))
    assert time.monotonic() - start < 5


@dataclass(frozen=True)
class EndlessList:
    """A list of reactions that never ends: each page has new ones."""

    path: str
    """Beginning of its requests."""
    items: str
    """Path of the entries in the answer; empty if it is the list itself."""
    ids: tuple[str, ...]
    """Paths in an entry to what tells it from others."""
    next: tuple[str, Any] | None = None
    """Path and value of what says that there is more, with {} for the number of the page; None for a link."""
    size: int = 50
    entry: int = 0
    """Which entry of the case's page the others are like."""


ENDLESS: dict[str, EndlessList | str] = {
    "bluesky": EndlessList("/xrpc/app.bsky.feed.getLikes", "likes", ("actor.did",), ("cursor", "c{}"), 100),
    "mastodon": EndlessList("/api/v1/statuses/90/favourited_by", "", ("id", "acct"), None, 80),
    "github": EndlessList("/repos/Ada/engine/forks", "", ("id", "owner.id"), None, 100),
    "youtube": EndlessList(
        "/commentThreads", "items", ("id", "snippet.topLevelComment.id"), ("nextPageToken", "p{}"), 100, 1
    ),
    "hackernews": EndlessList(
        "/api/v1/search_by_date?tags=comment", "hits", ("objectID",), ("nbHits", 1_000_000), 1000
    ),
    "stackexchange": EndlessList("/2.3/posts/900", "items", ("comment_id",), ("has_more", True), 100),
    "lemmy": EndlessList("/api/v3/comment/list?post_id=300", "comments", ("comment.id", "comment.ap_id"), ("x", 0), 50),
    "discourse": EndlessList("/post_action_users.json?id=202", "post_action_users", ("id", "username"), ("x", 0), 200),
    "blog": EndlessList("/api/mentions.jf2", "children", ("wm-id", "wm-source", "url"), ("x", 0), 500),
    "nostr": "each event has to be signed; tests/test_nostr.py ends a run by its budget between two pages of acts",
    "farcaster": EndlessList("/v1/reactionsByCast", "messages", ("hash", "data.fid"), ("nextPageToken", "n{}"), 1000),
    "misskey": EndlessList("/api/notes/reactions", "", ("id", "user.username"), None, 100),
    "x": EndlessList("/2/users/2244994945/mentions", "data", ("id",), ("meta.next_token", "t{}"), 100),
    "threads": EndlessList("/v1.0/901/conversation", "data", ("id", "username"), ("paging", None), 100),
    "instagram": EndlessList("/v23.0/501/comments", "data", ("id", "username"), ("paging", None), 100),
}
"""Network to a list of its reactions; why there is none."""
COUNTS = frozenset(
    (
        *("likeCount", "repostCount", "favourites_count", "reblogs_count", "forks_count", "commentCount", "like_count"),
        *("num_comments", "points", "upvotes", "comments", "child_count", "retweet_count", "comments_count"),
        *("renoteCount", "repliesCount", "❤"),
    )
)
"""Names of counts that become a million."""


def at_path(part: Any, path: str) -> Any:
    """Return what is at a path of keys."""
    for key in filter(None, path.split(".")):
        part = part[key]
    return part


def raise_counts(part: Any) -> Any:
    """Return JSON in which all counts of reactions are a million."""
    if isinstance(part, list):
        return [raise_counts(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: type(value)(1_000_000) if key in COUNTS and isinstance(value, int | str) else raise_counts(value)
        for key, value in part.items()
    }


def next_page(endless: EndlessList, base: Any, number: int, serial: count) -> tuple[Any, str]:
    """Return a page of new entries, and the path of the next page if a link names it."""
    answer = copy.deepcopy(base["$body"] if isinstance(base, dict) and "$body" in base else base)
    template = at_path(answer, endless.items)[endless.entry]
    entries = []
    for _ in range(endless.size):
        entry, unique = copy.deepcopy(template), 5_000_000 + next(serial)
        for path in endless.ids:
            above, _, last = path.rpartition(".")
            owner = at_path(entry, above)
            owner[last] = unique if isinstance(owner[last], int) else f"{owner[last]}{unique}"
        entries.append(entry)
    if not endless.items:
        return entries, f"{endless.path}?page={number + 1}"
    at_path(answer, endless.items)[:] = entries
    if endless.next:
        path, value = endless.next
        above, _, last = path.rpartition(".")
        paging = {"cursors": {"after": f"a{number}"}, "next": "https://graph.example/next"}
        at_path(answer, above)[last] = (
            paging if value is None else value.format(number) if isinstance(value, str) else value
        )
    return answer, ""


@pytest.mark.parametrize("network", [network for network, found in ENDLESS.items() if isinstance(found, EndlessList)])
def test_million_reactions_cost_no_more_than_the_budget(network, site, client):
    """What is read is bounded by the requests of a run; whatever is counted is counted whole."""
    endless = ENDLESS[network]
    reader = Reader(network, site, client)
    answers = {unquote(path): raise_counts(body) for path, body in reader.case.answers.items()}
    base = next(body for path, body in answers.items() if path.startswith(endless.path))
    serve(site, answers)
    [respond], serial, numbers = site.script, count(), count(1)

    def respond_endlessly(request: RequestHandler) -> None:
        if unquote(request.path).startswith(endless.path):
            body, link = next_page(endless, base, next(numbers), serial)
            headers = {"Link": f'<{link}>; rel="next"'} if link else {}
            request.wfile.write(reply(body=json.dumps(body).encode(), **headers))
        else:
            respond(request)

    site.script = [respond_endlessly]
    with contextlib.suppress(BudgetExceededError):
        reader.read(budget=RequestBudget(40, 36_000))

    assert len(site.requests) <= 40
    pages = [path for path, _ in site.requests if unquote(path).startswith(endless.path)]
    assert len(pages) > 1
    assert len(pages) * endless.size >= amount(reader.pages) - 100
    tallies = [record.count for page in reader.pages for record in page.records if isinstance(record, Tally)]
    assert all(number <= 1_000_000 + 40 * endless.size for number in tallies)
