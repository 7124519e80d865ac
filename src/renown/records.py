"""Record types: one frozen dataclass per table, the list of verbs, and the columns of the lake and of batches."""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

EPOCH = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_SECONDS = 86_400
MAX_ID_BYTES = 1024
"""Maximum bytes of an id or handle; the longest known ones, AT-URIs of posts, have about 600."""

VERBS = {
    "like": 1,
    "upvote": 2,
    "star": 3,
    "repost": 4,
    "quote": 5,
    "share": 6,
    "fork": 7,
    "reply": 8,
    "mention": 9,
    "comment": 10,
    "answer": 11,
    "follow": 12,
    "list": 13,
    "view": 14,
}
"""Every verb and the number it is stored as. Numbers never change: existing lakes contain them."""

WHOLE_NETWORK = 0
"""Row of the table `coverage`, in place of a verb: the acts of everybody on everybody are read, not only of some."""

LOOKED_UP_ACTORS = -1
"""Row of the table `coverage`, in place of a verb: the profiles of those who act on claimed accounts are looked up."""


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


DAY_POST_PREFIX = "day/"
"""Prefix of the post id of a count of a day."""


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
    """What a post is called and where it is, for networks whose post ids tell neither."""

    network: str
    account_id: str
    """The account whose post it is."""
    post_id: str
    title: str | None
    """A name such as that of a repository or question, never the text of a post."""
    url: str | None
    at: datetime
    """UTC instant at which this was so; the latest counts."""


@dataclass(frozen=True, slots=True)
class AccountCoverage:
    """A verb whose acts on an account can be observed, from an instant on."""

    network: str
    account_id: str
    verb: str
    at: datetime
    """UTC instant from which on all acts are observed, or counted."""


@dataclass(frozen=True, slots=True)
class OptOutList:
    """The accounts whose owners opted out: their rows are dropped on ingest and from scoring."""

    secret: bytes = field(default=b"", repr=False)
    """Key of the hashes; every store has its own."""
    hashes: frozenset[str] = frozenset()
    """`opt_out_hash` of the accounts: they are pseudonymized, so that one can be tested but none can be listed."""
    accounts: tuple[tuple[str, int], ...] = ()
    """(network, account key) of opted-out accounts of which the lake still has rows."""
    opt_in_count: int = 0
    """How often somebody opted back in: a batch that is sent again after that is ingested again, with their rows."""


def opt_out_hash(secret: bytes, network: str, account_id: str) -> str:
    """
    Return the keyed hash (HMAC) by which an opted-out account is recognized.

    References
    ----------
    RFC 2104, "HMAC"; with SHA-256, in hex.
    """
    return hmac.digest(secret, f"{network}:{account_id}".encode(), "sha256").hex()


def day_number(day: date) -> int:
    """
    Return the number of UTC days since 1970-01-01.

    Examples
    --------
    >>> day_number(date(2012, 7, 5))
    15526
    """
    return (day - EPOCH).days


def day_from_number(day_no: int) -> date:
    """Return the UTC day with a number; the inverse of `day_number`."""
    return EPOCH + timedelta(days=day_no)


def epoch_seconds(at: datetime) -> int:
    """Return the whole seconds since 1970-01-01 00:00 UTC; a naive instant is taken as UTC."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return since.days * DAY_SECONDS + since.seconds


LAKE_COLUMNS: dict[str, dict[str, str]] = {
    "interactions": {
        "network": "string",
        "day_no": "integer",
        "actor": "bigint",
        "target": "bigint",
        "post": "string",
        "verb": "smallint",
        "second": "integer",
        "interaction": "bigint",
        "unverified": "boolean",
    },
    "tallies": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "post": "string",
        "verb": "smallint",
        "count": "bigint",
        "second": "integer",
        "self_reported": "boolean",
    },
    "profiles": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "followers": "bigint",
        "following": "bigint",
        "posts": "bigint",
        "lists": "bigint",
        "verified": "boolean",
        "created_day": "integer",
        "second": "integer",
        "self_reported": "boolean",
    },
    "undone": {
        "network": "string",
        "day_no": "integer",
        "interaction": "bigint",
        "second": "integer",
    },
    "presence": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "present": "boolean",
        "second": "integer",
    },
    "accounts": {
        "network": "string",
        "account": "bigint",
        "account_id": "string",
    },
    "handles": {
        "network": "string",
        "account": "bigint",
        "handle": "string",
        "seen": "bigint",
    },
    "aliases": {
        "network": "string",
        "alias": "bigint",
        "account": "bigint",
        "seen": "bigint",
    },
    "coverage": {
        "network": "string",
        "verb": "smallint",
    },
    "account_coverage": {
        "network": "string",
        "account": "bigint",
        "verb": "smallint",
        "since": "bigint",
    },
    "posts": {
        "network": "string",
        "account": "bigint",
        "post": "string",
        "title": "string",
        "url": "string",
        "seen": "bigint",
    },
}
"""
Columns of the lake: table to column name to type.

An account is a 64-bit key assigned once at ingest. `day_no` and `second` (of that
UTC day) are the record's `at`. `interaction` is the key of the network's id of
an act, null if it has none. `accounts` maps keys to ids, one row per account. `aliases` has the keys of other ids of
an account; `scoring.aliases` resolves them.
`seen` is the epoch second at which an account had a handle, or a post a title and URL. `coverage` has the
verbs that can be observed on a network, `WHOLE_NETWORK` and `LOOKED_UP_ACTORS`. `account_coverage` has the verbs
that a connector observes of an account, from the epoch second `since` on.
"""

ACCOUNT_ID_COLUMNS = {
    "interactions": ("actor_id", "target_id"),
    "tallies": ("account_id",),
    "profiles": ("account_id",),
    "undone": (),
    "presence": ("account_id",),
    "names": ("account_id",),
    "aliases": ("alias_id", "account_id"),
    "posts": ("account_id",),
    "account_coverage": ("account_id",),
}
"""The columns of a batch that contain account ids."""

RECORD_TABLES = ("interactions", "tallies", "profiles", "undone", "presence")
"""Tables of records that scores count; the other tables of a batch describe accounts and posts."""

BATCH_COLUMNS: dict[str, dict[str, str]] = {
    "interactions": {
        "interaction_id": "string",
        "verb": "smallint",
        "actor_id": "string",
        "target_id": "string",
        "post_id": "string",
        "at": "bigint",
        "unverified": "boolean",
    },
    "tallies": {
        "account_id": "string",
        "post_id": "string",
        "verb": "smallint",
        "count": "bigint",
        "at": "bigint",
        "self_reported": "boolean",
    },
    "profiles": {
        "account_id": "string",
        "handle": "string",
        "followers": "bigint",
        "following": "bigint",
        "posts": "bigint",
        "lists": "bigint",
        "verified": "boolean",
        "created_at": "bigint",
        "at": "bigint",
        "self_reported": "boolean",
    },
    "undone": {
        "interaction_id": "string",
        "at": "bigint",
    },
    "presence": {
        "account_id": "string",
        "present": "boolean",
        "at": "bigint",
    },
    "names": {
        "account_id": "string",
        "handle": "string",
        "at": "bigint",
    },
    "aliases": {
        "alias_id": "string",
        "account_id": "string",
        "at": "bigint",
    },
    "posts": {
        "account_id": "string",
        "post_id": "string",
        "title": "string",
        "url": "string",
        "at": "bigint",
    },
    "account_coverage": {
        "account_id": "string",
        "verb": "smallint",
        "at": "bigint",
    },
}
"""
Columns of a batch of one network's records, as connectors return it: table to column name to type.

Instants are epoch seconds, verbs are numbers, ids are those of the network.
"""
