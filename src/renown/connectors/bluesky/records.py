"""Shapes of the records in Bluesky's repositories (atproto, ``lexicons/app/bsky/``), as far as they are read."""

import msgspec

from renown.connectors.bluesky.facets import Facet


class _Subject(msgspec.Struct, gc=False):
    uri: str


class PostReactionRecord(msgspec.Struct, gc=False):
    """A like or repost of a post."""

    subject: _Subject
    created: str | None = msgspec.field(default=None, name="createdAt")


class FollowRecord(msgspec.Struct, gc=False):
    """A follow of an account."""

    subject: str
    created: str | None = msgspec.field(default=None, name="createdAt")


class ListItemRecord(msgspec.Struct, gc=False):
    """An account in a list."""

    subject: str
    list: str
    created: str | None = msgspec.field(default=None, name="createdAt")


class _Reply(msgspec.Struct, gc=False):
    parent: _Subject


class _EmbeddedRecord(msgspec.Struct, gc=False):
    uri: str | None = None
    record: _Subject | None = None
    """Set if a quote has media."""


class PostEmbed(msgspec.Struct, gc=False):
    """What is embedded in a post."""

    record: _EmbeddedRecord | None = None
    """Set if a record is embedded, alone or with media."""


class PostRecord(msgspec.Struct, gc=False):
    """A post."""

    created: str | None = msgspec.field(default=None, name="createdAt")
    reply: _Reply | None = None
    embed: PostEmbed | None = None
    text: str = ""
    facets: list[Facet] | None = None
