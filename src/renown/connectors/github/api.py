"""GitHub's REST API, version 2022-11-28: what errors mean, models of the JSON without what is not read, and lists."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from msgspec import Struct

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.pagination import ListSpec
from renown.connectors.post_tags import read_tags

STARS = {"Accept": "application/vnd.github.star+json"}
"""Stars with their instants ("Starring")."""
GONE = (ErrorRule(action=Action.GONE, statuses={404}, reason="it was renamed or deleted, or never existed"),)
SKIP = (ErrorRule(action=Action.SKIP, statuses={404, 409, 410, 422, 451}),)
"""Lists that are not given: switched off, deleted meanwhile, too long, blocked, or of a user who cannot be searched."""
SKIP_STARS = (*SKIP, ErrorRule(action=Action.SKIP, statuses={403}, text="not accessible"))
"""Also for a token that may not see who gave stars; other refusals with 403 are rate limits."""
HIDDEN_STATUSES = frozenset({403, 404})
"""Statuses of a list of stars that only a repository's administrators and collaborators may see."""
_LIMIT = "the requests of this hour are used up; without a token there are only 60"
API = ApiSpec(
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    error_format=ErrorFormat(codes=(), texts=("message",)),
    errors=(
        ErrorRule(
            action=Action.WAIT, statuses={403, 429}, headers={"x-ratelimit-remaining": "0"}, reason=_LIMIT, wait=60
        ),
        ErrorRule(action=Action.WAIT, statuses={403, 429}, headers={"retry-after": ""}, reason="too many requests"),
        ErrorRule(action=Action.WAIT, statuses={403, 429}, text="secondary rate limit", wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={401}, reason="the token is not valid, or has expired"),
    ),
    quota=Quota(limit=5000, anonymous_limit=60, per="hour"),
)


class GithubUser(Struct):
    """Who did something."""

    id: int
    login: str = ""
    type: str = "User"


class GithubAccount(GithubUser):
    """An account with its figures and description."""

    followers: int | None = None
    following: int | None = None
    public_repos: int | None = None
    created_at: datetime | None = None
    bio: str | None = None
    blog: str | None = None
    name: str | None = None
    avatar_url: str | None = None


class GithubLink(Struct):
    """A link in a profile."""

    url: str = ""


class GithubRepository(Struct):
    """A repository; of a fork, `owner` and `created_at` tell who forked and when."""

    id: int
    full_name: str = ""
    html_url: str | None = None
    fork: bool = False
    created_at: datetime | None = None
    owner: GithubUser | None = None
    stargazers_count: int | None = None
    forks_count: int | None = None
    language: str | None = None
    topics: Any = None

    @property
    def tags(self) -> tuple[str, ...]:
        """Its main programming language, and the topics that its owner chose."""
        return read_tags([self.language]) + read_tags(self.topics)


class GithubStar(Struct):
    """A star; `user` is null if the account was deleted."""

    starred_at: datetime
    user: GithubUser | None = None


class GithubContribution(Struct):
    """A comment, issue or pull request; `user` is null if the account was deleted."""

    id: int
    created_at: datetime
    user: GithubUser | None = None
    repository_url: str = ""


class GithubSearch(Struct):
    """A page of search results."""

    items: list[GithubContribution]
    total_count: int = 0


_BY_ID = attrgetter("id")
REPOSITORIES = ListSpec(response_type=list[GithubRepository], item_id=_BY_ID)
FORKS = ListSpec(response_type=list[GithubRepository], item_id=_BY_ID, errors=SKIP)
COMMENTS = ListSpec(response_type=list[GithubContribution], item_id=_BY_ID, errors=SKIP)
ISSUES = ListSpec(response_type=GithubSearch, items=attrgetter("items"), item_id=_BY_ID, errors=SKIP)
