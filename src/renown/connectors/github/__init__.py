"""
GitHub: stars, forks, issues and comments on an account's own repositories, with a token or without one.

References
----------
GitHub REST API, version 2022-11-28: "Users", "Repositories", "Starring", "Forks", "Issues", "Pulls", "Search",
"Rate limits for the REST API".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from urllib.parse import quote, urlsplit

from renown.connectors.base import (
    Account,
    AccountBio,
    Actor,
    Connector,
    KnownState,
    Link,
    Listing,
    Page,
    ReadLimits,
    clean_count,
)
from renown.connectors.decode import parse_lenient_instant
from renown.connectors.github.models import (
    GithubAccount,
    GithubContribution,
    GithubLink,
    GithubRepository,
    GithubSearch,
    GithubStar,
    GithubUser,
)
from renown.connectors.http import Action, ApiSpec, Client, ErrorFormat, ErrorRule, Quota
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.connectors.resume import ListSkipper
from renown.connectors.verification import find_links
from renown.errors import InvalidInputError
from renown.records import ActorName, Interaction, PostDetails, Profile

NETWORK = "github"
_PAGE_SIZE, _LAST_PAGE = 100, 400
"""Maximum entries per page ("Using pagination"), and the last page of a list of stars that is given (422 after it)."""
_CLOCK_LAG = timedelta(hours=1)
"""How far the server's clock may be behind ours."""
_STARS = {"Accept": "application/vnd.github.star+json"}
"""Stars with their instants ("Starring")."""
_GONE = (ErrorRule(action=Action.GONE, statuses={404}, reason="it was renamed or deleted, or never existed"),)
_SKIP = (ErrorRule(action=Action.SKIP, statuses={404, 409, 410, 422, 451}),)
"""Lists that a repository does not give: switched off, deleted meanwhile, too long, or blocked."""
_LIMIT = "the requests of this hour are used up; without a token there are only 60"
_API = ApiSpec(
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


_BY_ID = attrgetter("id")
_REPOSITORIES = ListSpec(response_type=list[GithubRepository], item_id=_BY_ID)
_FORKS = ListSpec(response_type=list[GithubRepository], item_id=_BY_ID, errors=_SKIP)
_COMMENTS = ListSpec(response_type=list[GithubContribution], item_id=_BY_ID, errors=_SKIP)
_ISSUES = ListSpec(response_type=GithubSearch, items=attrgetter("items"), item_id=_BY_ID)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What one run of an account shares."""

    client: Client
    target: GithubAccount
    known: KnownState
    max_actors: int
    skipper: ListSkipper
    now: datetime

    @property
    def last_read_at(self) -> datetime:
        """Instant from which on contributions are new."""
        finished = parse_lenient_instant(self.known.cursor.partition(" ")[0])
        return max(self.known.since, finished - _CLOCK_LAG) if finished else self.known.since

    def is_person(self, user: GithubUser | None) -> bool:
        """Tell whether somebody else acted, and no program."""
        return user is not None and user.id != self.target.id and user.type != "Bot"

    def names(self, users: Iterable[GithubUser | None]) -> list[ActorName]:
        """Return the names of people."""
        return [ActorName(NETWORK, str(user.id), user.login, self.now) for user in users if user and user.login]


def find_account(client: Client, name: str, *, now: datetime) -> Profile:
    """Look up an account by its login, or by the URL of its profile."""
    text = name.strip()
    login = urlsplit(text).path.strip("/") if "://" in text else text.lstrip("@")
    if not (login.isascii() and login.replace("-", "").isalnum()):
        raise InvalidInputError(f"{name!r} is no account of github; write its login, such as octocat")
    return _to_profile(_fetch_account(client, f"users/{login}"), now)


def read_account(
    client: Client, account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read an account's figures, then what others did on its own repositories; an unchanged one costs 3 requests."""
    path = f"user/{quote(account.account_id, safe='')}"
    target = _fetch_account(client, path)
    yield Page((_to_profile(target, now),))
    skipper = ListSkipper(partial(_fetch_account, client, path))
    run = _Run(client=client, target=target, known=known, max_actors=limits.max_actors, skipper=skipper, now=now)
    yield from skipper.track_progress(_read_repositories(run))
    yield Page(cursor=now.isoformat())


def read_bio(client: Client, account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description, website and links of a profile."""
    details = _fetch_account(client, f"user/{quote(account.account_id, safe='')}")
    links = client.get(f"users/{quote(details.login, safe='')}/social_accounts", response_type=list[GithubLink]).body
    urls = [url for url in (details.blog, *(link.url for link in links)) if url]
    return AccountBio(details.bio or "", (*find_links(details.bio or ""), *map(Link, urls)))


def _fetch_account(client: Client, path: str) -> GithubAccount:
    account: GithubAccount = client.get(path, response_type=GithubAccount, errors=_GONE).body
    return account


def _to_profile(account: GithubAccount, now: datetime) -> Profile:
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


def _read_repositories(run: _Run) -> Iterator[Page]:
    """Read the account's own repositories whose counts changed, or whose issues were updated."""
    login = quote(run.target.login, safe="")
    query: dict[str, str | int] = {
        "q": f"user:{run.target.login} updated:>={run.last_read_at:%Y-%m-%dT%H:%M:%SZ}",
        "per_page": _PAGE_SIZE,
    }
    issues = list(paginate(run.client, "search/issues", query, _ISSUES))
    updated: dict[str, list[GithubContribution]] = {}
    for issue in (issue for page in issues for issue in page.items):
        updated.setdefault("/".join(issue.repository_url.split("/")[-2:]).lower(), []).append(issue)
    yield from _omissions("issue", issues)
    pages = paginate(
        run.client,
        f"users/{login}/repos",
        {"type": "owner", "per_page": _PAGE_SIZE},
        _REPOSITORIES,
        validator="" if updated else run.known.validators.get("repositories", ""),
    )
    for page in pages:
        for repository in page.items:
            if not repository.fork and repository.full_name:
                yield _read_repository(run, repository, updated.get(repository.full_name.lower(), []))
        yield from _omissions("repository", [page])
        # Stored last: an interrupted run reads the list again.
        yield Page(validators={"repositories": page.validator})


def _read_repository(run: _Run, repository: GithubRepository, issues: Sequence[GithubContribution]) -> Page:
    post = str(repository.id)
    details = PostDetails(
        network=NETWORK,
        account_id=str(run.target.id),
        post_id=post,
        title=repository.full_name,
        url=repository.html_url,
        at=run.now,
    )
    counts = {"star": clean_count(repository.stargazers_count), "fork": clean_count(repository.forks_count)}
    changed = {
        verb: count
        for verb, count in counts.items()
        if count is not None and count != run.known.counts.get((post, verb), 0)
    }
    readers = {"star": _read_stars, "fork": _read_forks}
    parts = {
        verb: run.skipper.fetch_or_skip(verb, post, partial(readers[verb], run, repository, count))
        for verb, count in changed.items()
    }
    comments = run.skipper.fetch_or_skip("comment", post, partial(_read_comments, run, repository)) if issues else None
    pages = [page for page in (*parts.values(), comments, _contributions(run, post, "issue", issues)) if page]
    return Page(
        (details, *dict.fromkeys(record for page in pages for record in page.records)),
        tuple(listing for page in pages for listing in page.listings),
        # Progress for whoever resumes: what was read so far is told by the counts.
        f"{run.last_read_at.isoformat()} interrupted",
        {(post, verb): changed[verb] for verb, part in parts.items() if part},
        skipped_lists=run.skipper.pop_skipped(),
        dropped=tuple(reason for page in pages for reason in page.dropped),
    )


def _read_stars(run: _Run, repository: GithubRepository, count: int) -> Page:
    """Read the stars of the window, from the last page back: the list has the oldest first, and no other order."""
    stars: dict[int, GithubStar] = {}
    dropped: list[str] = []
    page_number = min(-(-count // _PAGE_SIZE), _LAST_PAGE)
    is_complete = page_number * _PAGE_SIZE >= count
    while page_number and len(stars) < run.max_actors:
        result = run.client.get(
            f"repos/{quote(repository.full_name)}/stargazers",
            {"per_page": _PAGE_SIZE, "page": page_number},
            response_type=list[GithubStar],
            headers=_STARS,
            errors=_SKIP,
        )
        dropped += result.dropped
        stars |= {star.user.id: star for star in result.body if star.user}
        page_number -= 1
        if any(star.starred_at < run.known.since for star in result.body):
            break
    acts = [(star.user, star.starred_at) for star in stars.values()]
    return _listing(run, repository, "star", acts, is_complete=is_complete and not dropped, is_whole=not page_number)


def _read_forks(run: _Run, repository: GithubRepository, _count: int) -> Page:
    """Read the forks of the window, newest first."""
    forks: list[GithubRepository] = []
    has_more, dropped = False, list[str]()
    path = f"repos/{quote(repository.full_name)}/forks"
    params: dict[str, str | int] = {"sort": "newest", "per_page": _PAGE_SIZE}
    for page in run.skipper.paginate_within_budget(paginate(run.client, path, params, _FORKS)):
        forks += page.items
        dropped += page.dropped
        has_more = page.has_more
        is_old = any(fork.created_at and fork.created_at < run.known.since for fork in page.items)
        if is_old or len(forks) >= run.max_actors:
            break
    acts = [(fork.owner, fork.created_at) for fork in forks if fork.created_at]
    return _listing(run, repository, "fork", acts, is_complete=not dropped, is_whole=not has_more)


def _listing(
    run: _Run,
    repository: GithubRepository,
    verb: str,
    acts: Iterable[tuple[GithubUser | None, datetime]],
    *,
    is_complete: bool,
    is_whole: bool,
) -> Page:
    """Return the acts of the window as a listing that is complete from an instant on."""
    since = run.known.since
    newest = sorted(((at, user.id, user) for user, at in acts if user and run.is_person(user)), reverse=True)
    recent = [act for act in newest if act[0] >= since][: run.max_actors]
    is_all = (is_whole or len(recent) < len(newest)) and len(recent) < run.max_actors
    complete_since = since if is_all or not recent else max(since, recent[-1][0] + timedelta(seconds=1))
    listing = Listing(
        target_id=str(run.target.id),
        post_id=str(repository.id),
        verb=verb,
        actors=tuple(Actor(str(user.id), min(at, run.now)) for at, _, user in recent),
        complete=is_complete,
        at=run.now,
        complete_since=complete_since,
    )
    return Page(tuple(run.names(user for _, _, user in recent)), (listing,))


def _read_comments(run: _Run, repository: GithubRepository) -> Page:
    """Read the new comments on a repository's issues, and on the code of its pull requests."""
    params: dict[str, str | int] = {"since": f"{run.last_read_at:%Y-%m-%dT%H:%M:%SZ}", "per_page": _PAGE_SIZE}
    parts: list[Page] = []
    for kind, list_name in (("issue comment", "issues"), ("review comment", "pulls")):
        path = f"repos/{quote(repository.full_name)}/{list_name}/comments"
        for page in paginate(run.client, path, params, _COMMENTS):
            parts += [
                _contributions(run, str(repository.id), kind, page.items),
                *_omissions(kind, [page]),
            ]
    return Page(
        tuple(record for part in parts for record in part.records),
        skipped_lists=tuple(text for part in parts for text in part.skipped_lists),
        dropped=tuple(reason for part in parts for reason in part.dropped),
    )


def _contributions(run: _Run, post: str, kind: str, items: Iterable[GithubContribution]) -> Page:
    """Return what people wrote as comments on a repository, with their names."""
    recent = [item for item in items if item.created_at >= run.known.since and run.is_person(item.user)]
    acts = [
        Interaction(
            network=NETWORK,
            interaction_id=f"{kind} {item.id}",
            verb="comment",
            actor_id=str(item.user.id),
            target_id=str(run.target.id),
            post_id=post,
            at=min(item.created_at, run.now),
        )
        for item in recent
        if item.user
    ]
    return Page((*acts, *run.names(item.user for item in recent)))


def _omissions(name: str, pages: Iterable[ListPage]) -> Iterator[Page]:
    """Yield a page about what of a list could not be read, if anything."""
    for page in pages:
        if page.problem or page.dropped:
            dropped = tuple(f"{name} {reason}" for reason in page.dropped)
            yield Page(skipped_lists=(page.problem,) if page.problem else (), dropped=dropped)


CONNECTOR = Connector(
    network=NETWORK,
    covers=("star", "fork", "comment"),
    example="octocat",
    server_url=lambda _name: "https://api.github.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    api=_API,
)
