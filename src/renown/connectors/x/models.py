"""Models of the JSON of the X API, without what is not read, and the cursor of an account."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from renown.connectors.cursors import JsonCursor
from renown.connectors.post_tags import read_tags
from renown.records import DAY_SECONDS

_DAYS, _WEEKLY_DAYS = 3, 14
"""Days of posts whose counts are read in each run, and once a week: most reactions come in the first days."""
_WEEK, _MONTH = timedelta(days=7), timedelta(days=28)


class XUrl(Struct):
    """A link of a profile; texts have shortened ones."""

    expanded_url: str = ""


class XUrls(Struct):
    """Links of a part of a profile."""

    urls: list[XUrl] = []


class XUserEntities(Struct):
    """Links of a profile: its website, and those of its description."""

    url: XUrls = field(default_factory=XUrls)
    description: XUrls = field(default_factory=XUrls)


class XUserMetrics(Struct):
    """Public figures of an account."""

    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    listed_count: int | None = None


class XUser(Struct):
    """An account."""

    id: str
    username: str = ""
    name: str | None = None
    profile_image_url: str | None = None
    """URL of its picture, 48 pixels wide; the end of its name tells the size."""
    created_at: datetime | None = None
    description: str = ""
    entities: XUserEntities = field(default_factory=XUserEntities)
    public_metrics: XUserMetrics = field(default_factory=XUserMetrics)


class XProblem(Struct):
    """Why a part of what was asked for is missing."""

    title: str = ""
    detail: str = ""


class XUserAnswer(Struct):
    """An account; none if it is not there, with the reason."""

    data: XUser | None = None
    errors: list[XProblem] = []


class XReference(Struct):
    """A post that another one replies to, quotes or reposts."""

    type: str
    id: str


class XMention(Struct):
    """A name in a text, and where it is."""

    id: str = ""
    start: int = 0
    end: int = 0


class XPostEntities(Struct):
    """What a text names."""

    mentions: list[XMention] = []
    hashtags: Any = None


class XPostMetrics(Struct):
    """Counts of a post."""

    like_count: int | None = None
    retweet_count: int | None = None
    quote_count: int | None = None
    reply_count: int | None = None


class XPost(Struct):
    """A post."""

    id: str
    created_at: datetime
    author_id: str = ""
    in_reply_to_user_id: str | None = None
    referenced_tweets: list[XReference] = []
    entities: XPostEntities = field(default_factory=XPostEntities)
    public_metrics: XPostMetrics = field(default_factory=XPostMetrics)

    @property
    def hashtags(self) -> tuple[str, ...]:
        """Its hashtags."""
        return read_tags(self.entities.hashtags, "tag")

    def find_reference(self, kind: str) -> str:
        """Return the post that it replies to, quotes or reposts; empty if there is none."""
        return next((reference.id for reference in self.referenced_tweets if reference.type == kind), "")

    def names_in_text(self, account_id: str) -> bool:
        """Tell whether the text names an account behind the names that X puts before every reply of a conversation."""
        end = -1
        for mention in sorted(self.entities.mentions, key=lambda mention: mention.start):
            is_prefix = bool(self.in_reply_to_user_id) and mention.start <= end + 1
            if mention.id == account_id and not is_prefix:
                return True
            end = mention.end if is_prefix else end
        return False


class XMeta(Struct):
    """Where a list goes on."""

    next_token: str = ""


class XPostPage(Struct):
    """A page of posts, newest first; an empty one has no `data`."""

    data: list[XPost] = []
    meta: XMeta = field(default_factory=XMeta)


class XPosition(JsonCursor, frozen=True):
    """How far an account was read."""

    mentions: str = ""
    """Newest mention up to which all were read."""
    finished: int = 0
    """When the last run ended that read everything, in seconds since 1970; so are the next two."""
    weekly: int = 0
    """When the counts of the last two weeks were read."""
    monthly: int = 0
    """When the counts of the whole window were read."""
    days: int = 0
    """Days of posts that a run is reading which has not ended; 0 if there is none."""
    has_posts: bool = False
    """Whether it has read the posts."""
    below: str = ""
    """Post below which its list goes on."""
    newest: str = ""
    """Newest mention that it has read."""
    own_replies: dict[str, int] = field(default_factory=dict)
    """Numbers of the account's own replies to those of its posts that the run has not read yet."""

    def choose_days(self, window: int, now: datetime) -> int:
        """Return of how many days the counts are read: always from before the last run on, more from time to time."""
        seconds = int(now.timestamp())
        if seconds - self.monthly >= _MONTH.total_seconds():
            return window
        if seconds - self.weekly >= _WEEK.total_seconds():
            return min(window, _WEEKLY_DAYS)
        return min(window, max(_DAYS, (seconds - self.finished) // DAY_SECONDS + 2))

    def finish(self, window: int, now: datetime) -> "XPosition":
        """Return the position after a run that has read everything."""
        seconds = int(now.timestamp())
        return XPosition(
            mentions=self.newest or self.mentions,
            finished=seconds,
            weekly=seconds if self.days >= min(window, _WEEKLY_DAYS) else self.weekly,
            monthly=seconds if self.days >= window else self.monthly,
        )
