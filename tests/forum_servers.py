"""Servers with state that answer as Hacker News, Stack Exchange and Lemmy document: one account and its posts."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from http_server import reply

if TYPE_CHECKING:
    from datetime import datetime

    from http_server import RequestHandler

MISSING = object()
"""Answer to a path that the server does not have."""


@dataclass
class ForumAnswer:
    """A comment or answer of somebody to a post."""

    number: int
    author: int
    at: datetime


@dataclass
class ForumPost:
    """A post of the account; one with a parent is a comment or an answer."""

    number: int
    at: datetime
    votes: int = 0
    parent: int | None = None
    answers: list[ForumAnswer] = field(default_factory=list)


class Forum:
    """What the three servers share: the account's posts, and how a request is answered."""

    network = account_id = url = ""

    def __init__(self) -> None:
        self.posts: list[ForumPost] = []
        self.fields: dict[str, Any] = {}
        """Fields of the account that replace those that it has."""

    def answer(self, path: str, params: dict[str, str]) -> Any:
        """Return the JSON for a request."""
        raise NotImplementedError

    def __call__(self, request: RequestHandler) -> None:
        """Answer a request; always compressed, as Stack Exchange does."""
        url = urlsplit(request.path)
        params = {name: values[-1] for name, values in parse_qs(url.query).items()}
        body = self.answer(unquote(url.path), params)
        status, text = (404, "{}") if body is MISSING else (200, json.dumps(body))
        request.wfile.write(reply(status, gzip.compress(text.encode(), 1), Content_Encoding="gzip"))

    def fill(self, count: int, now: datetime, answers: int = 1) -> None:
        """Give the account posts in the window, half of them comments or answers, each with votes and answers."""
        for number in range(count):
            at = now - timedelta(days=80 * (number + 1) / count)
            reactions = [
                ForumAnswer(2_000_000 + number * answers + index, index % 50, at + timedelta(minutes=index + 1))
                for index in range(answers)
            ]
            parent = 500_000 + number if number % 2 else None
            self.posts.append(ForumPost(1_000_000 - number, at, number % 7, parent, reactions))


class HackerNewsForum(Forum):
    """Hacker News: its search, and its accounts."""

    network, account_id, url = "hackernews", "ada", "https://news.ycombinator.com/user?id=ada"

    def answer(self, path: str, params: dict[str, str]) -> Any:
        """Return an account, null for nobody, or what a search finds."""
        if path.startswith("/v0/user/"):
            return {"id": "ada", "created": 1336608000, "submitted": [1, 2]} | self.fields if "ada" in path else None
        filters, hits = params["numericFilters"], self._hits(is_own="author_ada" in params["tags"])
        for operator, bound in re.findall(r"created_at_i([<>])(\d+)", filters):
            hits = [hit for hit in hits if (hit["created_at_i"] - int(bound)) * (1 if operator == ">" else -1) > 0]
        if parents := {int(number) for number in re.findall(r"parent_id=(\d+)", filters)}:
            hits = [hit for hit in hits if hit["parent_id"] in parents]
        hits.sort(key=lambda hit: (-hit["created_at_i"], hit["objectID"]))
        return {"hits": hits[: int(params["hitsPerPage"])], "nbHits": len(hits), "page": 0}

    def _hits(self, *, is_own: bool) -> list[dict[str, Any]]:
        if is_own:
            return [
                _hit(post.number, "ada", post.at, post.parent)
                | ({} if post.parent else {"title": "Engines", "points": post.votes + 1, "num_comments": 9})
                for post in self.posts
            ]
        return [
            _hit(answer.number, f"fan{answer.author}", answer.at, post.number)
            for post in self.posts
            for answer in post.answers
        ]


def _hit(number: int, author: str, at: datetime, parent: int | None) -> dict[str, Any]:
    return {
        "objectID": f"{number}",
        "author": author,
        "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "created_at_i": int(at.timestamp()),
        "parent_id": parent,
        "points": None,
    }


class StackExchangeForum(Forum):
    """Stack Exchange: an account on one site; the questions that it answered were asked by user 90."""

    network, account_id, url = "stackexchange", "7@stackoverflow.com", "https://stackoverflow.com/users/7/ada"

    def answer(self, path: str, params: dict[str, str]) -> Any:
        """Return a page of a list."""
        *_, kind = parts = path.removeprefix("/2.3/").split("/")
        numbers = {int(text) for text in parts[1].split(";")} if parts[1].replace(";", "").isdigit() else set()
        if len(parts) == 2:
            items = [self._user()] if parts[0] == "users" and 7 in numbers else []
            items += [_question(number, 90, 0) for number in numbers if parts[0] == "questions"]
        elif parts[0] == "users":
            items = [] if kind == "mentioned" else self._own(has_parent=kind == "answers")
        else:
            items = self._reactions(numbers, "answers" if kind == "answers" else "comments")
        since, until = int(params.get("fromdate", 0)), int(params.get("todate", 2**40))
        items = [item for item in items if "user_id" in item or since <= item["creation_date"] <= until]
        items.sort(key=lambda item: -item["creation_date"])
        size, page = int(params.get("pagesize", 30)), int(params.get("page", 1))
        part = items[size * (page - 1) : size * page]
        return {"items": part, "has_more": len(items) > size * page, "quota_max": 300, "quota_remaining": 200}

    def _user(self) -> dict[str, Any]:
        reputation = 10 * sum(post.votes for post in self.posts)
        return {
            "user_id": 7,
            "display_name": "Ada",
            "reputation": reputation,
            "creation_date": 1336608000,
        } | self.fields

    def _own(self, *, has_parent: bool) -> list[dict[str, Any]]:
        return [
            {"creation_date": int(post.at.timestamp()), "score": post.votes, "owner": {"user_id": 7}}
            | (
                {"answer_id": post.number, "question_id": post.parent, "is_accepted": post.votes > 4}
                if has_parent
                else {"question_id": post.number, "title": "Why?"}
            )
            for post in self.posts
            if (post.parent is not None) == has_parent
        ]

    def _reactions(self, numbers: set[int], kind: str) -> list[dict[str, Any]]:
        return [
            {
                "creation_date": int(answer.at.timestamp()),
                "owner": {"user_id": 100 + answer.author, "display_name": "F"},
            }
            | (
                {"answer_id": answer.number, "question_id": post.number}
                if kind == "answers"
                else {"comment_id": answer.number, "post_id": post.number}
            )
            for post in self.posts
            for answer in post.answers
            if post.number in numbers and (post.parent is None) == (kind == "answers")
        ]


def _question(number: int, author: int, at: int) -> dict[str, Any]:
    owner = {"user_id": author, "display_name": "Asker"}
    return {"question_id": number, "creation_date": at, "title": f"Question {number}", "owner": owner}


class LemmyForum(Forum):
    """Lemmy 0.19: an account with posts and comments, of which a page has fifty each."""

    network, account_id, url = "lemmy", "https://lemmy.example/u/ada", "https://lemmy.example/u/ada"
    token_owner = 1
    """Number of the account whose inbox is shown to requests with a token."""

    def answer(self, path: str, params: dict[str, str]) -> Any:
        """Return the account with a page of what it wrote, or a page of comments."""
        size, page = int(params.get("limit", 10)), int(params.get("page", 1))
        part = slice(size * (page - 1), size * page)
        if path == "/api/v3/comment/list":
            return {"comments": self._comments(params)[part]}
        if path == "/api/v3/user/replies":
            return {"replies": self._replies()[part]}
        if path != "/api/v3/user" or params["username"] != "ada@lemmy.example":
            return MISSING
        texts = [
            [_view(post) for post in self.posts if bool(post.parent) == is_comment] for is_comment in (False, True)
        ]
        person = {"person": _person("ada") | self.fields, "counts": {"post_count": 1, "comment_count": 0}}
        return {"person_view": person, "posts": texts[0][part], "comments": texts[1][part], "moderates": []}

    def _replies(self) -> list[dict[str, Any]]:
        replies = [
            _comment(answer.number, f"fan{answer.author}", answer.at, f"{_path(post)}.{answer.number}")
            | {"post": {"id": _discussion(post), "ap_id": ""}, "recipient": _person("ada") | {"id": self.token_owner}}
            for post in self.posts
            for answer in post.answers
        ]
        return sorted(replies, key=lambda view: view["comment"]["published"], reverse=True)

    def _comments(self, params: dict[str, str]) -> list[dict[str, Any]]:
        number = int(params.get("post_id") or params["parent_id"])
        comments = [
            _comment(answer.number, f"fan{answer.author}", answer.at, f"{_path(post)}.{answer.number}")
            for post in self.posts
            if post.number == number
            for answer in post.answers
        ]
        return sorted(comments, key=lambda view: view["comment"]["published"], reverse=True)


def _person(name: str) -> dict[str, Any]:
    url = f"https://lemmy.example/u/{name}"
    return {"id": 1, "name": name, "actor_id": url, "published": "2023-06-01T00:00:00Z", "deleted": False}


def _path(post: ForumPost) -> str:
    return f"0.{post.parent}.{post.number}" if post.parent else "0"


def _discussion(post: ForumPost) -> int:
    """Return the number of the post that a post or comment is on."""
    return post.number + 10**8 if post.parent else post.number


def _comment(number: int, author: str, at: datetime, path: str) -> dict[str, Any]:
    text = {"id": number, "ap_id": f"https://lemmy.example/comment/{number}", "path": path}
    return {"comment": text | {"published": f"{at:%Y-%m-%dT%H:%M:%S}Z"}, "creator": _person(author)}


def _view(post: ForumPost) -> dict[str, Any]:
    counts = {"upvotes": post.votes + 1, "comments": len(post.answers), "child_count": len(post.answers)}
    if post.parent:
        discussion = {"id": _discussion(post), "ap_id": f"https://lemmy.example/post/{_discussion(post)}"}
        return _comment(post.number, "ada", post.at, _path(post)) | {"counts": counts, "post": discussion}
    text = {"id": post.number, "ap_id": f"https://lemmy.example/post/{post.number}", "name": "Engines"}
    return {"post": text | {"published": f"{post.at:%Y-%m-%dT%H:%M:%S}Z"}, "creator": _person("ada"), "counts": counts}


FORUMS: tuple[type[Forum], ...] = (HackerNewsForum, StackExchangeForum, LemmyForum)
