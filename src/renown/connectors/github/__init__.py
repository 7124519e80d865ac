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
from urllib.parse import quote, urlsplit

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import (
    Account,
    AccountBio,
    AccountIdentity,
    Actor,
    Connector,
    KnownState,
    Link,
    Page,
    ReadLimits,
    clean_count,
)
from renown.connectors.decode import parse_lenient_instant
from renown.connectors.github import api
from renown.connectors.pagination import paginate
from renown.connectors.verification import find_links
from renown.errors import InvalidInputError, ListUnavailableError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "github"
_PAGE_SIZE, _LAST_PAGE, _MAX_RESULTS = 100, 400, 1000
"""Most entries per page, last page of a list of stars that is given (422 after it), and most results of a search."""
_CLOCK_LAG = timedelta(hours=1)
"""How far the server's clock may be behind ours."""
_COMMENT_LISTS = {"issue comment": "issues", "review comment": "pulls"}
"""Kind of a comment to the list that it is in: on an issue or pull request, or on the code of a pull request."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its login, or by the URL of its profile."""
    text = name.strip()
    login = urlsplit(text).path.strip("/") if "://" in text else text.lstrip("@")
    if not (login.isascii() and login.replace("-", "").isalnum()):
        raise InvalidInputError(f"{name!r} is no account of github; write its login, such as octocat")
    return _to_profile(_fetch_account(client, f"users/{login}"), now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures, then what others did on its own repositories; an unchanged one costs 3 requests."""
    check = partial(_fetch_account, client, f"user/{quote(account.account_id, safe='')}")
    target = check()
    identity = AccountIdentity(display_name=target.name, avatar_url=target.avatar_url)
    yield Page((_to_profile(target, now),), identity=identity)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    yield from run.skipper.track_progress(_read_repositories(run, target.login))
    yield run.page(cursor=_interrupted(run) if run.skipper.has_skipped else now.isoformat())


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description, website and links of a profile."""
    details = _fetch_account(client, f"user/{quote(account.account_id, safe='')}")
    path = f"users/{quote(details.login, safe='')}/social_accounts"
    links = client.get(path, response_type=list[api.GithubLink]).body
    urls = [url for url in (details.blog, *(link.url for link in links)) if url]
    return AccountBio(details.bio or "", (*find_links(details.bio or ""), *map(Link, urls)))


def _fetch_account(client: "Client", path: str) -> api.GithubAccount:
    account: api.GithubAccount = client.get(path, response_type=api.GithubAccount, errors=api.GONE).body
    return account


def _to_profile(account: api.GithubAccount, now: datetime) -> Profile:
    return Profile(
        network=NETWORK,
        account_id=str(account.id),
        at=now,
        handle=account.login,
        followers=clean_count(account.followers),
        following=clean_count(account.following),
        posts=clean_count(account.public_repos),
        created_at=account.created_at,
    )


def _last_read_at(run: AccountRun) -> datetime:
    """Return the instant from which on issues and comments are new."""
    finished = parse_lenient_instant(run.known.cursor.partition(" ")[0])
    return max(run.known.since, finished - _CLOCK_LAG) if finished else run.known.since


def _interrupted(run: AccountRun) -> str:
    """Return the cursor of a run that has not read everything; the counts tell how far it came."""
    return f"{_last_read_at(run).isoformat()} interrupted"


def _is_person(run: AccountRun, user: api.GithubUser | None) -> bool:
    """Tell whether somebody else acted, and no program; accounts that were deleted are None."""
    return user is not None and str(user.id) != run.account.account_id and user.type != "Bot"


def _find_issues(run: AccountRun, login: str) -> dict[str, list[api.GithubContribution]]:
    """Find the issues and pull requests that were updated, by the full name of their repository in lower case."""
    query = f"user:{login} (is:issue OR is:pull-request) updated:>={_last_read_at(run):%Y-%m-%dT%H:%M:%SZ}"
    # Without `advanced_search` and a kind of issue, the search is refused to fine-grained tokens ("Search").
    params: dict[str, str | int] = {"q": query, "advanced_search": "true", "sort": "updated", "per_page": _PAGE_SIZE}
    issues: dict[str, list[api.GithubContribution]] = {}
    try:
        for page in paginate(run.client, "search/issues", params, api.ISSUES):
            for issue in run.read_items("issue", page):
                issues.setdefault("/".join(issue.repository_url.split("/")[-2:]).lower(), []).append(issue)
            if not page.has_more and page.body.total_count > _MAX_RESULTS:
                run.problems.append(f"of {page.body.total_count:,} issues the {_MAX_RESULTS:,} updated last were read")
    except ListUnavailableError as error:
        run.skipper.report_refusal("comment", error)
    return issues


def _read_repositories(run: AccountRun, login: str) -> Iterator[Page]:
    """Read the account's own repositories whose counts changed, or whose issues were updated."""
    issues = _find_issues(run, login)
    path = f"users/{quote(login, safe='')}/repos"
    params: dict[str, str | int] = {"type": "owner", "per_page": _PAGE_SIZE}
    validator = "" if issues else run.known.validators.get("repositories", "")
    for page in paginate(run.client, path, params, api.REPOSITORIES, validator=validator):
        for repository in run.read_items("repository", page):
            if not repository.fork and repository.full_name:
                parts = _read_repository(run, repository, issues.get(repository.full_name.lower(), []))
                yield run.page(parts, cursor=_interrupted(run))
        # Stored last: an interrupted run reads the list again.
        yield run.page([Page(validators={"repositories": page.validator})])


def _read_repository(
    run: AccountRun, repository: api.GithubRepository, issues: Sequence[api.GithubContribution]
) -> Iterator[Page]:
    post_id = str(repository.id)
    yield Page((run.post(post_id, repository.full_name, repository.html_url),))
    counts = run.changed_counts(post_id, {"star": repository.stargazers_count, "fork": repository.forks_count})
    for verb, count in counts.items():
        acts = run.skipper.fetch_or_skip(verb, post_id, partial(_READERS[verb], run, repository, count))
        if acts is not None:
            yield replace(acts, counts={(post_id, verb): count})
    if issues:
        comments = run.skipper.fetch_or_skip("comment", post_id, partial(_read_comments, run, repository))
        yield comments or Page()
        yield _to_comments(run, post_id, "issue", issues)


def _read_stars(run: AccountRun, repository: api.GithubRepository, count: int) -> Page:
    """Read the stars of the window, from the last page back: the list has the oldest first, and no other order."""
    stars: dict[int, api.GithubStar] = {}
    page_number = min(-(-count // _PAGE_SIZE), _LAST_PAGE)
    is_complete = page_number * _PAGE_SIZE >= count
    while page_number and len(stars) < run.limits.max_actors:
        result = run.client.get(
            f"repos/{quote(repository.full_name)}/stargazers",
            {"per_page": _PAGE_SIZE, "page": page_number},
            response_type=list[api.GithubStar],
            headers=api.STARS,
            errors=api.SKIP,
        )
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
    params: dict[str, str | int] = {"sort": "newest", "per_page": _PAGE_SIZE}
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
    newest = sorted(((at, user.id, user) for user, at in acts if user and _is_person(run, user)), reverse=True)
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


def _read_comments(run: AccountRun, repository: api.GithubRepository) -> Page:
    """Read the new comments on a repository's issues, and on the code of its pull requests."""
    params: dict[str, str | int] = {"since": f"{_last_read_at(run):%Y-%m-%dT%H:%M:%SZ}", "per_page": _PAGE_SIZE}
    parts: list[Page] = []
    for kind, list_name in _COMMENT_LISTS.items():
        path = f"repos/{quote(repository.full_name)}/{list_name}/comments"
        lists = paginate(run.client, path, params, api.COMMENTS)
        parts += [_to_comments(run, str(repository.id), kind, run.read_items(kind, page)) for page in lists]
    return Page(tuple(record for part in parts for record in part.records))


def _to_comments(run: AccountRun, post_id: str, kind: str, items: Iterable[api.GithubContribution]) -> Page:
    """Return what people wrote as comments on a repository, with their names."""
    recent = [item for item in items if item.created_at >= run.known.since and _is_person(run, item.user)]
    users = [(item, item.user) for item in recent if item.user]
    acts = [run.act(f"{kind} {item.id}", "comment", str(user.id), post_id, item.created_at) for item, user in users]
    return Page((*acts, *run.names({str(user.id): user.login for _, user in users})))


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
