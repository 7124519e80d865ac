"""Types of records: one frozen dataclass per table of a batch."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

MAX_ID_BYTES = 1024
"""Maximum bytes of an id or handle; the longest known ones, AT-URIs of posts, have about 600."""
DAY_POST_PREFIX = "day/"
"""Prefix of the post id of a count of a day."""


def is_valid_id(text: str) -> bool:
    """
    Tell whether the lake accepts an id or handle: text that UTF-8 can encode, in 1 to `MAX_ID_BYTES` bytes.

    Examples
    --------
    >>> is_valid_id("ada"), is_valid_id(""), is_valid_id("ß" * 512), is_valid_id("ß" * 513)
    (True, False, True, False)
    """
    try:
        return 0 < len(text.encode()) <= MAX_ID_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One act of an account on another."""

    network: str
    """Full lower-case name of the network."""
    interaction_id: str | None
    """The network's id of the act; if None, acts are deduplicated by their content."""
    verb: str
    """One of `VERBS`."""
    actor_id: str
    """Permanent id of the account that acted."""
    target_id: str
    """Permanent id of the account acted on."""
    post_id: str | None
    """The post acted on; None for acts on the account itself."""
    at: datetime
    """UTC instant, stored with a precision of one second."""
    unverified: bool = False
    """Whether only the target's own server tells of the act, although the actor lives on another server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A count of acts whose actors are unknown: views, or likes in an archive."""

    network: str
    account_id: str
    post_id: str | None
    verb: str
    count: int
    """Number of acts so far, including those of known actors."""
    at: datetime
    """UTC instant from which these acts age."""
    self_reported: bool = False
    """Whether the account's owner provided the count (an archive), which is easy to edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An account's public figures at an instant; None means unknown, 0 means observed as 0."""

    network: str
    account_id: str
    at: datetime
    handle: str | None = None
    """The name that people type; it may change, unlike the id."""
    followers: int | None = None
    """Number of accounts that follow this one."""
    following: int | None = None
    """Number of accounts that this one follows."""
    posts: int | None = None
    """Number of all posts ever."""
    lists: int | None = None
    """Number of other accounts' lists that contain this one."""
    verified: bool | None = None
    created_at: datetime | None = None
    self_reported: bool = False
    """Whether the account's owner provided the figures (an archive), which are easy to edit."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An interaction that its actor or network deleted (unliked, unfollowed, removed)."""

    network: str
    interaction_id: str
    at: datetime
    """UTC instant; the interaction still counts on days before its day, but no longer on that day or later."""


@dataclass(frozen=True, slots=True)
class Presence:
    """An account disappeared (deactivated, suspended, taken down, deleted) or came back."""

    network: str
    account_id: str
    at: datetime
    """UTC instant; from its day on, a disappeared account has no score and its acts do not count."""
    present: bool
    """False: the account disappeared."""


@dataclass(frozen=True, slots=True)
class ActorName:
    """The name of an account that acted, where nothing else is known of it; a profile would hide older figures."""

    network: str
    account_id: str
    handle: str
    at: datetime
    """UTC instant at which the account had the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAlias:
    """
    Another id of an account, such as the name by which an export knows it: both are one account.

    Only for ids that cannot be those of somebody else: a name of digits may be another account's number.
    """

    network: str
    alias_id: str
    account_id: str
    """The permanent id; `alias_id` itself if it is no alias any more."""
    at: datetime
    """UTC instant at which this was so; the latest counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDetails:
    """What a post is called, where it is and what it is about, as far as its id does not tell."""

    network: str
    account_id: str
    """The account whose post it is."""
    post_id: str
    title: str | None
    """A name such as that of a repository or question, never the text of a post."""
    url: str | None
    at: datetime
    """UTC instant at which this was so; the latest counts."""
    tags: tuple[str, ...] = ()
    """What it is about, in the words of the network: hashtags, topics of a repository, tags of a question, a forum."""


@dataclass(frozen=True, slots=True)
class AccountCoverage:
    """A verb whose acts on an account can be observed, from an instant on."""

    network: str
    account_id: str
    verb: str
    at: datetime
    """UTC instant from which on all acts are observed, or counted."""


def build_day_tally(*, network: str, account_id: str, verb: str, day: date, count: int, now: datetime) -> Tally:
    """
    Return the count of the acts that an account received on one UTC day, for networks that count by day.

    The counts of days add up, and each ages by its own day. Of several counts of a day the latest is taken, so a day
    may be read again and again. Only for verbs whose actors the network does not name: they would count twice.

    Parameters
    ----------
    network, account_id, verb : str
    day : date
    count : int
        Acts of that day alone.
    now : datetime
        UTC instant of the reading.

    Examples
    --------
    >>> noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    >>> tally = build_day_tally(network="x", account_id="1", verb="like", day=date(2024, 5, 1), count=9, now=noon)
    >>> tally.post_id, tally.at == noon
    ('day/2024-05-01', True)
    """
    end = datetime.combine(day, time(23, 59, 59), UTC)
    return Tally(
        network=network,
        account_id=account_id,
        post_id=f"{DAY_POST_PREFIX}{day.isoformat()}",
        verb=verb,
        count=count,
        at=min(now, end),
    )
