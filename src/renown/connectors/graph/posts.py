"""Read the posts of an account on Meta's Graph API, and make records of replies, comments and mentions."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from renown.connectors.account_run import AccountRun
from renown.connectors.base import Page
from renown.connectors.graph.api import SKIP, graph_list
from renown.connectors.graph.models import GraphAnswer, GraphPosition, GraphPost
from renown.connectors.pagination import ListPage, paginate
from renown.errors import ListUnavailableError
from renown.records import Undone, is_valid_id

_ANSWER_ID = re.compile(r"\d{1,20}", re.ASCII)


def answers_page(
    run: AccountRun,
    post: "GraphPost",
    verb: str,
    answers: Iterable[GraphAnswer],
    *,
    total: int | None,
    is_complete: bool,
) -> Page:
    """
    Return replies or comments of others to a post, and the number of those without a name.

    Who wrote one is known by name only, so names in lower case are the ids of accounts. The ids of what was read are
    remembered as counts of the post; if a complete list lacks one, it was deleted.

    Parameters
    ----------
    run : AccountRun
    post : GraphPost
    verb : str
    answers : iterable of GraphAnswer
        Of others.
    total : int or None
        Number of all of them as the network counts them.
    is_complete : bool
        Whether the list has all of them.
    """
    post_id = post.id
    recent = {answer.id: answer for answer in answers if _ANSWER_ID.fullmatch(answer.id)}
    authored_answers = [answer for answer in recent.values() if is_valid_id(answer.username)]
    acts = [run.act(item.id, verb, item.username.lower(), post_id, item.timestamp) for item in authored_answers]
    names = run.names({item.username.lower(): item.username for item in authored_answers})
    known = {kind for post, kind in run.known.counts if post == post_id and kind.isdecimal()}
    present = {key for key in known if run.known.counts[post_id, key]}
    deleted = sorted(present - recent.keys()) if is_complete else []
    undone = [Undone(run.network, answer_id, run.now) for answer_id in deleted]
    count = len(recent) if is_complete else max(total or 0, len(recent))
    old_total = run.known.counts.get((post_id, f"all_{verb}"), 0)
    tallies = (
        [run.tally(post_id, verb, count, post.timestamp)] if count > len(authored_answers) or old_total > count else []
    )
    counts = {(post_id, item.id): 1 for item in authored_answers} | {(post_id, answer_id): 0 for answer_id in deleted}
    return Page((*acts, *names, *undone, *tallies), counts={**counts, (post_id, f"all_{verb}"): count})


def mentions_page(run: AccountRun, posts: Iterable[Any], owner: str, since: datetime) -> Page:
    """Return the posts of others that mention or tag the account, by the names of who wrote them."""
    posts_of_others = [post for post in posts if is_valid_id(post.username) and post.username.lower() != owner.lower()]
    recent = [post for post in posts_of_others if post.timestamp >= since and is_valid_id(post.id)]
    acts = [run.act(post.id, "mention", post.username.lower(), None, post.timestamp) for post in recent]
    return Page((*acts, *run.names({post.username.lower(): post.username for post in recent})))


def list_posts(
    run: AccountRun, path: str, fields: str, inner_lists: Sequence[str], *, position: GraphPosition, response_type: Any
) -> Iterator[ListPage]:
    """List the posts of the window with lists inside of them; without these if the network refuses that."""
    span = position.span(run.known.since)
    try:
        query = {"fields": ",".join([fields, *inner_lists]), **span}
        for page in paginate(run.client, path, query, graph_list(response_type, SKIP)):
            yield page
            if page.items:
                span["until"] = min(int(post.timestamp.timestamp()) for post in page.items)
    except ListUnavailableError:
        yield from paginate(run.client, path, {"fields": fields, **span}, graph_list(response_type))


def read_until_unchanged(
    run: AccountRun, position: GraphPosition, lists: Iterable[Any], read_post: Callable[[Any], Iterable[Page]]
) -> Iterator[Page]:
    """Read the pages of the posts, newest first, up to one without changes unless all of the window is due."""
    for listed in lists:
        posts = run.read_items("post", listed)
        is_changed = False
        for post in posts:
            parts = list(read_post(post)) if post.timestamp >= run.known.since else []
            is_changed = is_changed or any(part.counts for part in parts)
            position = msgspec.structs.replace(position, until=int(post.timestamp.timestamp()))
            if parts:
                yield run.page(parts, cursor=str(position))
        if not is_changed and not position.is_whole:
            return
