"""Discourse's connector against a local server with state: named likes, answers, hidden profiles, rate limits."""

import json
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from http_server import NOON, reply
from renown.connectors.base import Account, KnownState, ReadLimits
from renown.connectors.discourse import CONNECTOR
from renown.connectors.http import RequestBudget
from renown.errors import AccountGoneError, CredentialError, InvalidInputError, NetworkRefusedError
from renown.records import Interaction, Tally

NOW = datetime.fromtimestamp(NOON, UTC)
ADA = Account("7@forum.example", "ada@forum.example")


class Forum:
    """A server with one account, in the shapes of Discourse's serializers."""

    def __init__(self) -> None:
        self.now = NOW
        self.posts: list[dict] = []
        self.likes: dict[int, list[int]] = {}
        self.user = {"id": 7, "username": "ada", "created_at": "2018-03-01T09:00:00.000Z"}
        self.failures: dict[str, bytes] = {}
        """Path to the response in place of its own one."""

    def post(self, topic: int, user: int = 7, days: float = 1.0, to: int | None = None) -> int:
        """Post in a topic; return the id."""
        number = 1 + sum(post["topic_id"] == topic for post in self.posts)
        post = {"id": 1000 + len(self.posts), "topic_id": topic, "post_number": number, "reply_to_post_number": to}
        at = f"{self.now - timedelta(days=days):%Y-%m-%dT%H:%M:%S.000Z}"
        self.posts.append(post | {"user_id": user, "username": self.name(user), "created_at": at, "post_type": 1})
        return post["id"]

    def name(self, user: int) -> str:
        """Return somebody's name."""
        return "ada" if user == 7 else f"user{user}"

    def to_json(self, post: dict) -> dict:
        """Return a post with its counts."""
        likes = len(self.likes.get(post["id"], []))
        replies = [other for other in self.posts if other["topic_id"] == post["topic_id"]]
        count = sum(other["reply_to_post_number"] == post["post_number"] for other in replies)
        return post | {"reply_count": count, "actions_summary": [{"id": 2, "count": likes}] if likes else []}

    def answer(self, path: str, params: dict[str, list[str]]):  # noqa: PLR0911 - one for each path
        """Return the JSON of a path; None if there is none."""
        own = sorted((post for post in self.posts if post["user_id"] == 7), key=lambda post: post["created_at"])[::-1]
        parts = path.strip("/").removesuffix(".json").split("/")
        match parts:
            case ["u", "ada"]:
                return {"user": self.user}
            case ["u", "ada", "activity"]:
                return [self.to_json(post) for post in own[:50]]
            case ["topics", "created-by", "ada"]:
                topics = [] if "page" in params else [self.topic(post) for post in own if post["post_number"] == 1]
                return {"topic_list": {"topics": topics}}
            case ["user_actions"]:
                start = int(params.get("offset", ["0"])[0])
                return {"user_actions": [self.action(post) for post in own[start : start + 30]]}
            case ["t", topic]:
                posts = [self.to_json(post) for post in self.posts if post["topic_id"] == int(topic)]
                return {"post_stream": {"posts": posts[:20], "stream": [post["id"] for post in posts]}}
            case ["t", _, "posts"]:
                ids = [int(text) for text in params["post_ids[]"]]
                return {"post_stream": {"posts": [self.to_json(post) for post in self.posts if post["id"] in ids]}}
            case ["posts", post_id, "replies"]:
                return self.replies(int(post_id), int(params.get("after", ["1"])[0]))
            case ["post_action_users"]:
                size, page = int(params["limit"][0]), int(params.get("page", ["0"])[0])
                users = self.likes[int(params["id"][0])][size * page : size * (page + 1)]
                return {"post_action_users": [{"id": user, "username": self.name(user)} for user in users]}
        return None

    def action(self, post: dict) -> dict:
        """Return a post in the list of what somebody did; the first of a topic has no id there."""
        post_id = {"post_id": post["id"]} if post["post_number"] > 1 else {}
        return {"action_type": 5 if post_id else 4, **{key: post[key] for key in ("topic_id", "created_at")}, **post_id}

    def topic(self, first: dict) -> dict:
        """Return a topic in a list."""
        count = sum(post["topic_id"] == first["topic_id"] for post in self.posts)
        return {"id": first["topic_id"], "created_at": first["created_at"], "title": "Engines", "posts_count": count}

    def replies(self, post_id: int, after: int) -> list[dict]:
        """Return up to 20 replies to a post."""
        post = next(post for post in self.posts if post["id"] == post_id)
        key = (post["topic_id"], post["post_number"])
        found = [item for item in self.posts if (item["topic_id"], item["reply_to_post_number"]) == key]
        return [self.to_json(item) for item in found if item["post_number"] > after][:20]

    def __call__(self, request):
        """Answer a request."""
        url = urlsplit(request.path)
        if failure := self.failures.get(url.path):
            request.wfile.write(failure)
            return
        answer = self.answer(url.path, parse_qs(url.query))
        status = 404 if answer is None else 200
        body = {"errors": ["Not found"], "error_type": "not_found"} if answer is None else answer
        request.wfile.write(reply(status, json.dumps(body).encode()))


def refusal(status: int, error_type: str, **extras) -> bytes:
    """Return an error response."""
    body = {"errors": ["No."], "error_type": error_type, "extras": extras}
    return reply(status, json.dumps(body).encode())


@pytest.fixture
def forum(site):
    """Return the state of the local server."""
    state = Forum()
    site.script = [state]
    return state


@pytest.fixture
def read(client):
    """Return a function that reads the account with what an earlier run left; it returns the pages."""

    def read_once(pages=(), max_actors=1000, stop=None, days=0.0):
        counts = {key: count for page in pages for key, count in page.counts.items()}
        cursor = next((page.cursor for page in reversed(pages) if page.cursor), "")
        known = KnownState(NOW - timedelta(days=90), cursor, counts)
        now = NOW + timedelta(days=days)
        reader = CONNECTOR.read(
            client(api=CONNECTOR.api, budget=RequestBudget(1000, 3600)), ADA, known, ReadLimits(max_actors), now=now
        )
        return [page for page, _ in zip(reader, range(stop or 10**6), strict=False)]

    return read_once


def likers(pages):
    """Return the post and who liked it, of all lists."""
    return {
        (int(listing.post_id.rpartition("/")[2]), actor.account_id.partition("@")[0])
        for page in pages
        for listing in page.listings
        for actor in listing.actors
    }


def replies(pages):
    """Return the numbers of all replies that were read."""
    records = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    return {int((record.interaction_id or "").rpartition("/")[2]) for record in records}


def test_member_with_500_posts_is_read_topic_by_topic(forum, read, site, capsys):
    """Old posts are found by their topics, once a week; an unchanged account costs three requests."""
    for number in range(500):
        post = forum.post(topic=number % 40, user=7 if number >= 40 else 3, days=85 - number / 6)
        forum.likes[post] = [20, 21] if number % 10 == 0 and number >= 40 else []
    first = read()
    costs = [len(site.requests)]
    site.requests.clear()
    assert set() == likers(read(first))
    costs.append(len(site.requests))
    assert 46 * 2 == len(likers(first))

    old = forum.posts[50]["id"]
    forum.likes[old].remove(20)
    assert set() == likers(read(first, days=6))
    assert {(old, "21")} == likers(read(first, days=7))

    with capsys.disabled():
        sys.stdout.write(f"\nDiscourse: 460 posts in 40 topics: {costs[0]} requests; unchanged: {costs[1]}\n")
    assert costs[0] <= 160
    assert 3 == costs[1]


def test_answers_to_a_topic_and_to_a_post_are_replies(forum, read):
    """Most answers to a topic do not say to which post; those to somebody else, and one's own, do not count."""
    forum.post(topic=1)
    plain = [forum.post(topic=1, user=20 + number) for number in range(30)]
    forum.post(topic=1, user=50, to=2)
    forum.post(topic=1)
    forum.post(topic=2, user=3)
    own = forum.post(topic=2)
    to_own = [forum.post(topic=2, user=60 + number, to=2) for number in range(25)]

    pages = read()

    assert {*plain, *to_own} == replies(pages)
    assert own in {post["id"] for post in forum.posts}


def test_run_that_ends_anywhere_is_resumed(forum, read):
    """After an interruption following any page, the next run reads the rest, and both together the same."""
    for topic in range(3):
        for number in range(5):
            post = forum.post(topic, user=7 if number % 2 == 0 else 3, to=number or None)
            forum.likes[post] = [20, 21, 22]
    whole = read()

    for stop in range(1, len(whole)):
        part = read(stop=stop)
        pages = [*part, *read(part)]
        assert (likers(whole), replies(whole)) == (likers(pages), replies(pages))


def test_hidden_likers_are_counted_and_a_taken_back_like_counts(forum, read):
    """Names may be for members only; the count is public."""
    post = forum.post(topic=1)
    forum.likes[post] = [20, 21, 22]
    forum.failures["/post_action_users.json"] = refusal(403, "invalid_access")

    first = read()
    forum.likes[post].remove(20)

    def counts(pages):
        return [record.count for page in pages for record in page.records if isinstance(record, Tally)]

    assert ([3], [2]) == (counts(first), counts(read(first)))


def test_long_list_of_likes_is_cut_and_counted(forum, read, site):
    """A thousand names cost five requests; the others are counted, and nobody is missing from such a list."""
    post = forum.post(topic=1)
    forum.likes[post] = list(range(100, 5100))

    pages = read()

    [listing] = [listing for page in pages for listing in page.listings]
    assert (1000, False) == (len(listing.actors), listing.complete)
    assert [5000] == [record.count for page in pages for record in page.records if isinstance(record, Tally)]
    assert 5 == sum("post_action_users" in path for path, _ in site.requests)


def test_rate_limit_is_waited_for_as_long_as_the_body_asks(forum, read, clock):
    """Without a header; an upstream proxy sends one instead."""
    forum.failures["/u/ada.json"] = refusal(429, "rate_limit", wait_seconds=17)

    def sleep(seconds):
        clock.now += seconds
        forum.failures.clear()

    clock.sleep = sleep
    assert read()
    assert NOON + 17 == pytest.approx(clock.now, abs=2)


@pytest.mark.parametrize(
    ("path", "failure", "error", "message"),
    [
        ("/u/ada.json", refusal(404, "not_found"), AccountGoneError, "hidden from guests"),
        ("/u/ada.json", refusal(403, "not_logged_in"), CredentialError, "for members only"),
    ],
)
def test_server_or_account_that_hides_says_so(forum, read, path, failure, error, message):
    """In the words of the network."""
    forum.failures[path] = failure

    with pytest.raises(error, match=message):
        read()


def test_server_without_lists_of_the_newest_is_read_by_what_somebody_did(forum, read):
    """Each run reads all posts and topics of the window; what is refused is said."""
    forum.likes[forum.post(topic=1)] = [20]
    answer = forum.post(topic=1, user=3)
    forum.likes[forum.post(topic=2, user=3)] = [22]
    forum.likes[forum.post(topic=2)] = [21]
    whole = read()
    forum.failures = dict.fromkeys(("/u/ada/activity.json", "/topics/created-by/ada.json"), refusal(404, "not_found"))

    pages = read()

    assert {answer} == replies(pages)
    assert likers(whole) == likers(pages) != set()
    said = str([page.skipped_lists for page in pages])
    assert "the list of newest posts was not read" in said
    assert "the list of topics was not read" in said


def test_hidden_profile_is_refused_in_plain_words(forum, read):
    """The server tells guests no more than that it is hidden."""
    forum.user["profile_hidden"] = True

    with pytest.raises(NetworkRefusedError, match="hides the profile from guests"):
        read()


def test_name_of_another_account_is_not_taken_for_the_claimed_one(forum, read):
    """After a rename somebody else may have the name."""
    forum.user["id"] = 8

    with pytest.raises(AccountGoneError, match="is another account now"):
        read()


@pytest.mark.parametrize(
    "name", ["", "ada", "a b@forum.example", "ada@", "ada@forum.example/../x", "https://forum.example/t/1"]
)
def test_name_without_a_server_is_refused(client, name):
    """No request is sent for it."""
    with pytest.raises(InvalidInputError, match="is no account of discourse"):
        CONNECTOR.find(client(), name, now=NOW)


@pytest.mark.parametrize(
    ("name", "url"),
    [("ada@Forum.example", "https://forum.example"), ("@ada@a.example/forum", "https://a.example/forum")],
)
def test_name_tells_the_server(name, url):
    """A server may be in a folder of its host."""
    assert url == CONNECTOR.server_url(name)
