"""
Stream events of Bluesky: convert its repository records to ours.

Jetstream and the firehose wrap the same records differently: each unwraps them, and
this module converts them. The id of an act is the AT-URI of its record. One post may
be several acts (a reply, a quote, mentions): they share its AT-URI and differ in verb
and target, so that one `Undone` undoes all of them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from renown.connectors.bluesky.facets import find_mentions
from renown.connectors.bluesky.ids import NETWORK, is_did, is_post_uri, owner_did, parse_handle
from renown.connectors.bluesky.records import FollowRecord, ListItemRecord, PostEmbed, PostReactionRecord, PostRecord
from renown.records import Interaction, Presence, Profile, Undone

MAX_ACT_AGE = timedelta(days=400)
"""Acts dated further back when they arrive are ignored: longer than any window, so they could never count."""
MIN_ACT_AGE = timedelta(minutes=-1)
"""Tolerated clock skew, as a negative age: within it both feeds give an act the same instant."""
SERVER_MESSAGE_PREFIX = "the server says "
"""Prefix of a reason that is a message of the server about itself."""
OTHER_PROTOCOL = "a frame of another protocol"
"""Reason of a frame that tells that the address or the kind of feed is wrong."""
_MAX_MESSAGE_NAME = 60
"""Characters that are shown of a server's message about itself."""
StreamRecord = Interaction | Undone | Profile | Presence
_POST = "app.bsky.feed.post"


class StreamEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a stream, as records; a msgspec Struct is created five times as fast as a frozen dataclass."""

    cursor: int
    """Cursor to resume from after it; 0 if the event is too malformed to have one."""
    at: float
    """Epoch second at which the network sent it; 0 if unknown."""
    records: tuple[StreamRecord, ...] = ()
    ignored: tuple[str, ...] = ()
    """Why parts of it were ignored."""
    key: int = 0
    """Hash of what the event is (account, revision and path): the same whenever and as whatever it is sent again."""


class UnusableRecordError(Exception):
    """A record that is ignored; the message is a short reason, by which they are counted."""


class EventSource(msgspec.Struct, frozen=True, gc=False):
    """The origin of a record: its AT-URI, its owner, and when the network sent it."""

    uri: str
    did: str
    at: datetime


def server_message(name: str) -> str:
    """
    Return the reason for a frame that is a message of the server about itself.

    Examples
    --------
    >>> server_message("ConsumerTooSlow"), server_message("")
    ('the server says ConsumerTooSlow', 'the server says an error')
    """
    printable_name = "".join(char for char in name[:_MAX_MESSAGE_NAME] if char.isprintable())
    return f"{SERVER_MESSAGE_PREFIX}{printable_name or 'an error'}"


def act_instant(created: str | None, received_at: datetime) -> datetime:
    """
    Return when an act happened: when its record claims, but not after the network sent it.

    A backdated act only ages faster, so its date is accepted; a future or invalid date
    is replaced with the time of arrival.

    Raises
    ------
    UnusableRecordError
        If the date is so old that the act could never count.

    Examples
    --------
    >>> received_at = datetime(2026, 7, 4, tzinfo=UTC)
    >>> act_instant("2026-07-03T22:00:00-01:00", received_at) == datetime(2026, 7, 3, 23, tzinfo=UTC)
    True
    >>> act_instant("2026-07-04T00:01:01Z", received_at) == received_at
    True
    >>> act_instant("2031-01-01T00:00:00Z", received_at) == received_at == act_instant("soon", received_at)
    True
    """
    try:
        at = datetime.fromisoformat(created or "")
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return received_at
    age = received_at - at
    if age > MAX_ACT_AGE:
        raise UnusableRecordError("dated before any window")
    return at if age >= MIN_ACT_AGE else received_at


def _check_did(text: str) -> str:
    if not is_did(text):
        raise UnusableRecordError("a subject that is no DID")
    return text


def _check_owner(uri: str) -> str:
    did = owner_did(uri)
    if did is None:
        raise UnusableRecordError("an invalid AT-URI")
    return did


def _to_interaction(source: EventSource, verb: str, target: str, post: str | None, at: datetime) -> Interaction:
    return Interaction(
        network=NETWORK,
        interaction_id=source.uri,
        verb=verb,
        actor_id=source.did,
        target_id=target,
        post_id=post,
        at=at,
    )


def _post_reaction_converter(verb: str) -> Callable[[PostReactionRecord, EventSource], list[Interaction]]:
    def convert(record: PostReactionRecord, source: EventSource) -> list[Interaction]:
        uri = record.subject.uri
        return [_to_interaction(source, verb, _check_owner(uri), uri, act_instant(record.created, source.at))]

    return convert


def _convert_follow(record: FollowRecord, source: EventSource) -> list[Interaction]:
    return [_to_interaction(source, "follow", _check_did(record.subject), None, act_instant(record.created, source.at))]


def _convert_list_item(record: ListItemRecord, source: EventSource) -> list[Interaction]:
    """Convert a list entry; entries in other people's lists, and of oneself, are ignored."""
    if _check_owner(record.list) != source.did:
        raise UnusableRecordError("an entry in somebody else's list")
    if record.subject == source.did:
        raise UnusableRecordError("an entry of oneself in a list")
    return [_to_interaction(source, "list", _check_did(record.subject), None, act_instant(record.created, source.at))]


def _convert_post(record: PostRecord, source: EventSource) -> list[Interaction]:
    """Convert a post to its acts on others: reply, quote, mentions; most posts have none."""
    acts: list[tuple[str, str, str | None]] = []
    if record.reply:
        parent = record.reply.parent.uri
        acts.append(("reply", _check_owner(parent), parent))
    if record.embed and (quoted_uri := _find_quoted_uri(record.embed)):
        acts.append(("quote", _check_owner(quoted_uri), quoted_uri))
    if record.facets:
        acts += [("mention", did, None) for did in find_mentions(record.text, record.facets)]
    if not acts:
        return []
    at = act_instant(record.created, source.at)
    return [_to_interaction(source, verb, target, post, at) for verb, target, post in acts]


def _find_quoted_uri(embed: PostEmbed) -> str | None:
    """Return the AT-URI of the quoted post; None for embedded lists, feeds and starter packs."""
    record = embed.record
    uri = record and (record.record.uri if record.record else record.uri)
    return uri if isinstance(uri, str) and is_post_uri(uri) else None


COLLECTIONS: dict[str, tuple[type[msgspec.Struct], Callable[[Any, EventSource], list[Interaction]]]] = {
    "app.bsky.feed.like": (PostReactionRecord, _post_reaction_converter("like")),
    "app.bsky.feed.repost": (PostReactionRecord, _post_reaction_converter("repost")),
    _POST: (PostRecord, _convert_post),
    "app.bsky.graph.follow": (FollowRecord, _convert_follow),
    "app.bsky.graph.listitem": (ListItemRecord, _convert_list_item),
}
"""Collection to the Struct of its records, and the function that converts them to interactions."""
STREAM_VERBS = ("like", "repost", "reply", "quote", "mention", "follow", "list")
"""Every verb that a stream of these collections has."""


def convert_change(
    operation: str, collection: str, source: EventSource, decode: Callable[[type[Any]], Any]
) -> tuple[StreamRecord, ...]:
    """
    Convert one change of a repository to our records.

    Parameters
    ----------
    operation : str
        ``create``, ``update`` or ``delete``.
    collection : str
    source : EventSource
        The owner of the repository, and the record's AT-URI.
    decode : callable
        Decodes the record as a type of `COLLECTIONS`.

    Raises
    ------
    UnusableRecordError
        If it is to be ignored.
    """
    if collection not in COLLECTIONS:
        raise UnusableRecordError("another collection")
    _check_owner(source.uri)
    if operation == "delete":
        return (Undone(NETWORK, source.uri, source.at),)
    if operation != "create":
        # Like an app view, we use the first version of a like or post: reactions were to that.
        raise UnusableRecordError("an update" if operation == "update" else "an unknown operation")
    record_type, convert = COLLECTIONS[collection]
    return tuple(convert(decode(record_type), source))


def convert_handle(did: str, handle: object, at: datetime) -> tuple[StreamRecord, ...]:
    """
    Convert an identity event: an account has a new handle.

    Raises
    ------
    UnusableRecordError
        If it has no valid handle.
    """
    valid_handle = parse_handle(handle)
    if valid_handle is None:
        raise UnusableRecordError("an identity without a handle")
    return (Profile(network=NETWORK, account_id=_check_did(did), at=at, handle=valid_handle),)


def convert_presence(did: str, at: datetime, *, active: bool | None) -> tuple[StreamRecord, ...]:
    """
    Convert an account event: active (again), or deactivated, suspended, taken down or deleted.

    Raises
    ------
    UnusableRecordError
        If it does not say which.
    """
    if active is None:
        raise UnusableRecordError("an account event without a status")
    return (Presence(NETWORK, _check_did(did), at, present=active),)
