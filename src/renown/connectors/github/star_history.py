"""
Stars of each day, of repositories whose list of stars GitHub does not give.

Since July 2026, only a repository's administrators and collaborators are told who gave a star; others get 404, 403 or
an empty list. How many stars there were on each day is public.

References
----------
GitHub REST API, version 2026-03-10: "Starring", ``/repos/{owner}/{repo}/stargazers/history``: weeks, newest first.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct

from renown.connectors.account_run import AccountRun
from renown.connectors.base import Page, clean_count
from renown.connectors.github import api
from renown.records import PostDetails, Tally

_WEEKS_PER_PAGE = 30
_HEADERS = {"X-GitHub-Api-Version": "2026-03-10"}


class GithubStarWeek(Struct):
    """A week: when it begins, and the stars of each of its days."""

    week: Annotated[datetime, Meta(tz=True)]
    days: list[int] = []


def read_star_history(run: AccountRun, repository: api.GithubRepository) -> Page:
    """Read the stars of each day of the window; the day is part of the post's id, so that each day ages by itself."""
    records: list[PostDetails | Tally] = []
    page_number, has_more = 1, True
    while has_more:
        result = run.client.get(
            f"repos/{quote(repository.full_name)}/stargazers/history",
            {"per_page": _WEEKS_PER_PAGE, "page": page_number},
            response_type=list[GithubStarWeek],
            headers=_HEADERS,
            errors=api.SKIP,
        )
        run.dropped.extend(f"week of stars {reason}" for reason in result.dropped)
        weeks: list[GithubStarWeek] = result.body
        records += [record for week in weeks for record in _describe_days(run, repository, week)]
        has_more = len(weeks) >= _WEEKS_PER_PAGE and all(week.week > run.known.since for week in weeks)
        page_number += 1
    return Page(tuple(records))


def _describe_days(
    run: AccountRun, repository: api.GithubRepository, week: GithubStarWeek
) -> Iterator[PostDetails | Tally]:
    for number, count in enumerate(week.days[:7]):
        day = week.week + timedelta(days=number)
        if clean_count(count) and run.known.since - timedelta(days=1) < day <= run.now:
            post_id = f"{repository.id}/{day:%Y-%m-%d}"
            yield run.post(post_id, repository.full_name, repository.html_url, repository.tags)
            yield run.tally(post_id, "star", count, day)
