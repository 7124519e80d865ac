"""
Threads: who replied to an account and mentioned it, and counts of its posts, with the person's own token.

References
----------
developers.facebook.com/documentation/threads (2026-08): "Retrieve and Discover Posts", "Replies and Conversations",
"Mentions", "Insights", "Long-Lived Access Tokens", "Overview" (rate limits).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import (
    Account,
    AccountBio,
    AccountIdentity,
    Connector,
    KnownState,
    Page,
    ReadLimits,
    clean_count,
    clean_handle,
)
from renown.connectors.graph.api import (
    OVERLAP_SECONDS,
    REDIRECT,
    SKIP,
    check_owner,
    check_token,
    graph_api,
    graph_list,
    long_lived,
    name_alias,
    parse_name,
)
from renown.connectors.graph.models import PAGE_SIZE, GraphInsights, GraphPosition
from renown.connectors.graph.posts import answers_page, list_posts, mentions_page, read_until_unchanged
from renown.connectors.http import Quota
from renown.connectors.oauth import OAuthSpec
from renown.connectors.pagination import paginate
from renown.connectors.threads.models import ThreadsPost, ThreadsPosts, ThreadsReplies, ThreadsUser
from renown.connectors.verification import find_links
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "threads"
_VERSION = "v1.0"
_METRICS = {"likes": "like", "reposts": "repost", "quotes": "quote", "shares": "share", "replies": "reply"}
"""Count of a post to the verb; views are read by no signal."""
_POST_FIELDS = "id,timestamp,permalink,username,media_type"
_INSIGHTS = f"insights.metric({','.join(_METRICS)})"
_REPLY_FIELDS = "id,timestamp,username,replied_to,is_reply_owned_by_me"
_REPOST = "REPOST_FACADE"
"""Kind of a post that is somebody else's."""
_REPLIES = graph_list(ThreadsReplies, SKIP)


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up the account that the token is of, by its name."""
    text = parse_name(NETWORK, name)
    user = _fetch_owner(client)
    check_owner(NETWORK, user.username, text)
    return Profile(network=NETWORK, account_id=user.id, at=now, handle=clean_handle(user.username))


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read the account's posts with replies, its followers, and who mentioned it; 3 requests if unchanged."""
    check_token(client, NETWORK)
    check = partial(client.get, f"{_VERSION}/{account.account_id}", {"fields": "id"}, response_type=ThreadsUser)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    position = GraphPosition.parse(known.cursor).start(now)
    handle = account.handle
    if position.is_whole:
        owner = _fetch_owner(client)
        handle = owner.username
        yield Page(identity=AccountIdentity(display_name=owner.name, avatar_url=owner.threads_profile_picture_url))
    yield from run.skipper.track_progress(_read_posts(run, position))
    yield run.page(run.skip_refused("followers", _read_followers(run, handle)))
    yield run.page(run.skip_refused("mentions", _read_mentions(run, position)))
    yield run.page(cursor=str(position.finish(now, is_complete=not run.skipper.has_skipped)))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description of the account that the token is of."""
    user = _fetch_owner(client)
    if user.id != account.account_id:
        check_owner(NETWORK, user.username, account.handle)
    text = user.threads_biography or ""
    return AccountBio(text, find_links(text))


def _fetch_owner(client: "Client") -> ThreadsUser:
    check_token(client, NETWORK)
    params = {"fields": "id,username,name,threads_profile_picture_url,threads_biography"}
    user: ThreadsUser = client.get(f"{_VERSION}/me", params, response_type=ThreadsUser).body
    return user


def _read_posts(run: AccountRun, position: GraphPosition) -> Iterator[Page]:
    path = f"{_VERSION}/{run.account.account_id}/threads"
    lists = list_posts(run, path, _POST_FIELDS, [_INSIGHTS], position=position, response_type=ThreadsPosts)
    yield from read_until_unchanged(run, position, lists, partial(_read_post, run))


def _read_post(run: AccountRun, post: ThreadsPost) -> Iterator[Page]:
    """Read the counts of a post, and who replied if their number changed."""
    if post.media_type == _REPOST:
        return
    insights = post.insights
    if insights is None and run.is_due(post.id, post.timestamp):
        insights = run.skipper.fetch_or_skip("count", post.id, partial(_fetch_insights, run, post))
        yield run.mark_read(post.id) if insights else Page()
    counts = {
        _METRICS[name]: count for name, count in (insights.counts if insights else {}).items() if name in _METRICS
    }
    changed = run.changed_counts(post.id, counts)
    if not changed:
        return
    tallies = [run.tally(post.id, verb, n, post.timestamp) for verb, n in changed.items() if verb != "reply"]
    known = {(post.id, verb): count for verb, count in changed.items() if verb != "reply"}
    yield Page((run.post(post.id, None, post.permalink), *tallies), counts=known)
    if "reply" in changed:
        replies = run.skipper.fetch_or_skip("reply", post.id, partial(_read_replies, run, post, changed["reply"]))
        yield replies or Page()


def _fetch_insights(run: AccountRun, post: ThreadsPost) -> GraphInsights:
    """Fetch the counts of a post, where they are not included in the list."""
    insights: GraphInsights = run.client.get(
        f"{_VERSION}/{post.id}/insights",
        {"metric": ",".join(_METRICS)},
        response_type=GraphInsights,
        errors=SKIP,
    ).body
    return insights


def _read_replies(run: AccountRun, post: ThreadsPost, total: int) -> Page:
    """Read the replies to a post, and to the account's own replies below it."""
    params: dict[str, str | int] = {"fields": _REPLY_FIELDS, "limit": PAGE_SIZE}
    pages = paginate(run.client, f"{_VERSION}/{post.id}/conversation", params, _REPLIES)
    replies, is_complete = run.read_list("reply", pages)
    own = {post.id, *(reply.id for reply in replies if reply.is_reply_owned_by_me)}
    others = [reply for reply in replies if not reply.is_reply_owned_by_me]
    answers = [reply for reply in others if reply.replied_to is None or reply.replied_to.id in own]
    page = answers_page(run, post, "reply", answers, total=total, is_complete=is_complete)
    return Page(page.records, counts={**page.counts, (post.id, "reply"): total})


def _read_followers(run: AccountRun, handle: str) -> Iterator[Page]:
    """Read the number of followers; whose account it is was known before."""
    insights: GraphInsights = run.client.get(
        f"{_VERSION}/{run.account.account_id}/threads_insights",
        {"metric": "followers_count"},
        response_type=GraphInsights,
        errors=SKIP,
    ).body
    profile = Profile(
        network=NETWORK,
        account_id=run.account.account_id,
        at=run.now,
        handle=clean_handle(handle),
        followers=clean_count(insights.counts.get("followers_count")),
    )
    alias = name_alias(NETWORK, handle, run.account.account_id, run.now)
    yield Page((profile, *alias))


def _read_mentions(run: AccountRun, position: GraphPosition) -> Iterator[Page]:
    """Read who mentioned the account since the last run, newest first."""
    last_run = datetime.fromtimestamp(max(0, position.finished - OVERLAP_SECONDS), UTC)
    since = max(run.known.since, last_run)
    params: dict[str, str | int] = {
        "fields": _REPLY_FIELDS,
        "since": int(since.timestamp()),
        "limit": PAGE_SIZE,
    }
    pages = paginate(run.client, f"{_VERSION}/{run.account.account_id}/mentions", params, _REPLIES)
    posts, _ = run.read_list("mention", pages, is_enough=lambda post: post.timestamp < since)
    yield mentions_page(run, posts, run.account.handle, since)


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "quote", "share", "reply", "mention"),
    anonymous=("like", "repost", "quote", "share"),
    uncertain=("mention",),
    example="@ada",
    server_url=lambda _name: "https://graph.threads.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    terms="Meta's platform terms allow what your own token reads to be shown to you, and to others if you agree",
    api=graph_api(NETWORK, Quota(limit=48_000, per="day")),
    oauth=OAuthSpec(
        authorize_url="https://threads.com/oauth/authorize",
        token_url="oauth/access_token",  # noqa: S106 - a path
        scopes=("threads_basic", "threads_read_replies", "threads_manage_insights", "threads_manage_mentions"),
        scope_separator=",",
        manual_redirect=REDIRECT,
        secret_in_form=True,
        has_pkce=False,
        read_owner=lambda client: _fetch_owner(client).id,
        is_personal=True,
        long_lived=long_lived("th"),
    ),
    profile_urls=(
        "https://www.threads.com/@{handle}",
        "https://www.threads.net/@{handle}",
    ),
    icon="M8 1.500a6.500 6.500 0 1 0 4 11.600l-.8-1a5.200 5.200 0 1 1 2-4.100c0 1.300-.4 1.900-1 1.900s-.9-.5-.9-1.400"
    "V5H10v.6a3.200 3.200 0 1 0 .4 4.700c.4.6 1 .9 1.800.9 1.500 0 2.300-1.200 2.300-3.200A6.500 6.500 0 0 0 8 1.500z"
    "M8 6.100a1.900 1.900 0 1 1 0 3.800 1.900 1.900 0 0 1 0-3.800z",
)
