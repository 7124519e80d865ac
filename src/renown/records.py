"""The nouns: one frozen dataclass a table, and the closed list of verbs."""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

EPOCH = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400

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
"""Every verb and the number it is kept as. Only ever added to: numbers lie in lakes."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One act of an account on another's."""

    network: str
    """Full lower-case name of the network."""
    interaction_id: str | None
    """The network's id of the act; None where it has none, then its content is its id."""
    verb: str
    """One of `VERBS`."""
    actor_id: str
    """Permanent id of the account that acted."""
    target_id: str
    """Permanent id of the account acted on."""
    post_id: str | None
    """The post acted on; None for acts on the account itself."""
    at: datetime
    """UTC instant, kept to the second."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A count whose actors are unknown: views, or likes in an export."""

    network: str
    account_id: str
    post_id: str | None
    verb: str
    count: int
    """Acts so far, those of known actors among them."""
    at: datetime
    """UTC instant from which these acts age."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An account's public figures at an instant; None is unknown, 0 is observed."""

    network: str
    account_id: str
    at: datetime
    handle: str | None = None
    """The name people type; may change, the id may not."""
    followers: int | None = None
    """Accounts that follow."""
    following: int | None = None
    """Accounts followed."""
    posts: int | None = None
    """Posts ever made."""
    lists: int | None = None
    """Lists of other accounts that hold this one."""
    verified: bool | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """An interaction that its actor or network took back."""

    network: str
    interaction_id: str
    at: datetime
    """UTC instant; days before it keep the interaction, its day and later ones do not."""


@dataclass(frozen=True, slots=True)
class Presence:
    """An account went (deactivated, suspended, taken down, deleted) or came back."""

    network: str
    account_id: str
    at: datetime
    """UTC instant; from its day on, acts of an account that went do not count, and it has no score."""
    present: bool
    """False: gone."""


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Who is left out of all that comes in, and of all that is scored."""

    secret: bytes = field(default=b"", repr=False)
    """Key of the marks; no other store has it."""
    marks: frozenset[str] = frozenset()
    """What `mark` makes of accounts: it says whether one is meant, not which."""
    accounts: tuple[tuple[str, int], ...] = ()
    """(network, account) of those of whom the lake still holds something."""
    returned: int = 0
    """How often somebody was let in again: what was left out of a batch comes with it when it is sent again."""


def mark(secret: bytes, network: str, account_id: str) -> str:
    """
    Return the mark of an account that opted out.

    References
    ----------
    RFC 2104, "HMAC"; with SHA-256, in hex.
    """
    return hmac.digest(secret, f"{network}:{account_id}".encode(), "sha256").hex()


def day_number(day: date) -> int:
    """
    Count the UTC days since 1970-01-01.

    Examples
    --------
    >>> day_number(date(2012, 7, 5))
    15526
    """
    return (day - EPOCH).days


def day_of(day_no: int) -> date:
    """Return the UTC day with this number; the inverse of `day_number`."""
    return EPOCH + timedelta(days=day_no)


def epoch_seconds(at: datetime) -> int:
    """Return whole seconds since 1970-01-01 00:00 UTC; a naive instant is UTC."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return since.days * _DAY_SECONDS + since.seconds


KEPT: dict[str, dict[str, str]] = {
    "interactions": {
        "network": "string",
        "day_no": "integer",
        "actor": "bigint",
        "target": "bigint",
        "post": "string",
        "verb": "smallint",
        "second": "integer",
        "interaction": "bigint",
    },
    "tallies": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "post": "string",
        "verb": "smallint",
        "count": "bigint",
        "second": "integer",
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
    "coverage": {
        "network": "string",
        "verb": "smallint",
    },
}
"""
How each record lies in the lake: column name to type.

An account is a 64-bit key given once at ingest; `day_no` and `second` (of that
UTC day) are the record's `at`; `interaction` is the key of the network's id of
an act, null where it has none. `accounts` is the directory of keys, a row an
account; `seen` is the second of the epoch at which an account had that handle.
`coverage` holds the verbs that a network's data shows.
"""

SAID: dict[str, dict[str, str]] = {
    "interactions": {
        "interaction_id": "string",
        "verb": "smallint",
        "actor_id": "string",
        "target_id": "string",
        "post_id": "string",
        "at": "bigint",
    },
    "tallies": {
        "account_id": "string",
        "post_id": "string",
        "verb": "smallint",
        "count": "bigint",
        "at": "bigint",
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
}
"""
How a connector hands a batch of one network's records on: column name to type.

Instants are seconds of the epoch, verbs their numbers; ids are the network's own.
"""
