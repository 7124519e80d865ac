"""
X: who replied to an account, quoted and mentioned it, and its counts, with the person's own app and token.

X charges for each post and account of a response. What an app reads of its owner's account ("owned reads") costs a
fifth of what other accounts cost, so only the token's own account is read, and of it as little as will do.

References
----------
docs.x.com: "Pricing" (2026-09-11), "Response Codes & Errors", "User Post timeline", "User mention timeline", "X IDs".
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import Account, Connector, KnownState, Page, ReadLimits, clean_count
from renown.connectors.oauth import OAuthSpec
from renown.connectors.pagination import paginate
from renown.connectors.post_tags import describe_tagged_posts
from renown.connectors.x.accounts import NETWORK, fetch_user, find_account, read_bio, to_identity, to_profile
from renown.connectors.x.api import API, PAGE_PARAMS, PAGE_SIZE, POSTS, post_instant, post_url
from renown.connectors.x.models import XPosition, XPost, XUser
from renown.errors import NetworkRefusedError
from renown.records import DAY_SECONDS, AccountAlias, Interaction

if TYPE_CHECKING:
    from renown.connectors.http import Client

_MAX_LISTED = 3200
"""Number of posts after which a list of X ends."""


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read the account's figures, the counts of its younger posts, then who wrote to it; 3 requests if unchanged."""
    # Nothing is paid for a profile behind which no post could be read.
    client.check_quota({"user": 1, "post": PAGE_SIZE})
    owner = (fetch := partial(fetch_user, client, "users/me"))()
    if owner.id != account.account_id:
        raise NetworkRefusedError(
            f"the token is of @{owner.username}; to read @{account.handle} with it costs more, and is not done; "
            f"sign in as @{account.handle} with `renown login x`"
        )
    aliases = (
        []
        if owner.username.isdecimal()
        else [AccountAlias(network=NETWORK, alias_id=owner.username, account_id=owner.id, at=now)]
    )
    yield Page((to_profile(owner, now), *aliases), identity=to_identity(owner))
    run = start_run(NETWORK, client, account, known, limits, now=now, check=fetch)
    position = XPosition.parse(known.cursor)
    if not position.days:
        position = replace(position, days=position.choose_days(limits.days, now))
    client.announce_cost({"user": 1, "post": _expect_posts(run, owner, position)})
    yield from run.skipper.track_progress(_read_posts(run, position))


def _expect_posts(run: AccountRun, owner: XUser, position: XPosition) -> int:
    """Estimate how many posts and mentions a run reads: as many as before, or as the account's average says."""
    since = run.now - timedelta(days=position.days)
    known = {post for post, _ in run.known.counts if (post_instant(post) or run.now) >= since}
    age = (run.now - owner.created_at).days if owner.created_at else 0
    average = (clean_count(owner.public_metrics.tweet_count) or 0) / max(age, position.days)
    per_day = len(known) / position.days if run.known.counts else min(average, _MAX_LISTED / position.days)
    mention_days = min(position.days, (run.now.timestamp() - position.finished) / DAY_SECONDS)
    return round(per_day * (position.days + mention_days))


def _read_posts(run: AccountRun, position: XPosition) -> Iterator[Page]:
    """Read the counts of the posts of some days, newest first, then the mentions."""
    since = max(run.known.since, run.now - timedelta(days=position.days))
    own_posts, own_replies = {post for post, _ in run.known.counts}, Counter(position.own_replies)
    params = {"exclude": "retweets", **PAGE_PARAMS, **_span(position, since)}
    if not position.has_posts:
        lists = paginate(run.client, f"2/users/{run.account.account_id}/tweets", params, POSTS)
        for listed in lists:
            posts = [post for post in run.read_items("post", listed) if post_instant(post.id)]
            own_replies.update(
                post.find_reference("replied_to")
                for post in posts
                if post.in_reply_to_user_id == run.account.account_id
            )
            recent = [post for post in posts if post.created_at >= since]
            parts = [_describe_post(run, post, own_replies.pop(post.id, 0)) for post in recent]
            tags_by_post = {post.id: post.hashtags for post in recent}
            parts.append(Page(describe_tagged_posts(NETWORK, run.account.account_id, tags_by_post, run.now)))
            own_posts |= {post.id for post in posts}
            below = min((post.id for post in posts), key=int, default=position.below)
            position = replace(position, below=below, own_replies=dict(own_replies))
            yield run.page(parts, cursor=str(position))
    position = replace(position, has_posts=True, below=position.below if position.has_posts else "", own_replies={})
    yield from _read_mentions(run, position, own_posts)


def _span(position: XPosition, since: datetime) -> dict[str, str]:
    """Return the parameters of a list from an instant on, and below what an interrupted run has read."""
    return {"start_time": f"{since:%Y-%m-%dT%H:%M:%SZ}"} | ({"until_id": position.below} if position.below else {})


def _describe_post(run: AccountRun, post: XPost, own_replies: int) -> Page:
    """Return the counts of a post that changed; the account's replies to itself do not count."""
    figures = post.public_metrics
    replies = None if figures.reply_count is None else max(0, figures.reply_count - own_replies)
    counts = {
        "like": figures.like_count,
        "repost": figures.retweet_count,
        "quote": figures.quote_count,
        "reply": replies,
    }
    changed = run.changed_counts(post.id, counts)
    tallies = [run.tally(post.id, verb, count, post.created_at) for verb, count in changed.items()]
    # A post without reactions is remembered, too: later runs expect to read it again.
    first = {} if (post.id, "like") in run.known.counts else {(post.id, "like"): 0}
    return Page(tuple(tallies), counts=first | {(post.id, verb): count for verb, count in changed.items()})


def _read_mentions(run: AccountRun, position: XPosition, own_posts: set[str]) -> Iterator[Page]:
    """Read who wrote to the account since the last run, newest first."""
    span = _span(position, run.known.since)
    if position.mentions:
        span = {"since_id": position.mentions} | {key: value for key, value in span.items() if key == "until_id"}
    count = 0
    for listed in paginate(run.client, f"2/users/{run.account.account_id}/mentions", {**PAGE_PARAMS, **span}, POSTS):
        posts = [post for post in run.read_items("mention", listed) if post_instant(post.id)]
        acts = [act for post in posts if (act := _to_act(run, post, own_posts))]
        ids = sorted((post.id for post in posts), key=int)
        if ids:
            position = replace(position, newest=position.newest or ids[-1], below=ids[0])
        yield run.page([Page(tuple(acts))], cursor=str(position))
        count += len(posts)
        if count >= run.limits.max_actors:
            break
    yield run.page(cursor=str(position.finish(run.limits.days, run.now)))


def _to_act(run: AccountRun, post: XPost, own_posts: set[str]) -> Interaction | None:
    """Return what somebody else's post does to the account; None if nothing, or to an older post than count."""
    account_id = run.account.account_id
    replied, quoted = post.find_reference("replied_to"), post.find_reference("quoted")
    if not post.author_id or post.author_id == account_id or post.find_reference("retweeted"):
        return None
    if replied and post.in_reply_to_user_id == account_id:
        at = post_instant(replied)
        is_recent = at is not None and at >= run.known.since
        return run.act(post.id, "reply", post.author_id, replied, post.created_at) if is_recent else None
    if quoted in own_posts:
        return run.act(post.id, "quote", post.author_id, quoted, post.created_at)
    return (
        run.act(post.id, "mention", post.author_id, None, post.created_at) if post.names_in_text(account_id) else None
    )


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "repost", "quote", "reply", "mention"),
    anonymous=("like", "repost", "quote"),
    example="@ada",
    server_url=lambda _name: "https://api.x.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    terms="X charges your app for what is read; what is deleted on X must be deleted elsewhere within 24 hours, and "
    "data may not be sold",
    api=API,
    oauth=OAuthSpec(
        authorize_url="https://x.com/i/oauth2/authorize",
        token_url="2/oauth2/token",  # noqa: S106 - a path
        scopes=("tweet.read", "users.read", "offline.access"),
        read_owner=lambda client: fetch_user(client, "users/me").id,
        is_personal=True,
    ),
    profile_urls=("https://x.com/{handle}", "https://twitter.com/{handle}", "https://x.com/i/user/{id}"),
    icon="M2.500 2l4.300 6.100L2.300 14h1.500l3.700-4.900L10.900 14h3L9.200 7.400 13.300 2h-1.500L8.500 6.400 5.500 2z",
    post_time=post_instant,
    post_url=post_url,
)
