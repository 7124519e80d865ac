"""Shapes: what is read of a server's JSON; the rest of it is passed over."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Someone(msgspec.Struct):
    """An account, as the server asked tells of it."""

    id: str
    acct: str
    """With a domain where it is another server's."""
    created_at: Instant | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None
    noindex: bool | None = None
    indexable: bool | None = None
    discoverable: bool | None = None
    suspended: bool | None = None
    moved: "Someone | None" = None


class Shown(msgspec.Struct):
    """A line of the table on a profile; its value is HTML."""

    value: str = ""


class Described(Someone):
    """An account that was asked for by name, with what it says of itself; `note` is HTML."""

    note: str = ""
    fields: list[Shown] = []
    uri: str | None = None
    """ActivityPub id; None where the server is older than 4.2."""
    url: str | None = None
    """Its page."""


class Quote(msgspec.Struct):
    """How a status quotes another."""

    state: str | None = None


class Status(msgspec.Struct):
    """A post."""

    id: str
    uri: str
    """ActivityPub id; the same on every server."""
    created_at: Instant
    account: Someone
    visibility: str = "public"
    reblog: dict[str, Any] | None = None
    """The status that this one only passes on."""
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    favourites_count: int = 0
    reblogs_count: int = 0
    replies_count: int = 0
    quotes_count: int | None = None
    """None where the server is older than quotes (4.5)."""
    quote: Quote | None = None


class Thread(msgspec.Struct):
    """What stands around a status."""

    descendants: list[Status]


class Notice(msgspec.Struct):
    """A notification."""

    id: str
    type: str
    created_at: Instant
    account: Someone
    status: Status | None = None


class Instance(msgspec.Struct):
    """A server; `domain` since 4.0, `uri` before."""

    domain: str | None = None
    uri: str | None = None
