"""Issues, pull requests and comments on an account's repositories on GitHub."""

from collections.abc import Iterable
from urllib.parse import quote

from renown.connectors.account_run import AccountRun
from renown.connectors.base import Page
from renown.connectors.github import api
from renown.connectors.github.run import is_person, last_read_at
from renown.connectors.pagination import paginate
from renown.errors import ListUnavailableError

PAGE_SIZE = 100
"""Most entries per page."""
_MAX_RESULTS = 1000
"""Most results of a search."""
_COMMENT_LISTS = {"issue comment": "issues", "review comment": "pulls"}
"""Kind of a comment to the list that it is in: on an issue or pull request, or on the code of a pull request."""


def find_issues(run: AccountRun, login: str) -> dict[str, list[api.GithubContribution]]:
    """Find the issues and pull requests that were updated, by the full name of their repository in lower case."""
    query = f"user:{login} (is:issue OR is:pull-request) updated:>={last_read_at(run):%Y-%m-%dT%H:%M:%SZ}"
    # Without `advanced_search` and a kind of issue, the search is refused to fine-grained tokens ("Search").
    params: dict[str, str | int] = {"q": query, "advanced_search": "true", "sort": "updated", "per_page": PAGE_SIZE}
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


def read_comments(run: AccountRun, repository: api.GithubRepository) -> Page:
    """Read the new comments on a repository's issues, and on the code of its pull requests."""
    params: dict[str, str | int] = {"since": f"{last_read_at(run):%Y-%m-%dT%H:%M:%SZ}", "per_page": PAGE_SIZE}
    parts: list[Page] = []
    for kind, list_name in _COMMENT_LISTS.items():
        path = f"repos/{quote(repository.full_name)}/{list_name}/comments"
        lists = paginate(run.client, path, params, api.COMMENTS)
        parts += [to_comments(run, str(repository.id), kind, run.read_items(kind, page)) for page in lists]
    return Page(tuple(record for part in parts for record in part.records))


def to_comments(run: AccountRun, post_id: str, kind: str, items: Iterable[api.GithubContribution]) -> Page:
    """Return what people wrote as comments on a repository, with their names."""
    recent = [item for item in items if item.created_at >= run.known.since and is_person(run, item.user)]
    users = [(item, item.user) for item in recent if item.user]
    acts = [run.act(f"{kind} {item.id}", "comment", str(user.id), post_id, item.created_at) for item, user in users]
    return Page((*acts, *run.names({str(user.id): user.login for _, user in users})))
