"""Models of the JSON responses of the YouTube Data API v3; all other fields are ignored. Counts are sent as text."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class _Part(Struct, rename="camel", frozen=True):
    """A part of a resource."""


class YoutubeThumbnail(_Part, frozen=True):
    """A picture in one size."""

    url: str | None = None


class YoutubeThumbnails(_Part, frozen=True):
    """A channel's picture; the sizes are 88, 240 and 800 pixels."""

    medium: YoutubeThumbnail = YoutubeThumbnail()


class YoutubeChannelSnippet(_Part, frozen=True):
    """What a channel says about itself."""

    title: str | None = None
    thumbnails: YoutubeThumbnails = YoutubeThumbnails()
    description: str = ""
    custom_url: str = ""
    """Its handle, with @; channels without a handle lack it."""
    published_at: datetime | None = None


class YoutubeChannelStatistics(_Part, frozen=True):
    """Public figures of a channel; from 1,000 on, subscribers are rounded down to three digits."""

    view_count: int | None = None
    subscriber_count: int | None = None
    hidden_subscriber_count: bool = False
    video_count: int | None = None


class YoutubePlaylists(_Part, frozen=True):
    """Playlists that every channel has."""

    uploads: str = ""


class YoutubeChannelDetails(_Part, frozen=True):
    """Where a channel's videos are."""

    related_playlists: YoutubePlaylists = YoutubePlaylists()


class YoutubeChannel(_Part, frozen=True):
    """A channel, which is an account."""

    id: str
    snippet: YoutubeChannelSnippet = YoutubeChannelSnippet()
    statistics: YoutubeChannelStatistics = YoutubeChannelStatistics()
    content_details: YoutubeChannelDetails = YoutubeChannelDetails()


class YoutubeUploadDetails(_Part, frozen=True):
    """A video in a playlist; private and deleted videos have no instant."""

    video_id: str
    video_published_at: datetime | None = None


class YoutubeUpload(_Part, frozen=True):
    """A position of a channel's playlist of uploads."""

    content_details: YoutubeUploadDetails


class YoutubeVideoSnippet(_Part, frozen=True):
    """When a video was published, what it is called, and what it is about."""

    published_at: datetime
    title: str = ""
    tags: Any = None


class YoutubeVideoStatistics(_Part, frozen=True):
    """Counts of a video; absent if its owner hides likes, or switched comments off."""

    like_count: int | None = None
    comment_count: int | None = None


class YoutubeVideo(_Part, frozen=True):
    """A video, which is a post."""

    id: str
    snippet: YoutubeVideoSnippet
    statistics: YoutubeVideoStatistics = YoutubeVideoStatistics()

    @property
    def counts(self) -> dict[str, int | None]:
        """Numbers of likes and comments."""
        return {"like": self.statistics.like_count, "comment": self.statistics.comment_count}


class YoutubeAuthor(_Part, frozen=True):
    """The channel of a comment's author."""

    value: str = ""


class YoutubeCommentSnippet(_Part, frozen=True):
    """Who wrote a comment, and when; a deleted author has no channel."""

    published_at: datetime
    author_display_name: str = ""
    author_channel_id: YoutubeAuthor = YoutubeAuthor()


class YoutubeComment(_Part, frozen=True):
    """A comment, or a reply to one."""

    id: str
    snippet: YoutubeCommentSnippet

    @property
    def author(self) -> str:
        """Id of the author's channel; empty if the author is deleted."""
        return self.snippet.author_channel_id.value


class YoutubeThreadSnippet(_Part, frozen=True):
    """The comment that began a thread; comments on a channel have no video."""

    top_level_comment: YoutubeComment
    video_id: str = ""
    total_reply_count: int = 0


class YoutubeReplies(_Part, frozen=True):
    """Some of a thread's replies."""

    comments: list[YoutubeComment] = []


class YoutubeThread(_Part, frozen=True):
    """A comment with its replies, of which up to five are included."""

    id: str
    snippet: YoutubeThreadSnippet
    replies: YoutubeReplies = field(default_factory=YoutubeReplies)

    @property
    def published_at(self) -> datetime:
        """Instant of the comment that began it."""
        return self.snippet.top_level_comment.snippet.published_at

    @property
    def unread_replies(self) -> int:
        """Number of replies that are not included."""
        return max(0, self.snippet.total_reply_count - len(self.replies.comments))


class YoutubePage(Struct, rename="camel"):
    """A page of a list; where it has no entries, it has no `items`."""

    next_page_token: str = ""


class YoutubeChannelPage(YoutubePage):
    """Channels."""

    items: list[YoutubeChannel] = []


class YoutubeUploadPage(YoutubePage):
    """Videos of a channel, newest first."""

    items: list[YoutubeUpload] = []


class YoutubeVideoPage(YoutubePage):
    """Videos by their ids."""

    items: list[YoutubeVideo] = []


class YoutubeThreadPage(YoutubePage):
    """Comments with their first replies, newest first."""

    items: list[YoutubeThread] = []


class YoutubeCommentPage(YoutubePage):
    """Replies to a comment."""

    items: list[YoutubeComment] = []
