"""
GitHub: stars, forks, issues and comments on an account's own repositories, with a token or without one.

References
----------
GitHub REST API, version 2022-11-28: "Users", "Repositories", "Starring", "Forks", "Issues", "Pulls", "Search".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import Account, AccountIdentity, Actor, Connector, KnownState, Page, ReadLimits
from renown.connectors.github import api
from renown.connectors.github.accounts import NETWORK, fetch_account, find_account, read_bio, to_profile
from renown.connectors.github.comments import PAGE_SIZE, find_issues, read_comments, to_comments
from renown.connectors.github.run import interrupted_cursor, is_person
from renown.connectors.github.star_history import read_star_history
from renown.connectors.pagination import paginate
from renown.errors import ListUnavailableError

if TYPE_CHECKING:
    from renown.connectors.http import Client

_LAST_PAGE = 400
"""Last page of a list of stars that is given (422 after it)."""


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures, then what others did on its own repositories; an unchanged one costs 3 requests."""
    check = partial(fetch_account, client, f"user/{quote(account.account_id, safe='')}")
    target = check()
    identity = AccountIdentity(display_name=target.name, avatar_url=target.avatar_url)
    yield Page((to_profile(target, now),), identity=identity)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    yield from run.skipper.track_progress(_read_repositories(run, target.login))
    yield run.page(cursor=interrupted_cursor(run) if run.skipper.has_skipped else now.isoformat())


def _read_repositories(run: AccountRun, login: str) -> Iterator[Page]:
    """Read the account's own repositories whose counts changed, or whose issues were updated."""
    issues = find_issues(run, login)
    path = f"users/{quote(login, safe='')}/repos"
    params: dict[str, str | int] = {"type": "owner", "per_page": PAGE_SIZE}
    validator = "" if issues else run.known.validators.get("repositories", "")
    for page in paginate(run.client, path, params, api.REPOSITORIES, validator=validator):
        for repository in run.read_items("repository", page):
            if not repository.fork and repository.full_name:
                parts = _read_repository(run, repository, issues.get(repository.full_name.lower(), []))
                yield run.page(parts, cursor=interrupted_cursor(run))
        # Stored last: an interrupted run reads the list again.
        yield run.page([Page(validators={"repositories": page.validator})])


def _read_repository(
    run: AccountRun, repository: api.GithubRepository, issues: Sequence[api.GithubContribution]
) -> Iterator[Page]:
    post_id = str(repository.id)
    yield Page((run.post(post_id, repository.full_name, repository.html_url, repository.tags),))
    counts = run.changed_counts(post_id, {"star": repository.stargazers_count, "fork": repository.forks_count})
    for verb, count in counts.items():
        acts = run.skipper.fetch_or_skip(verb, post_id, partial(_READERS[verb], run, repository, count))
        if acts is not None:
            yield replace(acts, counts={(post_id, verb): count})
    if issues:
        comments = run.skipper.fetch_or_skip("comment", post_id, partial(read_comments, run, repository))
        yield comments or Page()
        yield to_comments(run, post_id, "issue", issues)


def _read_stars(run: AccountRun, repository: api.GithubRepository, count: int) -> Page:
    """Read who gave stars in the window; where GitHub does not tell, how many there were on each day."""
    try:
        named_stars = _read_named_stars(run, repository, count)
    except ListUnavailableError as error:
        if error.status not in api.HIDDEN_STATUSES:
            raise
        named_stars = None
    return named_stars or read_star_history(run, repository)


def _read_named_stars(run: AccountRun, repository: api.GithubRepository, count: int) -> Page | None:
    """
    Read the stars from the last page back: the list has the oldest first, and no other order.

    A hidden list is empty; None then, so that it undoes no stars.
    """
    stars: dict[int, api.GithubStar] = {}
    page_number = min(-(-count // PAGE_SIZE), _LAST_PAGE)
    is_complete = page_number * PAGE_SIZE >= count
    while page_number and len(stars) < run.limits.max_actors:
        result = run.client.get(
            f"repos/{quote(repository.full_name)}/stargazers",
            {"per_page": PAGE_SIZE, "page": page_number},
            response_type=list[api.GithubStar],
            headers=api.STARS,
            errors=api.SKIP_STARS,
        )
        if not (stars or result.body or result.dropped):
            return None
        run.dropped.extend(f"star {reason}" for reason in result.dropped)
        is_complete = is_complete and not result.dropped
        stars |= {star.user.id: star for star in result.body if star.user}
        page_number -= 1
        if any(star.starred_at < run.known.since for star in result.body):
            break
    acts = [(star.user, star.starred_at) for star in stars.values()]
    return _to_acts(run, repository, "star", acts, is_complete=is_complete, is_whole=not page_number)


def _read_forks(run: AccountRun, repository: api.GithubRepository, _count: int) -> Page:
    """Read the forks of the window, newest first."""
    params: dict[str, str | int] = {"sort": "newest", "per_page": PAGE_SIZE}
    pages = paginate(run.client, f"repos/{quote(repository.full_name)}/forks", params, api.FORKS)
    since, dropped_count = run.known.since, len(run.dropped)
    forks, is_whole = run.read_list("fork", pages, is_enough=lambda fork: (fork.created_at or run.now) < since)
    acts = [(fork.owner, fork.created_at) for fork in forks if fork.created_at]
    return _to_acts(run, repository, "fork", acts, is_complete=len(run.dropped) == dropped_count, is_whole=is_whole)


_READERS = {"star": _read_stars, "fork": _read_forks}


def _to_acts(
    run: AccountRun,
    repository: api.GithubRepository,
    verb: str,
    acts: Iterable[tuple[api.GithubUser | None, datetime]],
    *,
    is_complete: bool,
    is_whole: bool,
) -> Page:
    """Return the acts of the window as a listing that is complete from an instant on."""
    since, limit = run.known.since, run.limits.max_actors
    newest = sorted(((at, user.id, user) for user, at in acts if user and is_person(run, user)), reverse=True)
    recent = [act for act in newest if act[0] >= since][:limit]
    is_all = (is_whole or len(recent) < len(newest)) and len(recent) < limit
    listing = run.listing(
        str(repository.id),
        verb,
        [Actor(str(user.id), min(at, run.now)) for at, _, user in recent],
        at=run.now,
        is_complete=is_complete,
        complete_since=since if is_all or not recent else max(since, recent[-1][0] + timedelta(seconds=1)),
    )
    return Page(tuple(run.names({str(user.id): user.login for _, _, user in recent})), (listing,))


CONNECTOR = Connector(
    network=NETWORK,
    covers=("star", "fork", "comment"),
    example="octocat",
    server_url=lambda _name: "https://api.github.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    profile_urls=("https://github.com/{handle}",),
    icon="M2 3a2 2 0 1 1 3 1.700v6.600a2 2 0 1 1-2 0V4.700A2 2 0 0 1 2 3zm8 1a2 2 0 1 1 3 1.700C13 9 10 10 6 11V9"
    "c3-.6 5-1.300 5-3.300A2 2 0 0 1 10 4z",
    api=api.API,
)
