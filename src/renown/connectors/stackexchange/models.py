"""Models of the JSON responses of Stack Exchange's API, and the cursor of an account."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Struct

from renown.connectors.base import AccountIdentity, clean_count
from renown.connectors.cursors import JsonCursor
from renown.connectors.decode_values import Instant
from renown.connectors.stackexchange.sites import NETWORK
from renown.errors import AccountGoneError
from renown.records import ActorName, Profile

_GRAVATAR = re.compile(r"https?://([a-z0-9]+\.)?gravatar\.com/avatar/[^?#]*", re.IGNORECASE)
"""URL of a picture of Gravatar, up to its parameters."""
_FULL_READ_EVERY = timedelta(days=3)
"""After this time all posts are read although the reputation is unchanged: not every vote or new post changes it."""
_CLOCK_LAG = timedelta(hours=1)
"""How far the server's clock may be behind ours."""
TEXT_LENGTH = 200
"""Maximum characters of a title or a name; sites allow 150 and 40."""


class StackUser(Struct):
    """An account, or who wrote something; without an id if the account was deleted."""

    user_id: int | None = None
    display_name: str = ""
    """HTML-escaped."""
    profile_image: str | None = None
    user_type: str = ""
    reputation: int | None = None
    creation_date: Instant | None = None
    about_me: str | None = None
    website_url: str | None = None

    @property
    def points(self) -> int | None:
        """The reputation, unless it is absurd."""
        return clean_count(self.reputation)

    def to_profile(self, site: str, now: datetime) -> Profile:
        """Return the account with what is known of it; nobody follows anybody there."""
        account_id = f"{self.user_id}@{site}"
        return Profile(network=NETWORK, account_id=account_id, at=now, handle=account_id, created_at=self.creation_date)

    def to_identity(self) -> AccountIdentity:
        """Return how the account presents itself."""
        avatar_url = self.profile_image and _find_uploaded_picture(self.profile_image)
        return AccountIdentity(display_name=unescape(self.display_name), avatar_url=avatar_url)

    def to_name(self, site: str, now: datetime) -> ActorName:
        """Return the name that is shown beside what the account writes."""
        return ActorName(
            NETWORK, f"{self.user_id}@{site}", unescape(self.display_name)[:TEXT_LENGTH] or str(self.user_id), now
        )


class StackPost(Struct):
    """A question or an answer."""

    question_id: int
    creation_date: Instant
    answer_id: int | None = None
    score: int | None = None
    title: str | None = None
    is_accepted: bool = False
    owner: StackUser | None = None
    tags: Any = None
    """Of a question; see `read_tags`."""

    @property
    def number(self) -> int:
        """The id, which questions and answers share."""
        return self.answer_id or self.question_id

    @property
    def votes(self) -> int:
        """The votes for it, less those against it."""
        return clean_count(max(self.score or 0, 0)) or 0

    @property
    def parent(self) -> int:
        """The question."""
        return self.question_id


class StackAnswer(StackPost, kw_only=True):
    """An answer."""

    answer_id: int


class StackComment(Struct):
    """A comment on a question or an answer."""

    comment_id: int
    post_id: int
    creation_date: Instant
    owner: StackUser | None = None

    @property
    def number(self) -> int:
        """The id."""
        return self.comment_id

    @property
    def parent(self) -> int:
        """The post that it is on."""
        return self.post_id


class StackUsers(Struct):
    """A page of accounts."""

    items: list[StackUser]

    def find(self, number: int, site: str) -> StackUser:
        """Return the account with an id; raise `AccountGoneError` where there is none."""
        for user in self.items:
            if user.user_id == number and user.user_type != "does_not_exist":
                return user
        raise AccountGoneError(f"{site} has no account {number}: it was deleted, or never existed")


class StackPosts(Struct):
    """A page of questions or answers."""

    items: list[StackPost]
    has_more: bool = False


class StackAnswers(Struct):
    """A page of answers."""

    items: list[StackAnswer]
    has_more: bool = False


class StackComments(Struct):
    """A page of comments."""

    items: list[StackComment]
    has_more: bool = False


class StackFilter(Struct):
    """Which fields responses have."""

    filter: str


class StackFilters(Struct):
    """A page of filters."""

    items: list[StackFilter]


class StackPosition(JsonCursor, frozen=True):
    """Cursor: what a complete run found, and how far a run that did not finish came."""

    since: int = 0
    """Epoch second of the start of the last complete run."""
    reputation: int | None = None
    """The account's reputation at that instant."""
    started: int = 0
    """Epoch second of the start of the run that did not finish."""
    list_number: int = 0
    """Which of the account's lists it was reading."""
    page: int = 1
    """The next page of that list."""

    @property
    def read_at(self) -> datetime:
        """Instant from which on answers and comments are new."""
        return datetime.fromtimestamp(self.since, UTC) - _CLOCK_LAG

    def is_current(self, reputation: int | None, now: datetime) -> bool:
        """Tell whether there is no sign of new votes."""
        is_recent = now - datetime.fromtimestamp(self.since, UTC) < _FULL_READ_EVERY
        return is_recent and not self.started and self.reputation == reputation


def _find_uploaded_picture(url: str) -> str | None:
    """
    Return the URL of the picture that somebody uploaded; None if it is known that nobody did.

    Gravatar draws a pattern for everybody without a picture, unless it is told to answer with 404 instead
    (docs.gravatar.com, "Images": `d`, `f`).

    Examples
    --------
    >>> _find_uploaded_picture("https://www.gravatar.com/avatar/0bc8?s=256&d=identicon&r=PG")
    'https://www.gravatar.com/avatar/0bc8?s=256&r=PG&d=404'
    >>> _find_uploaded_picture("https://www.gravatar.com/avatar/0bc8?s=256&d=identicon&r=PG&f=y") is None
    True
    >>> _find_uploaded_picture("https://i.sstatic.net/x.png?s=256")
    'https://i.sstatic.net/x.png?s=256'
    """
    match = _GRAVATAR.match(url)
    if match is None:
        return url
    parameters = dict(parse_qsl(urlsplit(url).query))
    if "y" in {parameters.get("f"), parameters.get("forcedefault")}:
        return None
    remaining = {name: value for name, value in parameters.items() if name not in {"d", "default"}}
    return f"{match[0]}?{urlencode(remaining | {'d': '404'})}"
