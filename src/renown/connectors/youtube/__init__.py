"""
YouTube: likes of an account's videos as counts, and who commented on them, with an API key.

References
----------
YouTube Data API v3: "Channels", "PlaylistItems", "Videos", "CommentThreads", "Comments", "Errors", "Quota Calculator".
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from renown.connectors.account_names import invalid_name_error
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
)
from renown.connectors.pagination import paginate
from renown.connectors.post_tags import read_tags
from renown.connectors.verification import find_links
from renown.connectors.youtube import models
from renown.connectors.youtube.api import API, REPLIES, THREADS, UPLOADS
from renown.errors import AccountGoneError, ListUnavailableError
from renown.records import Profile, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "youtube"
_VIDEOS_PER_PAGE, _COMMENTS_PER_PAGE = 50, 100
"""Maximum page sizes ("PlaylistItems: list" and "CommentThreads: list", `maxResults`; "Videos: list" takes 50 ids)."""
_MAX_COMMENT_LISTS = 10
"""Videos with new comments up to which each is read by itself; of more, the comments on all of the channel are read."""
_MAX_REPLY_LISTS = 5
"""Comments of one list whose further replies are read, those with most replies first; the others are counted."""
_NAMES = {
    "id": re.compile(r"(?P<name>UC[a-zA-Z0-9_-]{22})"),
    "forUsername": re.compile(r"user/(?P<name>\w+)"),
    "forHandle": re.compile(r"(?P<name>@?[\w.·-]{3,30})"),
}
"""Filter of "Channels: list" to the names that people type for it."""
_PATHS = (
    "@{handle}",
    "@{handle}/{page:[^?#]+}",
    "channel/{id:UC[a-zA-Z0-9_-]{22}}",
    "channel/{id:UC[a-zA-Z0-9_-]{22}}/{page:[^?#]+}",
    "{handle:user/[^/?#]+}",
    "{handle:user/[^/?#]+}/{page:[^?#]+}",
    "c/{handle}",
    "c/{handle}/{page:[^?#]+}",
    "{handle:(?!(?:watch|playlist|feed|shorts|results|embed|live|hashtag|gaming|premium|about|account)$)[^/?#]+}",
)
"""Other forms of the address of a channel; names of the forms /c/NAME and /NAME became its handle."""
_VIDEO_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_INTERRUPTED = "interrupted"
"""Cursor of a run that has not read everything; the counts tell how far it came."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up a channel by its handle, its id, or ``user/NAME``."""
    return _to_profile(_fetch_channel(client, _parse_name(name)), now)


def read_account(
    client: "Client", account: Account, known: KnownState, limits: ReadLimits, *, now: datetime
) -> Iterator[Page]:
    """Read a channel's figures, then the counts of its videos and who commented; if unchanged, by 3 requests."""
    channel = (fetch := partial(_fetch_channel, client, {"id": account.account_id}))()
    snippet = channel.snippet
    identity = AccountIdentity(display_name=snippet.title, avatar_url=snippet.thumbnails.medium.url)
    yield Page((_to_profile(channel, now),), identity=identity)
    run = start_run(NETWORK, client, account, known, limits, now=now, check=fetch)
    views = run.changed_counts(channel.id, {"view": channel.statistics.view_count})
    uploads = channel.content_details.related_playlists.uploads
    yield from run.skipper.track_progress(_read_videos(run, uploads, is_unseen=not views))
    yield Page(cursor=now.isoformat(), counts={(channel.id, verb): count for verb, count in views.items()})


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description of a channel; the links beside it are not part of the API."""
    text = _fetch_channel(client, {"id": account.account_id}).snippet.description
    return AccountBio(text, find_links(text))


def _parse_name(name: str) -> dict[str, str]:
    """Return the filter of "Channels: list" for what people type."""
    for channel_filter, pattern in _NAMES.items():
        if match := pattern.fullmatch(name.strip()):
            return {channel_filter: match["name"]}
    raise invalid_name_error(NETWORK, name, "its handle, such as @ada, or the address of its channel")


def _fetch_channel(client: "Client", channel_filter: dict[str, str]) -> models.YoutubeChannel:
    params = {"part": "snippet,statistics,contentDetails", **channel_filter}
    page: models.YoutubeChannelPage = client.get("channels", params, response_type=models.YoutubeChannelPage).body
    if not page.items:
        raise AccountGoneError(f"youtube has no channel {next(iter(channel_filter.values()))!r}, or no longer")
    return page.items[0]


def _to_profile(channel: models.YoutubeChannel, now: datetime) -> Profile:
    figures, handle = channel.statistics, channel.snippet.custom_url
    return Profile(
        network=NETWORK,
        account_id=channel.id,
        at=now,
        handle=handle if is_valid_id(handle) else channel.id,
        followers=None if figures.hidden_subscriber_count else clean_count(figures.subscriber_count),
        posts=clean_count(figures.video_count),
        created_at=channel.snippet.published_at,
    )


def _read_videos(run: AccountRun, uploads: str, *, is_unseen: bool) -> Iterator[Page]:
    """Read the counts of the videos of the window, newest first, then the comments of those that have new ones."""
    commented: list[models.YoutubeVideo] = []
    params: dict[str, str | int] = {"part": "contentDetails", "playlistId": uploads, "maxResults": _VIDEOS_PER_PAGE}
    try:
        for listed in paginate(run.client, "playlistItems", params, UPLOADS):
            details = [item.content_details for item in run.read_items("video", listed)]
            published = {item.video_id: item.video_published_at for item in details if item.video_published_at}
            videos = _fetch_videos(run, [video_id for video_id, at in published.items() if at >= run.known.since])
            likes = run.page([_to_likes_page(run, video) for video in videos], cursor=_INTERRUPTED)
            commented += [video for video in videos if "comment" in run.changed_counts(video.id, video.counts)]
            yield likes
            # Whoever reacts sees the video: without new views of the channel, nothing older changed either.
            if (is_unseen and not (likes.counts or commented)) or any(
                at < run.known.since for at in published.values()
            ):
                break
    except ListUnavailableError:
        return  # A channel without videos has no such list.
    if len(commented) > _MAX_COMMENT_LISTS:
        yield from _read_comments(run, {"allThreadsRelatedToChannelId": run.account.account_id}, commented)
    else:
        for video in commented:
            yield from _read_comments(run, {"videoId": video.id}, [video])


def _fetch_videos(run: AccountRun, video_ids: Sequence[str]) -> list[models.YoutubeVideo]:
    if not (usable_ids := list(filter(_VIDEO_ID.fullmatch, video_ids))):
        return []
    params = {"part": "snippet,statistics", "id": ",".join(usable_ids)}
    result = run.client.get("videos", params, response_type=models.YoutubeVideoPage)
    run.dropped.extend(f"video {reason}" for reason in result.dropped)
    return [video for video in result.body.items if video.id in usable_ids]


def _to_likes_page(run: AccountRun, video: models.YoutubeVideo) -> Page:
    likes = run.changed_counts(video.id, video.counts).get("like")
    if likes is None:
        return Page()
    tally = run.tally(video.id, "like", likes, video.snippet.published_at)
    post = run.post(video.id, video.snippet.title, post_url(video.id), read_tags(video.snippet.tags))
    return Page((post, tally), counts={(video.id, "like"): likes})


def _read_comments(run: AccountRun, query: dict[str, str | int], videos: list[models.YoutubeVideo]) -> Iterator[Page]:
    """Read a list of comments on some videos; yield who wrote them, and how many there are in all."""
    read = partial(_fetch_threads, run, query, min(video.snippet.published_at for video in videos))
    threads = run.skipper.fetch_or_skip("comment", str(next(iter(query.values()))), read)
    yield run.page()
    if threads is None:
        return
    comments: dict[str, dict[str, models.YoutubeComment]] = {video.id: {} for video in videos}
    for thread in threads:
        on_video = comments.get(thread.snippet.video_id or str(query.get("videoId", "")), {})
        for comment in (thread.snippet.top_level_comment, *thread.replies.comments):
            if comment.author or comment.id not in on_video:  # one of two copies may lack its author
                on_video[comment.id] = comment
    is_own = [item.author == run.account.account_id for on_video in comments.values() for item in on_video.values()]
    own_share = sum(is_own) / len(is_own) if is_own else 0.0
    yield from (_to_comments_page(run, video, list(comments[video.id].values()), own_share) for video in videos)


def _fetch_threads(run: AccountRun, query: dict[str, str | int], since: datetime) -> list[models.YoutubeThread]:
    """Fetch comments newest first, up to the limit of names, with all replies to those that have most of them."""
    threads: list[models.YoutubeThread] = []
    params = {"part": "snippet,replies", "order": "time", "maxResults": _COMMENTS_PER_PAGE, **query}
    try:
        pages = paginate(run.client, "commentThreads", params, THREADS)
        threads, _ = run.read_list("comment", pages, is_enough=lambda thread: thread.published_at < since)
        for thread in sorted(threads, key=attrgetter("unread_replies", "id"), reverse=True)[:_MAX_REPLY_LISTS]:
            params = {"part": "snippet", "parentId": thread.id, "maxResults": _COMMENTS_PER_PAGE}
            pages = paginate(run.client, "comments", params, REPLIES) if thread.unread_replies else iter(())
            thread.replies.comments.extend(run.read_list("reply", pages)[0])
    except ListUnavailableError as error:
        run.skipper.report_refusal("comment", error)
    return threads


def _to_comments_page(
    run: AccountRun, video: models.YoutubeVideo, comments: list[models.YoutubeComment], own: float
) -> Page:
    """Return the comments of others by name, and the count of all; of unread ones the share `own` is left out."""
    count = clean_count(video.statistics.comment_count) or 0
    others = [comment for comment in comments if comment.author != run.account.account_id]
    authored_comments = [comment for comment in others if is_valid_id(comment.author) and is_valid_id(comment.id)]
    acts = [
        run.act(comment.id, "comment", comment.author, video.id, comment.snippet.published_at)
        for comment in authored_comments
    ]
    names = run.names({comment.author: comment.snippet.author_display_name for comment in authored_comments})
    total = len(others) + round(max(0, count - len(comments)) * (1 - own))
    tally = run.tally(video.id, "comment", total, video.snippet.published_at)
    return Page((*acts, *names, tally), cursor=_INTERRUPTED, counts={(video.id, "comment"): count})


def post_url(video_id: str) -> str | None:
    """Return the URL of a video."""
    return f"https://www.youtube.com/watch?v={video_id}" if _VIDEO_ID.fullmatch(video_id) else None


CONNECTOR = Connector(
    network=NETWORK,
    covers=("like", "comment"),
    anonymous=("like",),
    example="@ada",
    server_url=lambda _name: "https://www.googleapis.com/youtube/v3",
    find=find_account,
    read=read_account,
    read_bio=read_bio,
    terms="data of channels that are not yours may be kept for 30 days unless it is read again, and a score computed "
    "from them for others needs YouTube's approval as a derived metric; for your own channel it is your own matter",
    api=API,
    post_url=post_url,
    profile_urls=(
        "https://www.youtube.com/@{handle}",
        "https://www.youtube.com/channel/{id:UC[a-zA-Z0-9_-]{22}}",
        *(f"https://{host}youtube.com/{path}" for host in ("", "m.", "music.") for path in _PATHS),
    ),
    icon="M3 3h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm3.500 2.500v5L11 8z",
)
