"""X's connector against a local server with state: costs, the cap in dollars, resumed runs, sign-in, errors."""

import json
import sys
import webbrowser
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from http_server import NOON, reply
from oauth_server import OAuthServer, visit
from renown import cli
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.http.quota import DOLLAR, QuotaKey, QuotaMeter
from renown.connectors.x import CONNECTOR
from renown.connectors.x.api import PRICES
from renown.errors import (
    AccountGoneError,
    CredentialError,
    InvalidInputError,
    NetworkRefusedError,
    NetworkUnavailableError,
    QuotaExceededError,
)
from renown.home import open_home
from renown.records import Interaction, Tally
from renown.store import QuotaStore, open_database

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = "2244994945"
_EPOCH = 1_288_834_974_657


class X:
    """A server with one account, which lists its posts and mentions newest first and counts what it charges."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now, self.number = now, 0
        self.posts: list[dict] = []
        self.mentions: list[dict] = []
        self.followers = 1583
        self.error: tuple[str, bytes] | None = None
        """Part of a path that fails, with the response."""
        self.charged = 0.0
        """Dollars for what was sent."""

    def _new(self, days: float, author: str, **fields) -> dict:
        at, self.number = self.now - timedelta(days=days), self.number + 1
        post_id = str(((int(at.timestamp() * 1000) - _EPOCH) << 22) + self.number)
        return {"id": post_id, "author_id": author, "created_at": f"{at:%Y-%m-%dT%H:%M:%S.000Z}", **fields}

    def post(self, days: float, likes: int = 0, answers: str = "") -> dict:
        """Write a post some days ago, or a reply to one's own."""
        metrics = {"like_count": likes, "retweet_count": 0, "quote_count": 0, "reply_count": 0}
        own = {"in_reply_to_user_id": ADA, "referenced_tweets": [{"type": "replied_to", "id": answers}]}
        post = self._new(days, ADA, public_metrics=metrics, **(own if answers else {}))
        for parent in self.posts:
            parent["public_metrics"]["reply_count"] += parent["id"] == answers
        self.posts.append(post)
        return post

    def answer_post(self, post: dict, author: str, days: float = 0.5) -> None:
        """Reply to a post."""
        post["public_metrics"]["reply_count"] += 1
        reference = {"in_reply_to_user_id": ADA, "referenced_tweets": [{"type": "replied_to", "id": post["id"]}]}
        self.mentions.append(self._new(days, author, **reference))

    def user(self) -> dict:
        """Return the account."""
        figures = {"followers_count": self.followers, "tweet_count": 2000 + len(self.posts), "listed_count": 31}
        return {"id": ADA, "username": "ada", "created_at": "2013-12-14T04:35:55.000Z", "public_metrics": figures}

    def page(self, posts: list[dict], params: dict[str, str]) -> dict:
        """Return a page of a list, with the bounds that the query names."""
        newest = sorted(posts, key=lambda post: int(post["id"]), reverse=True)
        since, below = int(params.get("since_id", 0)), int(params.get("until_id", 2**63))
        start = params.get("start_time", "")
        items = [post for post in newest if since < int(post["id"]) < below and post["created_at"] >= start]
        offset, size = int(params.get("pagination_token", 0)), int(params["max_results"])
        part, more = items[offset : offset + size], len(items) > offset + size
        self.charged += len(part) * PRICES["post"]
        token = {"next_token": str(offset + size)} if more else {}
        return ({"data": part} if part else {}) | {"meta": {"result_count": len(part), **token}}

    def __call__(self, request):
        """Answer a request."""
        url = urlsplit(request.path)
        params = {key: value[0] for key, value in parse_qs(url.query).items()}
        assert request.headers["Authorization"].startswith("Bearer ")
        if self.error and self.error[0] in url.path:
            request.wfile.write(self.error[1])
        elif url.path.endswith(("/tweets", "/mentions")):
            posts = self.posts if url.path.endswith("/tweets") else self.mentions
            request.wfile.write(reply(body=json.dumps(self.page(posts, params)).encode()))
        elif url.path in {"/2/users/me", "/2/users/by/username/ada", f"/2/users/{ADA}"}:
            self.charged += PRICES["user"]
            request.wfile.write(reply(body=json.dumps({"data": self.user()}).encode()))
        else:
            problem = {"title": "Not Found Error", "detail": "Could not find user with username: [eve]."}
            request.wfile.write(reply(body=json.dumps({"errors": [problem]}).encode()))


@pytest.fixture
def x(site):
    """Return the state of the local server."""
    state = X()
    site.script = [state]
    return state


@pytest.fixture
def meter(tmp_path, clock):
    """Return a function that opens a meter with a cap in dollars; they share a ledger."""
    database = open_database(tmp_path / "store.sqlite")

    def open_meter(dollars):
        limit, quota = round(dollars * DOLLAR), CONNECTOR.api.quota
        key = QuotaKey("x", "api.x.com")
        return QuotaMeter(QuotaStore(database), key, clock=clock.clock, quota=quota, own_limit=limit)

    yield open_meter
    database.dispose()


@pytest.fixture
def read(client):
    """Return a function that reads the account with what earlier runs left; it returns all pages so far."""

    def read_once(pages=(), *, stop=None, meter=None, now=NOW, token="t0ken"):  # noqa: S107 - of a test
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(now - timedelta(days=90), cursor, counts)
        http = client(api=CONNECTOR.api, token=token, meter=meter)
        reader = CONNECTOR.read(http, Account(ADA, "ada"), known, ReadLimits(), now=now)
        result = list(pages)
        try:
            result.extend(page for _, page in zip(range(stop or 10**6), reader, strict=False))
        except QuotaExceededError as error:
            return result, error
        return result, None

    return read_once


def tallies(pages):
    """Return the latest count of each post and verb."""
    records = [record for page in pages for record in page.records if isinstance(record, Tally)]
    return {(tally.post_id, tally.verb): tally.count for tally in records}


def acts(pages):
    """Return the acts with their posts."""
    records = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    return {(act.verb, act.actor_id, act.post_id) for act in records}


def fill(x, posts, mentions):
    """Write posts with likes over the window, and replies of others."""
    for number in range(posts):
        x.post(number * 89 / posts, likes=number % 5)
    for number in range(mentions):
        x.answer_post(x.posts[number % posts], f"{number % 50}", days=number * 80 / mentions)


def test_account_with_500_posts_costs_a_dollar_and_unchanged_three_requests(x, read, site, meter, messages, capsys):
    """What is expected and what was spent is said; only young posts are paid for again."""
    fill(x, 500, 400)
    money = meter(5)
    first, error = read(meter=money)
    costs = [(len(site.requests), x.charged)]
    assert error is None
    assert 400 == len(acts(first))
    assert round(x.charged * DOLLAR) == money.spent
    assert f"(1 user, {round(2500 / (NOW - datetime(2013, 12, 14, 4, 35, 55, tzinfo=UTC)).days * 180)} posts)" in str(
        messages
    )

    x.charged, tomorrow = 0.0, NOW + timedelta(days=1)
    x.now = tomorrow
    site.requests.clear()
    later, _ = read(first, now=tomorrow, meter=meter(5))
    costs.append((len(site.requests), x.charged))
    assert later[len(first) :]
    assert tallies(first) == tallies(later)
    assert "$0.02" in messages[-1]

    figures = ", ".join(f"{requests} requests for ${dollars:.3f}" for requests, dollars in costs)
    with capsys.disabled():
        sys.stdout.write(f"\nX, 500 posts and 400 mentions, then unchanged a day later: {figures}\n")
    assert costs[0][0] == 10
    assert costs[1] == (3, pytest.approx(0.022))


@pytest.mark.parametrize("dollars", [0, 0.05, 0.11, 0.2, 0.333])
def test_cap_is_never_exceeded(x, read, meter, clock, dollars):
    """Whatever it is, each month at most that is spent, over all runs; later months go on until everything is read."""
    fill(x, 150, 120)
    pages = []
    for _month in range(5):
        x.charged = 0.0
        for _ in range(2):
            pages, error = read(pages, meter=meter(dollars))
            assert x.charged <= dollars + 1e-9
            if error:
                assert f"the quota of ${dollars:.3f} per month" in str(error)
                assert "set max_dollars of networks.x" in str(error)
        clock.now += 31 * 86_400
        if dollars < 0.01 + 0.1:
            assert x.charged == 0
    assert (120 if dollars >= 0.01 + 0.1 else 0) == len(acts(pages))


def test_cap_counts_what_another_process_spends(x, read, meter):
    """A page of posts is reserved before it is asked for, and what it did not cost is given back."""
    fill(x, 20, 0)
    other = meter(0.2)
    other.spend(round(0.1 * DOLLAR))

    _, error = read(meter=meter(0.2))

    assert "($0.100 used, this request needs up to $0.110)" in str(error)
    other.refund(round(0.1 * DOLLAR))
    assert read(meter=meter(0.2))[1] is None


def test_failed_requests_cost_nothing_unless_their_answer_is_lost(x, read, meter):
    """An error has no resources; of an incomplete answer nobody knows whether it was charged."""
    fill(x, 20, 0)
    x.error = ("/tweets", reply(500))
    money = meter(5)
    with pytest.raises(NetworkUnavailableError):
        read(meter=money)
    assert round(0.01 * DOLLAR) == money.spent

    x.error = ("/tweets", reply(body=b"{", length=100))
    money = meter(5)
    with pytest.raises(NetworkUnavailableError):
        read(meter=money)
    assert round((0.01 + 5 * 0.1) * DOLLAR) == money.spent


def test_run_that_ends_anywhere_is_resumed_without_paying_twice(x, read):
    """After an interruption following any page, both runs together read the same, and cost one profile more."""
    fill(x, 250, 150)
    thread = x.post(days=40, likes=3)
    for number in range(120):
        x.post(days=30 - number / 10, answers=thread["id"])
    whole, _ = read()
    cost, x.charged = x.charged, 0.0
    assert 0 == whole[2].counts.get((thread["id"], "reply"), 0)

    for stop in range(1, len(whole)):
        pages, _ = read(read(stop=stop)[0])
        assert tallies(whole) == tallies(pages)
        assert acts(whole) == acts(pages)
        # A page is stored before the next one is asked for.
        assert x.charged <= cost + PRICES["user"] + 1e-9
        x.charged = 0.0


def test_counts_that_fall_and_old_posts_are_noticed(x, read):
    """Of young posts in each run, of those of two weeks once a week, of the whole window once in four weeks."""
    posts = {days: x.post(days, likes=9) for days in (1, 9, 40)}
    pages, _ = read()
    seen = {}
    for day in range(1, 29):
        x.now = NOW + timedelta(days=day)
        for post in posts.values():
            post["public_metrics"]["like_count"] = 8
        before = len(pages)
        pages, _ = read(pages, now=x.now)
        for post_id, _ in tallies(pages[before:]):
            seen.setdefault(post_id, day)

    assert {1: 1, 9: 28, 40: 28} | {9: seen[posts[9]["id"]]} == {days: seen[post["id"]] for days, post in posts.items()}
    assert seen[posts[9]["id"]] in {7, 28}


def test_token_of_somebody_else_reads_nothing(x, client):
    """It would cost five times as much; the message says how to sign in."""
    x.post(1, likes=3)
    http = client(api=CONNECTOR.api, token="t0ken")  # noqa: S106 - of a test
    reader = CONNECTOR.read(http, Account("1", "eve"), KnownState(NOW), ReadLimits(), now=NOW)

    with pytest.raises(NetworkRefusedError, match=r"the token is of @ada; to read @eve .* `renown login x`"):
        list(reader)
    assert PRICES["user"] == x.charged


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (
            402,
            {"title": "CreditsDepleted", "type": "https://api.x.com/2/problems/credits"},
            QuotaExceededError,
            "credits",
        ),
        (402, {"title": "Payment Required", "detail": "credits depleted"}, QuotaExceededError, "spending limit"),
        (429, {"title": "UsageCapExceeded", "period": "Monthly"}, QuotaExceededError, "spending limit"),
        (401, {"title": "Unauthorized", "status": 401}, CredentialError, "renown login x"),
        (403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}, CredentialError, "pay-per-use"),
        (403, {"title": "Forbidden", "detail": "You may not."}, NetworkRefusedError, "You may not"),
    ],
)
def test_errors_have_the_meaning_that_x_gives_them(x, client, status, body, error, message):
    """Money that is used up, and tokens, concern all accounts that are read with the app."""
    x.error = ("/users/me", reply(status, json.dumps(body).encode()))
    http = client(api=CONNECTOR.api, token="t0ken")  # noqa: S106 - of a test

    with pytest.raises(error, match=message):
        list(CONNECTOR.read(http, Account(ADA, "ada"), KnownState(NOW), ReadLimits(), now=NOW))


def test_limit_of_requests_is_waited_for(x, read, clock):
    """X says when the quarter of an hour ends."""
    fill(x, 3, 0)
    limited = reply(429, x_rate_limit_remaining="0", x_rate_limit_reset=f"{NOON + 600:.0f}")
    x.error = ("/tweets", limited)

    def sleep(seconds):
        clock.now, x.error = clock.now + seconds, None

    clock.sleep = sleep
    assert read()[1] is None
    assert NOON + 600 <= clock.now < NOON + 610


@pytest.mark.parametrize("name", ["", "a b", "ada/eve", "sixteen_letters_", "ädä"])
def test_name_that_is_no_account_is_refused(client, name):
    """No request is sent, and nothing paid, for it."""
    with pytest.raises(InvalidInputError, match="is no account of x"):
        CONNECTOR.find(client(token="t0ken"), name, now=NOW)  # noqa: S106 - of a test


def test_account_that_is_not_there_or_has_no_token_is_named(x, client):
    """X answers 200 with an error."""
    with pytest.raises(AccountGoneError, match="Could not find user"):
        CONNECTOR.find(client(token="t0ken"), "eve", now=NOW)  # noqa: S106 - of a test
    with pytest.raises(CredentialError, match="renown login x"):
        CONNECTOR.find(client(), "ada", now=NOW)
    assert x.charged == 0


@pytest.fixture
def renown(tmp_path, site, monkeypatch):
    """Return a function that runs a command on a new home whose settings name the local server."""
    monkeypatch.setenv("RENOWN_X_SERVER", site.url)
    monkeypatch.setenv("RENOWN_X_PRIVATE", "true")
    monkeypatch.setenv("RENOWN_X_CLIENT_ID", "app")

    def run(*words):
        result = CliRunner().invoke(cli.app, ["--home", str(tmp_path / "home"), *words])
        return result.output + str(result.exception)

    run("init")
    return run


def test_person_signs_in_and_sees_the_cost_before_and_after(site, renown, tmp_path, monkeypatch):
    """The tokens belong to their owner; the cap of the settings ends the run with its reason, and is remembered."""
    state = X(datetime.now(UTC))
    fill(state, 120, 30)
    site.script = [state]
    server, threads = OAuthServer(site), []
    server.token_path = "/2/oauth2/token"  # noqa: S105 - a path
    server.tokens |= {"expires_in": 7200, "refresh_token": "r3fresh", "scope": "tweet.read users.read offline.access"}
    monkeypatch.setattr(webbrowser, "open", lambda url: threads.append(visit(server.allow(url))))

    assert "stored as x of 2244994945" in renown("login", "x").replace("\n", " ")
    threads[0].join()
    [credential] = open_home(tmp_path / "home", {}).credentials.all()
    assert (ADA, "r3fresh") == (credential.account_id, credential.refresh_token)
    renown("add", "ada", "--x", "https://x.com/ada")
    state.charged = 0.0

    monkeypatch.setenv("RENOWN_X_MAX_DOLLARS", "0.2")
    output = renown("collect").replace("\n", " ")
    assert "expected cost at 127.0.0.1: $0." in output
    assert "cost at 127.0.0.1: $0.110; $0.130 of $0.200 are used in this month" in output
    assert "the quota of $0.200 per month" in output
    assert pytest.approx(0.11) == state.charged

    monkeypatch.setenv("RENOWN_X_MAX_DOLLARS", "1.00")
    summary = json.loads(renown("collect", "--json").splitlines()[-2])
    assert (True, 0.06) == (summary["complete"], summary["dollars"])
