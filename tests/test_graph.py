"""Threads and Instagram against local servers with state: requests, deletions, resumed runs, tokens, errors."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import NOON, reply
from oauth_server import OAuthServer
from renown.connectors import CONNECTORS
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.http import RequestBudget
from renown.errors import AccountGoneError, BudgetExceededError, CredentialError, InvalidInputError
from renown.home import create_home, log_in, open_home, prepare_login
from renown.records import AccountAlias, Interaction, Tally, Undone
from renown.store import Credential

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = "17841400000000001"
PLENTY = RequestBudget(2000, 3600)


class Graph:
    """A server with one account: posts newest first with counts and answers, in the documented shapes."""

    def __init__(self, network: str) -> None:
        self.network = network
        self.posts: list[dict] = []
        self.error: tuple[str, int] | None = None
        """Part of a path that fails, with the code."""
        self.token = "t0ken"  # noqa: S105 - of a test
        self.renewals = 0
        self.has_expansion = True
        """Whether lists include what is asked for inside of them."""

    def post(self, days: float, likes: int = 0, answers: int = 0) -> dict:
        """Write a post with likes and answers of others."""
        number = 9000 + len(self.posts)
        post = {"id": str(number), "at": NOW - timedelta(days=days), "likes": likes, "answers": {}}
        post["answers"] = {f"{number}{index:03}": f"fan{index}" for index in range(answers)}
        self.posts.append(post)
        return post

    def find(self, post_id):
        """Return a post."""
        return next(post for post in self.posts if post["id"] == post_id)

    def describe(self, post, fields):
        """Return a post as it is listed."""
        counts = {"likes": post["likes"], "replies": len(post["answers"]), "reposts": 0, "quotes": 0, "shares": 0}
        data = {"id": post["id"], "timestamp": stamp(post["at"]), "username": "ada"}
        if self.network == "instagram":
            data |= {"like_count": post["likes"], "comments_count": len(post["answers"])}
        if self.has_expansion and "insights" in fields:
            data["insights"] = insights(counts)
        if fields == "insights":
            return insights(counts)
        if self.has_expansion and "comments.limit" in fields and post["answers"]:
            first = self.list_answers(post)[:50]
            more = {"paging": {"cursors": {"after": "x"}, "next": "x"}} if len(post["answers"]) > 50 else {}
            data["comments"] = {"data": first, **more}
        return data

    def list_answers(self, post):
        """Return who answered."""
        at = stamp(post["at"] + timedelta(minutes=5))
        own = {"is_reply_owned_by_me": False, "replied_to": {"id": post["id"]}} if self.network == "threads" else {}
        return [{"id": key, "timestamp": at, "username": name, **own} for key, name in post["answers"].items()]

    def answer(self, path, params):
        """Return the JSON of a path without its version."""
        kind, limit = path.rpartition("/")[2], int(params.get("limit", 25))
        if kind in {"threads", "media"}:
            since, until = float(params.get("since", 0)), float(params.get("until", 2e9))
            newest = sorted(self.posts, key=lambda post: post["at"], reverse=True)
            items = [post for post in newest if since <= post["at"].timestamp() <= until]
            return page([self.describe(post, params["fields"]) for post in items], params, limit)
        if kind in {"conversation", "comments"}:
            return page(self.list_answers(self.find(path.split("/")[-2])), params, limit)
        if kind == "insights":
            return self.describe(self.find(path.split("/")[-2]), "insights")
        if kind == "threads_insights":
            return {"data": [{"name": "followers_count", "total_value": {"value": 412}}]}
        if kind in {"mentions", "tags"}:
            return {"data": []}
        return {"id": ADA, "user_id": ADA, "username": "ada", "followers_count": 412}

    def __call__(self, request):
        """Answer a request."""
        url = urlsplit(request.path)
        params = {key: value[0] for key, value in parse_qs(url.query).items()}
        if url.path in {"/access_token", "/refresh_access_token"}:
            self.renewals += 1
            self.token = f"l0ng{self.renewals}"
            body = {"access_token": self.token, "token_type": "bearer", "expires_in": 5_183_944}
            request.wfile.write(reply(body=json.dumps(body).encode()))
        elif self.error and self.error[0] in url.path:
            error = {"message": "(#1) It failed.", "type": "OAuthException", "code": self.error[1], "fbtrace_id": "A"}
            request.wfile.write(reply(400, json.dumps({"error": error}).encode()))
        else:
            assert params["access_token"] == self.token
            assert "Authorization" not in request.headers
            request.wfile.write(reply(body=json.dumps(self.answer(url.path, params)).encode()))


def stamp(at):
    """Write an instant as Meta does."""
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"


def insights(counts):
    """Return counts as insights."""
    return {"data": [{"name": name, "period": "lifetime", "values": [{"value": n}]} for name, n in counts.items()]}


def page(items, params, limit):
    """Return a page with its cursors."""
    start = int(params.get("after", 0))
    end = start + limit
    more = {"next": "https://graph.example/next"} if end < len(items) else {}
    return {"data": items[start:end], "paging": {"cursors": {"before": str(start), "after": str(end)}, **more}}


@pytest.fixture(params=["threads", "instagram"])
def server(request, site):
    """Return the state of the local server of each network."""
    state = Graph(request.param)
    site.script = [state]
    return state


@pytest.fixture
def read(server, client):
    """Return a function that reads the account with what earlier runs left; it returns all pages so far."""
    connector = CONNECTORS[server.network]

    def read_once(pages=(), *, stop=None, now=NOW):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(now - timedelta(days=90), cursor, counts)
        http = client(api=connector.api, token=server.token, budget=PLENTY)
        reader = connector.read(http, Account(ADA, "ada"), known, ReadLimits(), now=now)
        return [*pages, *(page for _, page in zip(range(stop or 10**6), reader, strict=False))]

    return read_once


def records(pages, kind):
    """Return the records of a kind."""
    return [record for page in pages for record in page.records if isinstance(record, kind)]


def tallies(pages):
    """Return the latest count of each post and verb."""
    return {(tally.post_id, tally.verb): tally.count for tally in records(pages, Tally)}


def acts(pages):
    """Return the acts."""
    return {(act.verb, act.actor_id, act.post_id, act.interaction_id) for act in records(pages, Interaction)}


def test_account_with_500_posts(server, read, site, capsys):
    """A first run, a run without changes, and one after a like."""
    for number in range(500):
        server.post(number * 89 / 500, likes=1 + number, answers=number % 3)
    costs = []
    first = read()
    costs.append(len(site.requests))
    site.requests.clear()
    later = read(first)
    costs.append(len(site.requests))
    assert len(first) + 3 >= len(later)
    assert not records(later[len(first) :], Tally)
    server.posts[3]["likes"] += 1
    site.requests.clear()
    read(later)
    costs.append(len(site.requests))

    with capsys.disabled():
        sys.stdout.write(f"\n{server.network}, 500 posts and 499 answers; unchanged; one like: {costs} requests\n")
    assert 500 == len([key for key in tallies(first) if key[1] == "like"])
    assert 499 == len(acts(first))
    assert costs[0] <= {"threads": 350, "instagram": 10}[server.network]
    assert costs[1] <= 3
    assert costs[2] <= 4


def test_posts_are_read_one_by_one_where_lists_have_no_counts(server, read):
    """A server that ignores what is asked for inside of a list is asked for each post."""
    post = server.post(3, likes=5, answers=2)
    whole = read()
    server.has_expansion = False

    assert acts(whole) == acts(read())
    assert 5 == tallies(read())[post["id"], "like"]


def test_deleted_answers_and_likes_are_taken_back(server, read):
    """A complete list lacks the answer; its number falls, and so does that of likes."""
    post = server.post(3, likes=5, answers=3)
    first = read()
    gone = next(iter(post["answers"]))
    del post["answers"][gone]
    post["likes"] = 4

    later = read(first)
    assert [gone] == [undone.interaction_id for undone in records(later, Undone)]
    assert 4 == tallies(later)[post["id"], "like"]
    assert len(records(later, Undone)) == len(records(read(later), Undone))


def test_run_that_ends_anywhere_is_resumed(server, read):
    """After an interruption following any page, both runs together read the same."""
    for number in range(12):
        server.post(number, likes=1, answers=number % 4)
    whole = read()

    for stop in range(1, len(whole)):
        pages = read(read(stop=stop))
        assert tallies(whole) == tallies(pages)
        assert acts(whole) == acts(pages)


def test_old_posts_are_read_once_a_week(server, read):
    """A like on a post behind unchanged ones is found by the next run over all of the window."""
    posts = [server.post(number / 2, likes=1) for number in range(150)]
    first = read()
    posts[140]["likes"] = 2

    assert 1 == tallies(read(first, now=NOW + timedelta(days=1)))[posts[140]["id"], "like"]
    assert 2 == tallies(read(first, now=NOW + timedelta(days=7)))[posts[140]["id"], "like"]


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (4, BudgetExceededError, "asks to wait 3600 s"),
        (613, BudgetExceededError, "the requests of this hour are used up"),
        (190, CredentialError, "renown login"),
        (200, CredentialError, "lacks a permission"),
    ],
)
def test_codes_have_the_meaning_that_meta_gives_them(server, client, code, error, message):
    """All errors have the status 400: limits are waited for, tokens concern all accounts that are read with them."""
    server.error = ("", code)
    connector = CONNECTORS[server.network]
    http = client(api=connector.api, token="t0ken", budget=RequestBudget(9, 600))  # noqa: S106 - of a test

    with pytest.raises(error, match=message):
        connector.find(http, "ada", now=NOW)


def test_list_without_permission_is_named_and_the_others_are_read(server, read):
    """Only counted: who answered is in a list that the token may not read."""
    post = server.post(2, likes=3, answers=60)
    server.error = ("/conversation" if server.network == "threads" else "/comments", 10)
    pages = read()

    verb = {"threads": "reply", "instagram": "comment"}[server.network]
    assert "lacks the permission" in str([text for page in pages for text in page.skipped_lists])
    assert 3 == tallies(pages)[post["id"], "like"]
    server.error = None
    assert 60 == len([act for act in acts(read(pages)) if act[0] == verb])


def test_token_reads_its_owner_only(server, client):
    """By name, whatever its capitals; others are told how to sign in."""
    connector = CONNECTORS[server.network]
    http = client(api=connector.api, token="t0ken")  # noqa: S106 - of a test
    assert ADA == connector.find(http, "@Ada", now=NOW).account_id
    with pytest.raises(AccountGoneError, match=f"renown login {server.network}"):
        connector.find(http, "eve", now=NOW)
    with pytest.raises(InvalidInputError, match="is no account of"):
        connector.find(http, "a b", now=NOW)
    with pytest.raises(CredentialError, match="with your own token only"):
        connector.find(client(api=connector.api), "ada", now=NOW)


def test_name_of_exports_is_the_same_account(server, read):
    """Exports know people by their names in lower case, the interface by a number."""
    server.post(1)
    aliases = records(read(), AccountAlias)

    assert {("ada", ADA)} == {(alias.alias_id, alias.account_id) for alias in aliases}


@pytest.fixture
def home(tmp_path, server, site):
    """Return a home whose settings name the local server."""
    network = server.network.upper()
    environment = {
        f"RENOWN_{network}_SERVER": site.url,
        f"RENOWN_{network}_PRIVATE": "true",
        f"RENOWN_{network}_CLIENT_ID": "app",
    }
    create_home(tmp_path / "home")
    return open_home(tmp_path / "home", environment)


def test_token_is_renewed_once_a_week(server, home):
    """A token that was copied from a page is renewed at once, as nobody knows when it expires; then after a week."""
    home.credentials.save(Credential(network=server.network, access_token="t0ken"))  # noqa: S106 - of a test
    connector = CONNECTORS[server.network]
    for _ in range(2):
        with home.client(connector, "ada") as http:
            assert ADA == connector.find(http, "ada", now=NOW).account_id
    assert 1 == server.renewals

    [credential] = home.credentials.all()
    assert "l0ng1" == credential.access_token
    older = {"expires_at": credential.expires_at - 8 * 86_400}
    home.credentials.save(Credential(network=server.network, access_token="l0ng1", **older))  # noqa: S106 - of a test
    home.client(connector, "ada").__exit__()
    assert 2 == server.renewals


def test_sign_in_ends_with_a_token_of_60_days_of_its_owner(server, home, site):
    """The code becomes a token of an hour, that one a token of 60 days, which is stored for whose it is."""
    oauth_server, connector = OAuthServer(site), CONNECTORS[server.network]
    oauth_server.has_pkce = False
    attempt = prepare_login(home, connector, server="", handle="", account_id="")
    attempt = replace(attempt, spec=replace(attempt.spec, token_url="oauth/token"))  # noqa: S106 - a path

    class Browser:
        redirect_uri = "https://localhost/"

        def receive(self, url, _state):
            assert "," in parse_qs(urlsplit(url).query)["scope"][0]
            return parse_qs(urlsplit(oauth_server.allow(url)).query)["code"][0]

    result = log_in(home, attempt, Browser())

    assert (ADA, "l0ng1") == (result.credential.account_id, result.credential.access_token)
    assert [result.credential] == home.credentials.all()
