"""The X API, version 2: prices, what errors mean, models of the JSON without what is not read, cursors."""

import re
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import msgspec
from msgspec import Struct, field

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.http.quota import DOLLAR
from renown.connectors.pagination import ListSpec

PRICES = {"post": 0.001, "user": 0.010}
"""Dollars for a post of the account's own lists, and for an account ("Pricing": Owned Reads; User: Read)."""
_MAX_DOLLARS = 5
"""Dollars a month, unless the settings say otherwise: some months of an account with 500 posts."""
USER_FIELDS = "created_at,description,entities,name,profile_image_url,public_metrics"
PAGE_SIZE = 100
PAGE_PARAMS: dict[str, str | int] = {
    "max_results": PAGE_SIZE,
    "tweet.fields": "author_id,created_at,entities,in_reply_to_user_id,public_metrics,referenced_tweets",
}
_DAYS, _WEEKLY_DAYS = 3, 14
"""Days of posts whose counts are read in each run, and once a week: most reactions come in the first days."""
_WEEK, _MONTH = timedelta(days=7), timedelta(days=28)
_CREDITS = "the credits of the app are used up, or its spending limit is reached; see console.x.com"
_TOKEN = "the token is not valid any more; sign in with `renown login x`"  # noqa: S105 - advice
_APP = "the app may not do that: it needs a project with pay-per-use access, and the scopes tweet.read and users.read"
API = ApiSpec(
    error_format=ErrorFormat(codes=("title", "reason"), texts=("title", "detail")),
    errors=(
        ErrorRule(action=Action.STOP, statuses={402}, reason=_CREDITS, wait=3600),
        ErrorRule(action=Action.STOP, codes={"CreditsDepleted", "UsageCapExceeded"}, reason=_CREDITS, wait=3600),
        ErrorRule(action=Action.WAIT, statuses={429}, reason="too many requests in 15 minutes", wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={401}, reason=_TOKEN),
        ErrorRule(
            action=Action.SIGN_IN, statuses={403}, codes={"client-not-enrolled", "Client Forbidden"}, reason=_APP
        ),
    ),
    quota=Quota(limit=_MAX_DOLLARS * DOLLAR, unit="dollars", per="month", prices=PRICES),
)
_SNOWFLAKE_EPOCH = 1_288_834_974_657
"""Milliseconds since 1970 at which the instants in ids begin ("X IDs": Snowflake)."""
_POST_ID = re.compile(r"\d{1,19}", re.ASCII)


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


POSTS = ListSpec(
    response_type=XPostPage,
    items=attrgetter("data"),
    item_id=attrgetter("id"),
    cursor=attrgetter("meta.next_token"),
    cursor_param="pagination_token",
    resource="post",
    max_items=PAGE_SIZE,
)


class XPosition(Struct, omit_defaults=True):
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
    own_replies: dict[str, int] = {}
    """Numbers of the account's own replies to those of its posts that the run has not read yet."""

    def __str__(self) -> str:
        """Return the cursor."""
        return msgspec.json.encode(self).decode()

    def choose_days(self, window: int, now: datetime) -> int:
        """Return of how many days the counts are read: always from before the last run on, more from time to time."""
        seconds = int(now.timestamp())
        if seconds - self.monthly >= _MONTH.total_seconds():
            return window
        if seconds - self.weekly >= _WEEK.total_seconds():
            return min(window, _WEEKLY_DAYS)
        return min(window, max(_DAYS, (seconds - self.finished) // 86_400 + 2))

    def finish(self, window: int, now: datetime) -> "XPosition":
        """Return the position after a run that has read everything."""
        seconds = int(now.timestamp())
        return XPosition(
            mentions=self.newest or self.mentions,
            finished=seconds,
            weekly=seconds if self.days >= min(window, _WEEKLY_DAYS) else self.weekly,
            monthly=seconds if self.days >= window else self.monthly,
        )


def parse_position(cursor: str) -> XPosition:
    """Return the position of a cursor; the start for one that cannot be read."""
    try:
        return msgspec.json.decode(cursor, type=XPosition)
    except msgspec.MsgspecError:
        return XPosition()


def post_instant(post_id: str) -> datetime | None:
    """
    Return when a post was written, which its id tells; None if the id is not that of a post.

    Examples
    --------
    >>> post_instant("1455952740635586573"), post_instant("x")
    (datetime.datetime(2021, 11, 3, 17, 39, 18, 318000, tzinfo=datetime.timezone.utc), None)
    """
    if not _POST_ID.fullmatch(post_id):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(post_id) >> 22) + _SNOWFLAKE_EPOCH)


def post_url(post_id: str) -> str | None:
    """Return the URL of a post."""
    return f"https://x.com/i/status/{post_id}" if _POST_ID.fullmatch(post_id) else None
