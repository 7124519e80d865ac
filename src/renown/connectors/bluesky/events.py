"""
Events: what happened on Bluesky, told as our records, whichever way it was heard.

Jetstream and the firehose wrap the same records differently; each unwraps them,
this module reads them. An act's id is the AT-URI of the record that made it. One
post may make several acts (a reply, a quote, mentions): they share its AT-URI and
differ in verb and target, so that one `Undone` takes all of them back, exactly.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from renown.connectors.bluesky.names import NETWORK, handle_of, is_did, is_post, owner
from renown.records import Interaction, Presence, Profile, Undone

OLDEST = timedelta(days=400)
"""Acts said to be older than this when they happen count on no day to come: longer than any window."""
AHEAD = timedelta(minutes=-1)
"""The youngest age that a clock running ahead may give an act: both feeds then give it the same instant."""
MENTIONS = 50
"""Mentions that one post may make: 300 characters hold no more that anybody typed (app.bsky.feed.post)."""

SERVER_SAYS = "the server says "
"""How a reason begins that a server gave of itself."""

Record = Interaction | Undone | Profile | Presence

_POST = "app.bsky.feed.post"
_MENTION = "app.bsky.richtext.facet#mention"


class Heard(msgspec.Struct, frozen=True, gc=False):
    """One event of the network; a structure of msgspec's, which is made five times as fast as a frozen dataclass."""

    cursor: int
    """Where to read on from after it; 0 where the event is too broken to say."""
    at: float
    """Second of the epoch at which the network sent it; 0 where it cannot be told."""
    records: tuple[Record, ...] = ()
    ignored: tuple[str, ...] = ()
    """Why parts of it are no records."""


class Unusable(Exception):
    """A record that cannot be taken, and in few words why."""


class Source(msgspec.Struct, frozen=True, gc=False):
    """Who made a record, where it lies and when the network told of it."""

    uri: str
    did: str
    at: datetime


class _Subject(msgspec.Struct, gc=False):
    uri: str


class _OnPost(msgspec.Struct, gc=False):
    subject: _Subject
    created: str | None = msgspec.field(default=None, name="createdAt")


class _Follow(msgspec.Struct, gc=False):
    subject: str
    created: str | None = msgspec.field(default=None, name="createdAt")


class _ListItem(msgspec.Struct, gc=False):
    subject: str
    list: str
    created: str | None = msgspec.field(default=None, name="createdAt")


class _Reply(msgspec.Struct, gc=False):
    parent: _Subject


class _Quoted(msgspec.Struct, gc=False):
    uri: str | None = None
    record: _Subject | None = None
    """Set where a quote comes with media."""


class _Embed(msgspec.Struct, gc=False):
    record: _Quoted | None = None
    """Set where a record is embedded, alone or with media."""


class _Feature(msgspec.Struct, gc=False):
    kind: str = msgspec.field(default="", name="$type")
    did: str | None = None


class _Facet(msgspec.Struct, gc=False):
    features: list[_Feature] = []


class _Post(msgspec.Struct, gc=False):
    created: str | None = msgspec.field(default=None, name="createdAt")
    reply: _Reply | None = None
    embed: _Embed | None = None
    facets: list[_Facet] | None = None


def instant(created: str | None, told: datetime) -> datetime:
    """
    Return when an act happened: when its record says, but not after the network told of it.

    A date set back only makes an act age faster, so it is kept; one set forward, or
    one that cannot be read, is worth nothing.

    Raises
    ------
    Unusable
        If the act is said to be so old that it can count on no day to come.

    Examples
    --------
    >>> told = datetime(2026, 7, 4, tzinfo=UTC)
    >>> instant("2026-07-03T22:00:00-01:00", told) == datetime(2026, 7, 3, 23, tzinfo=UTC)
    True
    >>> instant("2026-07-04T00:01:01Z", told) == told
    True
    >>> instant("2031-01-01T00:00:00Z", told) == told == instant("soon", told)
    True
    """
    try:
        at = datetime.fromisoformat(created or "")
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return told
    age = told - at
    if age > OLDEST:
        raise Unusable("said to be older than any window")
    return at if age >= AHEAD else told


def _did(text: str) -> str:
    if not is_did(text):
        raise Unusable("names no account")
    return text


def _owner(uri: str) -> str:
    found = owner(uri)
    if found is None:
        raise Unusable("names no account's record")
    return found


def _act(source: Source, verb: str, target: str, post: str | None, at: datetime) -> Interaction:
    return Interaction(NETWORK, source.uri, verb, source.did, target, post, at)


def _on_post(verb: str) -> Callable[[_OnPost, Source], list[Interaction]]:
    def made(record: _OnPost, source: Source) -> list[Interaction]:
        uri = record.subject.uri
        return [_act(source, verb, _owner(uri), uri, instant(record.created, source.at))]

    return made


def _follow(record: _Follow, source: Source) -> list[Interaction]:
    return [_act(source, "follow", _did(record.subject), None, instant(record.created, source.at))]


def _list_item(record: _ListItem, source: Source) -> list[Interaction]:
    """Tell who was put on a list; only one's own lists can be added to, and oneself is nobody to list."""
    if _owner(record.list) != source.did:
        raise Unusable("put on somebody else's list")
    if record.subject == source.did:
        raise Unusable("put oneself on a list")
    return [_act(source, "list", _did(record.subject), None, instant(record.created, source.at))]


def _post(record: _Post, source: Source) -> list[Interaction]:
    """Tell what one post does to others: reply, quote, mention; most do nothing."""
    acts: list[tuple[str, str, str | None]] = []
    if record.reply:
        parent = record.reply.parent.uri
        acts.append(("reply", _owner(parent), parent))
    if record.embed and (quoted := _quoted(record.embed)):
        acts.append(("quote", _owner(quoted), quoted))
    if record.facets:
        acts += [("mention", did, None) for did in _mentioned(record.facets)]
    if not acts:
        return []
    at = instant(record.created, source.at)
    return [_act(source, verb, target, post, at) for verb, target, post in acts]


def _quoted(embed: _Embed) -> str | None:
    """Return the AT-URI of the post quoted; lists, feeds and starter packs are embedded the same way."""
    record = embed.record
    uri = record and (record.record.uri if record.record else record.uri)
    return uri if isinstance(uri, str) and is_post(uri) else None


def _mentioned(facets: list[_Facet]) -> list[str]:
    """Return the accounts mentioned, each once, in the order of the text."""
    dids = [feature.did for facet in facets for feature in facet.features if feature.kind == _MENTION]
    return [did for did in dict.fromkeys(dids) if did and is_did(did)][:MENTIONS]


COLLECTIONS: dict[str, tuple[type[msgspec.Struct], Callable[[Any, Source], list[Interaction]]]] = {
    "app.bsky.feed.like": (_OnPost, _on_post("like")),
    "app.bsky.feed.repost": (_OnPost, _on_post("repost")),
    _POST: (_Post, _post),
    "app.bsky.graph.follow": (_Follow, _follow),
    "app.bsky.graph.listitem": (_ListItem, _list_item),
}
"""Collection to the fields read of its records and the function that tells what they do."""

VERBS_SHOWN = ("like", "repost", "reply", "quote", "mention", "follow", "list")
"""Every verb that these collections can make."""


def changed(operation: str, collection: str, source: Source, record: Callable[[type[Any]], Any]) -> tuple[Record, ...]:
    """
    Tell what one change of a repository means.

    Parameters
    ----------
    operation : str
        ``create``, ``update`` or ``delete``.
    collection : str
    source : Source
        Whose repository it is, and the record's AT-URI.
    record : callable
        Reads the record as a type of `COLLECTIONS`.

    Raises
    ------
    Unusable
        If it is nothing to us.
    """
    if collection not in COLLECTIONS:
        raise Unusable("another collection")
    _owner(source.uri)
    if operation == "delete":
        return (Undone(NETWORK, source.uri, source.at),)
    if operation != "create":
        # An app view keeps the first version of a like or post, too: what reacted, reacted to that.
        raise Unusable("a later version" if operation == "update" else "an unknown operation")
    fields, made = COLLECTIONS[collection]
    return tuple(made(record(fields), source))


def handled(did: str, handle: str | None, at: datetime) -> tuple[Record, ...]:
    """
    Tell that an account has a handle.

    Raises
    ------
    Unusable
        If the event says nothing of one that leads back to its account.
    """
    good = handle_of(handle)
    if good is None:
        raise Unusable("an identity without a handle")
    return (Profile(NETWORK, _did(did), at, handle=good),)


def present(did: str, at: datetime, *, active: bool) -> tuple[Record, ...]:
    """Tell that an account is there (again), or was deactivated, suspended, taken down or deleted."""
    return (Presence(NETWORK, _did(did), at, present=active),)
