"""
Meta's Graph API: what Threads and Instagram have in common.

References
----------
developers.facebook.com/documentation: "Threads API", "Instagram Platform" (2026-08); Graph API: "Handling Errors",
"Rate Limits", "Paginated Results", "Field Expansion".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Struct, field

from renown.connectors.account_run import AccountRun
from renown.connectors.base import Page, Record, is_valid_id
from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.oauth import LongLivedSpec
from renown.connectors.pagination import ListPage, ListSpec, paginate
from renown.errors import AccountGoneError, CredentialError, InvalidInputError, ListUnavailableError
from renown.records import MAX_ID_BYTES, AccountAlias, Undone

if TYPE_CHECKING:
    from renown.connectors.http import Client

Id = Annotated[str, msgspec.Meta(max_length=MAX_ID_BYTES // 4)]
"""Id that the lake can store, whatever its characters; Meta's are numbers."""
REDIRECT = "https://localhost/"
"""Where people are sent after signing in: Meta demands https. The page need not load; its address has the code."""
_NAME = re.compile(r"[A-Za-z0-9._]{1,30}")
_ANSWER_ID = re.compile(r"\d{1,20}", re.ASCII)
PAGE_SIZE = 100
"""Maximum entries per page."""
_WHOLE_AFTER = timedelta(days=7)
"""How often all posts of the window are read; other runs end at the first page without changes."""
OVERLAP_SECONDS = 86_400
"""How far before the last run new acts are looked for: lists lag behind."""
_RATE_CODES = {"4", "17", "32", "613", "80002"}
"""Limits of the application, the account, the page, the call and the Instagram account."""
SKIP = (
    ErrorRule(action=Action.SKIP, codes={"10", "200", "3"}, reason="the token lacks the permission for it"),
    ErrorRule(action=Action.SKIP, codes={"100"}),
    ErrorRule(action=Action.SKIP, statuses={404}),
    ErrorRule(action=Action.SKIP, text="reduce the amount of data"),
)
"""Lists that a token may lack the permission for, that are too long, and posts that were deleted meanwhile."""


def graph_api(network: str, quota: Quota) -> ApiSpec:
    """Return the conventions of a network on the Graph API, whose errors have a status of 400 and a code."""
    token = f"the token has expired or was withdrawn; sign in with `renown login {network}`, or set a new one"
    return ApiSpec(
        auth_header="",
        auth_param="access_token",
        error_format=ErrorFormat(codes=("error.code",), texts=("error.error_user_msg", "error.message")),
        errors=(
            ErrorRule(action=Action.WAIT, codes=_RATE_CODES, reason="the requests of this hour are used up", wait=3600),
            ErrorRule(action=Action.SIGN_IN, codes={"190", "102"}, reason=token),
            ErrorRule(
                action=Action.SIGN_IN, codes={"10", "200", "3"}, reason="the token lacks a permission; sign in again"
            ),
        ),
        quota=quota,
    )


def long_lived(prefix: str) -> LongLivedSpec:
    """Return how tokens are exchanged and renewed; grants have a prefix for each network."""
    return LongLivedSpec(
        exchange_url="access_token",
        exchange_grant=f"{prefix}_exchange_token",
        renew_url="refresh_access_token",
        renew_grant=f"{prefix}_refresh_token",
    )


class GraphCursors(Struct):
    """Positions in a list."""

    after: str = ""


class GraphPaging(Struct):
    """Where a list goes on; the last page has no `next`."""

    cursors: GraphCursors = field(default_factory=GraphCursors)
    next: str = ""

    @property
    def cursor(self) -> str:
        """Cursor of the next page; empty at the end."""
        return self.cursors.after if self.next else ""


class GraphValue(Struct):
    """A number of an insight."""

    value: int | None = None


class GraphInsight(Struct):
    """A count, by its name."""

    name: str = ""
    values: list[GraphValue] = []
    total_value: GraphValue | None = None

    @property
    def count(self) -> int | None:
        """The number: of the account in `total_value`, of a post in `values`."""
        latest = self.total_value or next(reversed(self.values), None)
        return latest.value if latest else None


class GraphInsights(Struct):
    """Counts of a post or an account."""

    data: list[GraphInsight] = []

    @property
    def counts(self) -> dict[str, int | None]:
        """Counts by their names."""
        return {insight.name: insight.count for insight in self.data}


class GraphAnswer(Struct):
    """A reply or comment; who wrote it has a name only if their account is public."""

    id: Id
    timestamp: datetime
    username: str = ""


class GraphPost(Struct):
    """A post of the account."""

    id: Id
    timestamp: datetime
    permalink: str | None = None
    username: str = ""


class GraphPosition(Struct, omit_defaults=True):
    """How far an account was read; instants are seconds since 1970."""

    whole: int = 0
    """When a run last read all posts of the window."""
    finished: int = 0
    """When the last run ended that read everything."""
    until: int = 0
    """Instant of the post at which a run that has not ended goes on; 0 if there is none."""
    is_whole: bool = False
    """Whether that run reads all posts."""

    def __str__(self) -> str:
        """Return the cursor."""
        return msgspec.json.encode(self).decode()

    def start(self, now: datetime) -> "GraphPosition":
        """Return the position with which a run begins, or goes on."""
        is_due = now.timestamp() - self.whole >= _WHOLE_AFTER.total_seconds()
        return self if self.until else msgspec.structs.replace(self, is_whole=is_due)

    def finish(self, now: datetime, *, is_complete: bool) -> "GraphPosition":
        """Return the position after a run that came to its end; if it skipped a list, the next one reads all posts."""
        seconds = int(now.timestamp())
        whole = seconds if self.is_whole else self.whole
        return GraphPosition(whole=whole if is_complete else 0, finished=seconds)

    def span(self, since: datetime) -> dict[str, str | int]:
        """Return the parameters of the list of posts."""
        until = {"until": self.until + 1} if self.until else {}
        return {"since": int(since.timestamp()), "limit": PAGE_SIZE, **until}


def parse_position(cursor: str) -> GraphPosition:
    """Return the position of a cursor; the start for one that cannot be read."""
    try:
        return msgspec.json.decode(cursor, type=GraphPosition)
    except msgspec.MsgspecError:
        return GraphPosition()


def graph_list(response_type: Any, errors: Sequence[ErrorRule] = ()) -> ListSpec:
    """Return how a list is read page by page."""
    return ListSpec(
        response_type=response_type,
        items=attrgetter("data"),
        item_id=attrgetter("id"),
        cursor=attrgetter("paging.cursor"),
        cursor_param="after",
        errors=errors,
    )


def check_token(client: "Client", network: str) -> None:
    """Check that there is a token; raise `CredentialError` if not."""
    if not client.has_token:
        raise CredentialError(f"{network} is read with your own token only; sign in with `renown login {network}`")


def parse_name(network: str, name: str) -> str:
    """Return the name of an account as people type it, without @; raise `InvalidInputError` if it is none."""
    text = name.strip().lstrip("@")
    if not _NAME.fullmatch(text):
        raise InvalidInputError(f"{name!r} is no account of {network}; write its name, such as @ada")
    return text


def check_owner(network: str, owner: str, name: str) -> None:
    """Check that the token is of the account with a name; raise `AccountGoneError` if not."""
    if owner.lower() != name.lower():
        raise AccountGoneError(
            f"the token is of @{owner}, and reads nobody else; to add @{name}, sign in as @{name} with "
            f"`renown login {network}`"
        )


def name_alias(network: str, name: str, account_id: str, now: datetime) -> list[Record]:
    """Return the name of an account as another id of it, as exports know it and those on whom it acts."""
    # A name of digits may be another account's number.
    is_usable = is_valid_id(name) and not name.isdecimal()
    return [AccountAlias(network=network, alias_id=name.lower(), account_id=account_id, at=now)] if is_usable else []


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
    named = [answer for answer in recent.values() if is_valid_id(answer.username)]
    acts = [run.act(item.id, verb, item.username.lower(), post_id, item.timestamp) for item in named]
    names = run.names({item.username.lower(): item.username for item in named})
    known = {kind for post, kind in run.known.counts if post == post_id and kind.isdecimal()}
    present = {key for key in known if run.known.counts[post_id, key]}
    deleted = sorted(present - recent.keys()) if is_complete else []
    undone = [Undone(run.network, answer_id, run.now) for answer_id in deleted]
    count = len(recent) if is_complete else max(total or 0, len(recent))
    old_total = run.known.counts.get((post_id, f"all_{verb}"), 0)
    tallies = [run.tally(post_id, verb, count, post.timestamp)] if count > len(named) or old_total > count else []
    counts = {(post_id, item.id): 1 for item in named} | {(post_id, answer_id): 0 for answer_id in deleted}
    return Page((*acts, *names, *undone, *tallies), counts={**counts, (post_id, f"all_{verb}"): count})


def mentions_page(run: AccountRun, posts: Iterable[Any], owner: str, since: datetime) -> Page:
    """Return the posts of others that mention or tag the account, by the names of who wrote them."""
    named = [post for post in posts if is_valid_id(post.username) and post.username.lower() != owner.lower()]
    recent = [post for post in named if post.timestamp >= since and is_valid_id(post.id)]
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
