"""The HTTP API of Farcaster's hubs: what errors mean, models of the JSON without what is not read, and lists."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from msgspec import Struct, field

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule
from renown.connectors.pagination import ListSpec

_EPOCH = datetime(2021, 1, 1, tzinfo=UTC)
HASH = re.compile(r"0x[0-9a-f]{40}")
_CHANNEL_URL = re.compile(r"https://(?:warpcast\.com|farcaster\.xyz)/~/channel/([\w-]{1,60})/?", re.ASCII)
"""Addresses that clients give to channels; the protocol allows any other, which tells no name."""
_SKIP = (ErrorRule(action=Action.SKIP, statuses={400, 404}),)
API = ApiSpec(
    auth_header="x-api-key",
    auth_prefix="",
    error_format=ErrorFormat(codes=("errCode", "code"), texts=("details", "message", "error")),
    errors=(
        ErrorRule(action=Action.STOP, statuses={402}, reason="the credits of the key are used up", wait=3600),
        ErrorRule(action=Action.SIGN_IN, statuses={401, 403}, reason="the server wants a valid key (x-api-key)"),
    ),
)


class CastId(Struct):
    """A cast: whose it is, and its hash."""

    fid: int = 0
    hash: str = ""


class Embed(Struct, rename="camel"):
    """Something inside of a cast, such as a cast that it quotes."""

    cast_id: CastId | None = None


class CastBody(Struct, rename="camel"):
    """A cast without its text."""

    mentions: list[int] = []
    parent_cast_id: CastId | None = None
    parent_url: str | None = None
    embeds: list[Embed] = []


class UserDataBody(Struct):
    """A part of a profile."""

    type: str = ""
    value: str = ""


class MessageData(Struct, rename="camel"):
    """What somebody said, and when, in seconds since 2021."""

    fid: int
    timestamp: int
    cast_add_body: CastBody = field(default_factory=CastBody)
    user_data_body: UserDataBody = field(default_factory=UserDataBody)


class Message(Struct):
    """A signed message; its hash is its id."""

    hash: str
    data: MessageData

    @property
    def channel(self) -> tuple[str, ...]:
        """The name of the channel that a cast is in, if it is in one."""
        match = _CHANNEL_URL.fullmatch(self.data.cast_add_body.parent_url or "")
        return (match[1],) if match else ()

    @property
    def at(self) -> datetime:
        """Its instant."""
        return _EPOCH + timedelta(seconds=max(0, min(self.data.timestamp, 10**10)))


class Messages(Struct, rename="camel"):
    """A page of messages."""

    messages: list[Message]
    """Required: an empty list undoes acts, and an answer of another shape is none."""
    next_page_token: str = ""


class NameProof(Struct):
    """Whose a name is."""

    fid: int


LIST = ListSpec(
    response_type=Messages,
    items=attrgetter("messages"),
    item_id=attrgetter("hash"),
    cursor=attrgetter("next_page_token"),
    cursor_param="pageToken",
)
SKIPPED_LIST = replace(LIST, errors=_SKIP)


def post_url(cast_hash: str) -> str | None:
    """Return the URL of a cast."""
    return f"https://farcaster.xyz/~/conversations/{cast_hash}" if HASH.fullmatch(cast_hash) else None
