"""GitHub's connector against a local server with state: conditional requests, rate limits, long lists, undone stars."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import NOON, reply
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.github import CONNECTOR
from renown.connectors.github.api import GithubUser
from renown.connectors.http import RequestBudget
from renown.errors import BudgetExceededError, CredentialError, InvalidInputError
from renown.records import Interaction, Tally

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = Account("7", "Ada")


class Github:
    """A server with one account and one repository; answers are conditional, and limited in number."""

    def __init__(self) -> None:
        self.stars: list[tuple[str, datetime]] = []
        self.comments: list[dict] = []
        self.remaining = 1000
        self.statuses: dict[str, int] = {}
        self.not_modified = 0
        self.hidden_stars: tuple[int, str] | None = None
        """Status and message of the list of stars, for others than collaborators."""
        self.weeks: list[dict] = []

    def repositories(self):
        """Return the list of repositories."""
        counts = {"stargazers_count": len(self.stars), "forks_count": 0}
        return [{"id": 100, "full_name": "Ada/engine", "html_url": "https://github.com/Ada/engine", **counts}]

    def answer(self, path, params):
        """Return the body for a path."""
        if path in {"/user/7", "/users/Ada"}:
            return {"id": 7, "login": "Ada", "followers": 5}
        if path == "/users/Ada/repos":
            return self.repositories()
        if path == "/search/issues":
            assert "(is:issue OR is:pull-request)" in params["q"][0]
            assert ["true"] == params["advanced_search"]
            url = "https://api.github.com/repos/Ada/engine"
            user = {"id": 7, "login": "Ada"}
            issue = {"id": 900, "created_at": "2020-01-01T00:00:00Z", "user": user, "repository_url": url}
            return {"items": [issue] if self.comments else []}
        if "/stargazers" in path and self.hidden_stars:
            return self.weeks if path.endswith("/history") else []
        if path.endswith("/stargazers"):
            page = int(params["page"][0])
            part = self.stars[100 * (page - 1) : 100 * page]
            return [
                {"starred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "user": {"id": int(name[3:]) + 1000, "login": name}}
                for name, at in part
            ]
        return self.comments if path.endswith("issues/comments") else []

    def __call__(self, request):
        """Answer a request: 403 without requests left, 304 if nothing changed."""
        url = urlsplit(request.path)
        reset = {"X_RateLimit_Remaining": f"{max(0, self.remaining - 1)}", "X_RateLimit_Reset": f"{NOON + 120:.0f}"}
        if self.remaining <= 0:
            request.wfile.write(reply(403, b'{"message": "API rate limit exceeded"}', **reset))
            return
        self.remaining -= 1
        if status := self.statuses.get(url.path):
            request.wfile.write(reply(status, b'{"message": "No"}'))
            return
        hidden_status, message = self.hidden_stars or (200, "")
        if url.path.endswith("/stargazers") and hidden_status != 200:
            request.wfile.write(reply(hidden_status, json.dumps({"message": message}).encode()))
            return
        body = json.dumps(self.answer(url.path, parse_qs(url.query))).encode()
        etag = f'W/"{hash(body)}"'
        if request.headers.get("If-None-Match") == etag:
            self.not_modified += 1
            request.wfile.write(reply(304, b"", ETag=etag))
            return
        request.wfile.write(reply(body=body, ETag=etag, **reset))


@pytest.fixture
def github(site):
    """Return the state of the local server."""
    state = Github()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the account with what an earlier run left; it returns the pages."""

    def read_once(pages=(), max_actors=1000, budget=None):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        validators = {name: text for page in pages for name, text in page.validators.items() if text}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(NOW - timedelta(days=90), cursor, counts, validators)
        http = client(api=CONNECTOR.api, **({"budget": budget} if budget else {}))
        return list(CONNECTOR.read(http, ADA, known, ReadLimits(max_actors), now=NOW))

    return read_once


def listings(pages):
    """Return all listings."""
    return [listing for page in pages for listing in page.listings]


def star(number: int, days: float) -> tuple[str, datetime]:
    """Return a star that was given some days ago."""
    return f"fan{number}", NOW - timedelta(days=days)


def test_unchanged_account_costs_three_requests(github, read, site):
    """The list of repositories is requested with its validator, and is not modified."""
    github.stars = [star(1, 3)]
    first = read()
    site.requests.clear()

    second = read(first)

    assert 3 == len(site.requests)
    assert 1 == github.not_modified
    assert [] == listings(second)


def test_new_star_changes_the_list_and_is_read(github, read):
    """After a change the same validator brings the new list."""
    github.stars = [star(1, 3)]
    first = read()
    github.stars.append(star(2, 1))

    [listing] = listings(read(first))

    assert ["1002", "1001"] == [actor.account_id for actor in listing.actors]
    assert listing.complete
    assert listing.complete_since == NOW - timedelta(days=90)


def test_stars_are_read_from_the_last_page_back(github, read, site):
    """Of 950 stars only the pages of the window are read, and the list is complete from its start on."""
    github.stars = [star(number, 400) for number in range(800)] + [star(number, 2) for number in range(800, 950)]

    [listing] = listings(read())

    assert 150 == len(listing.actors)
    assert (NOW - timedelta(days=90), True) == (listing.complete_since, listing.complete)
    pages = [parse_qs(urlsplit(path).query)["page"] for path, _ in site.requests if "stargazers" in path]
    assert [["10"], ["9"], ["8"]] == pages


def test_popular_repository_is_read_up_to_the_limit_of_names(github, read):
    """A million stars cost no more requests than the limit; the list is complete from the oldest one read on."""
    github.stars = [star(number, 80 - number / 10_000) for number in range(30_000)]

    [listing] = listings(read(max_actors=200))

    assert 200 == len(listing.actors)
    assert listing.complete_since == listing.actors[-1].at + timedelta(seconds=1)


def test_stars_beyond_the_last_page_are_incomplete(github, read):
    """Beyond 40,000 stars the newest are not given; nobody is missing from such a list."""
    github.stars = [star(number, 80) for number in range(40_050)]

    [listing] = listings(read(max_actors=100))

    assert not listing.complete


def test_used_up_hour_is_waited_for(github, read, clock):
    """A 403 without requests left is no refusal: the run waits until the reset, by the server's word."""
    github.remaining = 0

    def sleep(seconds):
        clock.now += seconds
        github.remaining = 1000

    clock.sleep = sleep
    assert read()
    assert NOON + 120 <= clock.now


def test_reset_beyond_the_time_of_a_run_ends_it(github, read):
    """The next run continues; the message says why in plain words."""
    github.remaining = 0

    with pytest.raises(BudgetExceededError, match="asks to wait 120 s"):
        read(budget=RequestBudget(100, 60))


def test_expired_token_says_so(github, read):
    """No other account is asked with it in vain."""
    github.statuses["/user/7"] = 401

    with pytest.raises(CredentialError, match="the token is not valid, or has expired"):
        read()


def test_list_that_is_switched_off_is_skipped(github, read):
    """A repository without issues, or one that was blocked, does not end the run; its count is not stored."""
    github.stars = [star(1, 3)]
    github.statuses["/repos/Ada/engine/stargazers"] = 451

    pages = read()

    assert {} == {key: count for page in pages for key, count in page.counts.items()}
    assert "star of '100' and other lists like it are only counted" in "".join(
        text for page in pages for text in page.skipped_lists
    )


@pytest.mark.parametrize(
    ("status", "message"), [(200, ""), (404, "Not Found"), (403, "Resource not accessible by personal access token")]
)
def test_hidden_stars_are_counted_by_day(github, read, status, message):
    """A list that only collaborators may see is refused or empty: it undoes nothing, and the days are read."""
    github.stars = [star(1, 3)]
    first = read()
    github.stars.append(star(2, 1))
    midnight = NOW.replace(hour=0)
    github.hidden_stars = (status, message)
    week = midnight - timedelta(days=5)
    github.weeks = [{"week": int(week.timestamp()), "total": 2, "days": [0, 0, 1, 0, 1, 0, 0]}]

    pages = read(first)

    assert [] == listings(pages)
    assert [(1, midnight - timedelta(days=3)), (1, midnight - timedelta(days=1))] == [
        (record.count, record.at) for page in pages for record in page.records if isinstance(record, Tally)
    ]
    assert 2 == max(page.counts.get(("100", "star"), 0) for page in pages)


def test_comment_of_an_updated_issue_is_read_once(github, read):
    """Comments have ids, so that reading them again adds nothing; programs and oneself do not count."""
    user, bot, own = (GithubUser(*values) for values in ((21, "bob"), (22, "ci[bot]", "Bot"), (7, "Ada")))
    github.comments = [
        {
            "id": number,
            "created_at": f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
            "user": {"id": author.id, "login": author.login, "type": author.type},
        }
        for number, author in enumerate((user, bot, own))
    ]

    acts = [record for page in read() for record in page.records if isinstance(record, Interaction)]

    assert [("issue comment 0", "21", "100")] == [(act.interaction_id, act.actor_id, act.post_id) for act in acts]


def test_comments_that_could_not_be_read_are_read_by_the_next_run(github, read, site):
    """A list of comments is read from an instant on, which stays where it was until the list was read."""
    user = {"id": 21, "login": "bob"}
    github.comments = [{"id": 1, "created_at": f"{NOW - timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}", "user": user}]
    github.statuses["/repos/Ada/engine/issues/comments"] = 500
    first = read()
    assert "will be retried" in str([page.skipped_lists for page in first])

    github.statuses.clear()
    site.requests.clear()
    acts = [record for page in read(first) for record in page.records if isinstance(record, Interaction)]

    assert ["issue comment 1"] == [act.interaction_id for act in acts]


def test_account_that_cannot_be_searched_is_read_nevertheless(github, read):
    """GitHub refuses to search accounts without public repositories; stars and forks need no search."""
    github.stars = [star(1, 3)]
    github.statuses["/search/issues"] = 422

    pages = read()

    assert ["1001"] == [actor.account_id for listing in listings(pages) for actor in listing.actors]
    assert "only counted" in str([page.skipped_lists for page in pages])


@pytest.mark.parametrize("name", ["", "a b", "ada/engine", "https://github.com/ada/engine", "../x", "ä"])
def test_name_that_is_no_login_is_refused(client, name):
    """No request is sent for it."""
    with pytest.raises(InvalidInputError, match="is no account of github"):
        CONNECTOR.find(client(), name, now=NOW)
