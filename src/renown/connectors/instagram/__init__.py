"""
Instagram: who commented on the posts of a professional account, and their counts, with the person's own token.

References
----------
developers.facebook.com/documentation/instagram-platform (2026-08): "Instagram API with Instagram Login", "IG User",
"IG Media", "IG Comment", "Insights", "Refresh Access Token".
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from renown.connectors.account_run import AccountRun, start_run
from renown.connectors.base import (
    Account,
    AccountBio,
    AccountIdentity,
    Connector,
    KnownState,
    Link,
    Page,
    ReadLimits,
    clean_count,
    clean_handle,
)
from renown.connectors.graph.api import (
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
from renown.connectors.graph.models import PAGE_SIZE, GraphPosition
from renown.connectors.graph.posts import answers_page, list_posts, mentions_page, read_until_unchanged
from renown.connectors.http import Quota
from renown.connectors.instagram.models import InstagramComments, InstagramPost, InstagramPosts, InstagramUser
from renown.connectors.oauth import OAuthSpec
from renown.connectors.pagination import paginate
from renown.connectors.verification import find_links
from renown.errors import ListUnavailableError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "instagram"
_VERSION = "v23.0"
_USER_FIELDS = "user_id,username,name,profile_picture_url,followers_count,follows_count,media_count"
_POST_FIELDS = "id,timestamp,permalink,like_count,comments_count"
_SHARES = "insights.metric(shares)"
"""Refused for posts that are older than the professional account; then shares are unknown."""
_COMMENTS = "id,timestamp,username"
_FIRST_COMMENTS = f"comments.limit(50){{{_COMMENTS},replies{{{_COMMENTS}}}}}"
"""Comments inside of the list of posts, for the first run."""
_TAGS = graph_list(InstagramPosts, SKIP)
_COMMENT_LIST = graph_list(InstagramComments, SKIP)


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up the account that the token is of, by its name."""
    text = parse_name(NETWORK, name)
    user = _fetch_owner(client)
    check_owner(NETWORK, user.username, text)
    return _to_profile(user, now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read the account's figures, its posts and who commented on them, and who tagged it; 3 requests if unchanged."""
    user = (check := partial(_fetch_owner, client))()
    if user.account_id != account.account_id:
        check_owner(NETWORK, user.username, account.handle)
    alias = name_alias(NETWORK, user.username, user.account_id, now)
    identity = AccountIdentity(display_name=user.name, avatar_url=user.profile_picture_url)
    yield Page((_to_profile(user, now), *alias), identity=identity)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=check)
    position = GraphPosition.parse(known.cursor).start(now)
    yield from run.skipper.track_progress(_read_posts(run, position, user.username.lower()))
    yield run.page([_read_tags(run, user.username)])
    yield run.page(cursor=str(position.finish(now, is_complete=not run.skipper.has_skipped)))


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and website, and the captions of the newest posts: some tokens do not give the former."""
    owner = _fetch_owner(client)
    if owner.account_id != account.account_id:
        check_owner(NETWORK, owner.username, account.handle)
    posts: InstagramPosts = client.get(
        f"{_VERSION}/me/media", {"fields": "id,timestamp,caption", "limit": 5}, response_type=InstagramPosts
    ).body
    captions = [post.caption or "" for post in posts.data]
    try:
        user = client.get(
            f"{_VERSION}/me", {"fields": "biography,website"}, response_type=InstagramUser, errors=SKIP
        ).body
    except ListUnavailableError:
        user = InstagramUser()
    text = "\n".join([user.biography or "", *captions])
    return AccountBio(text, (*find_links(text), *([Link(user.website)] if user.website else [])))


def _fetch_owner(client: "Client") -> InstagramUser:
    check_token(client, NETWORK)
    user: InstagramUser = client.get(f"{_VERSION}/me", {"fields": _USER_FIELDS}, response_type=InstagramUser).body
    return user


def _to_profile(user: InstagramUser, now: datetime) -> Profile:
    return Profile(
        network=NETWORK,
        account_id=user.account_id,
        at=now,
        handle=clean_handle(user.username),
        followers=clean_count(user.followers_count),
        following=clean_count(user.follows_count),
        posts=clean_count(user.media_count),
    )


def _read_posts(run: AccountRun, position: GraphPosition, owner: str) -> Iterator[Page]:
    inner_lists = [_SHARES] if position.whole else [_SHARES, _FIRST_COMMENTS]
    lists = list_posts(
        run, f"{_VERSION}/me/media", _POST_FIELDS, inner_lists, position=position, response_type=InstagramPosts
    )
    yield from read_until_unchanged(run, position, lists, partial(_read_post, run, owner))


def _read_post(run: AccountRun, owner: str, post: InstagramPost) -> Iterator[Page]:
    """Read the counts of a post, and who commented if their number changed."""
    changed = run.changed_counts(post.id, post.counts)
    if not changed:
        return
    tallies = [run.tally(post.id, verb, n, post.timestamp) for verb, n in changed.items() if verb != "comment"]
    known = {(post.id, verb): count for verb, count in changed.items() if verb != "comment"}
    yield Page((run.post(post.id, None, post.permalink), *tallies), counts=known)
    if "comment" in changed:
        read = partial(_read_comments, run, owner, post, changed["comment"])
        yield run.skipper.fetch_or_skip("comment", post.id, read) or Page()


def _read_comments(run: AccountRun, owner: str, post: InstagramPost, total: int) -> Page:
    """Return who commented on a post, and who replied to comments there, without the account itself."""
    if post.comments and not post.comments.paging.cursor:
        comments, is_complete = list(post.comments.data), True
    else:
        fields = f"{_COMMENTS},replies{{{_COMMENTS}}}"
        params: dict[str, str | int] = {"fields": fields, "limit": PAGE_SIZE}
        comments, is_complete = run.read_list(
            "comment", paginate(run.client, f"{_VERSION}/{post.id}/comments", params, _COMMENT_LIST)
        )
    answers = [answer for comment in comments for answer in (comment, *comment.replies.data)]
    is_complete = is_complete and not any(comment.replies.paging.cursor for comment in comments)
    others = [answer for answer in answers if answer.username.lower() != owner]
    own_count = len(answers) - len(others)
    page = answers_page(run, post, "comment", others, total=max(0, total - own_count), is_complete=is_complete)
    return Page(page.records, counts={**page.counts, (post.id, "comment"): total})


def _read_tags(run: AccountRun, owner: str) -> Page:
    """Read the newest posts of others in which the account is tagged; not every kind of sign-in shows them."""
    params: dict[str, str | int] = {"fields": "id,timestamp,username", "limit": PAGE_SIZE}
    pages = paginate(run.client, f"{_VERSION}/me/tags", params, _TAGS)
    try:
        posts, _ = run.read_list("mention", pages, is_enough=lambda post: post.timestamp < run.known.since)
    except ListUnavailableError:
        return Page()
    return mentions_page(run, posts, owner, run.known.since)


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "share", "comment", "mention"),
    anonymous=("like", "share"),
    uncertain=("mention",),
    example="@ada",
    server_url=lambda _name: "https://graph.instagram.com",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    terms="Meta's platform terms allow what your own token reads to be shown to you, and to others if you agree",
    api=graph_api(NETWORK, Quota(limit=4_800, per="day")),
    oauth=OAuthSpec(
        authorize_url="https://www.instagram.com/oauth/authorize",
        token_url="https://api.instagram.com/oauth/access_token",  # noqa: S106 - an address
        scopes=("instagram_business_basic", "instagram_business_manage_comments", "instagram_business_manage_insights"),
        scope_separator=",",
        manual_redirect=REDIRECT,
        secret_in_form=True,
        has_pkce=False,
        read_owner=lambda client: _fetch_owner(client).account_id,
        is_personal=True,
        long_lived=long_lived("ig"),
    ),
    profile_urls=("https://www.instagram.com/{handle}/", "https://www.instagram.com/{handle}"),
    icon="M5 2h6a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3zm0 1.300A1.700 1.700 0 0 0 3.300 5v6"
    "A1.700 1.700 0 0 0 5 12.700h6a1.700 1.700 0 0 0 1.700-1.700V5A1.700 1.700 0 0 0 11 3.300zM8 5a3 3 0 1 1 0 6 3 3 0"
    " 0 1 0-6zm0 1.300a1.700 1.700 0 1 0 0 3.400 1.700 1.700 0 0 0 0-3.400z",
)
