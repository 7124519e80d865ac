"""Models of the JSON responses of GitHub's REST API, version 2022-11-28; all other fields are ignored."""

from datetime import datetime

from msgspec import Struct


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
