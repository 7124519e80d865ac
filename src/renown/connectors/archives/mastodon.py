"""Mastodon: the archive that a server gives people of their account; what others did is there as numbers, if at all."""

import csv
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from renown.connectors.archives.contents import Contents
from renown.connectors.archives.members import Count, Instant, Members, Text
from renown.connectors.base import Account
from renown.connectors.mastodon.accounts import NETWORK, account_id
from renown.records import Profile, Tally

_EVERYBODY = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
"""Who a public or unlisted post is for (ActivityPub, 5.6)."""


class Owner(msgspec.Struct, rename={"username": "preferredUsername"}):
    """actor.json: whose archive it is."""

    id: str
    username: str
    webfinger: str | None = None
    """``user@domain``, where the domain is another than that of `id`; since 4.5."""
    published: str | None = None


class Many(msgspec.Struct, rename="camel"):
    """A collection."""

    total_items: Count | None = None


class Note(msgspec.Struct):
    """A post."""

    id: Text
    published: Instant
    to: list[str] | str = ""
    cc: list[str] | str = ""
    likes: Many | str | None = None
    shares: Many | str | None = None
    replies: Many | str | None = None


class Activity(msgspec.Struct):
    """What somebody did: `Create` a post, `Announce` another's."""

    type: str
    object: Any = None


class Outbox(msgspec.Struct, rename="camel"):
    """outbox.json."""

    ordered_items: list[Activity]


def read(members: Members, now: datetime) -> Contents:
    """
    Read an archive of Mastodon: the account's figures, and the counts of each public post where they are there.

    Raises
    ------
    BadInput
        If it is none, or not whole.
    """
    actors, outboxes = members.find(r"actor\.json"), members.find(r"outbox\.json")
    if not actors or not outboxes:
        raise members.lacking("outbox.json" if actors else "actor.json", "Mastodon")
    owner = members.json(actors[0], Owner)
    name, key = _name(members, actors[0], owner)
    activities = members.json(outboxes[0], Outbox).ordered_items
    notes = [_note(members, outboxes[0], one.object) for one in activities if one.type == "Create"]
    at = min(max((note.published for note in notes), default=now), now)
    followers, following = _lines(members, r"followers\.csv"), _lines(members, r"following(_accounts)?\.csv")
    profile = Profile(
        NETWORK,
        key,
        at,
        handle=name,
        followers=followers,
        following=following,
        posts=len(activities),
        created_at=_created(members, actors[0], owner),
    )
    tallies = [tally for note in notes for tally in _tallies(note, key, now)]
    return Contents(NETWORK, Account(key, name), ("like", "repost", "reply"), (profile, *tallies))


def _name(members: Members, file: str, owner: Owner) -> tuple[str, str]:
    """Return ``user@domain``, as it is written and as everybody's id is."""
    name = owner.webfinger or f"{owner.username}@{urlsplit(owner.id).netloc}"
    key = account_id(name, "") if name.partition("@")[2] else None
    if key is None:
        raise members.fault(file, f"names no account: {owner.username[:80]!r} of {owner.id[:80]!r}; was it changed?")
    return name, key


def _created(members: Members, file: str, owner: Owner) -> datetime | None:
    try:
        at = datetime.fromisoformat(owner.published) if owner.published else None
    except ValueError:
        raise members.fault(file, f"says it was published at {owner.published!r}, which is no instant") from None
    return at and (at if at.tzinfo else at.replace(tzinfo=UTC))


def _note(members: Members, file: str, said: Any) -> Note:
    try:
        return msgspec.convert(said, Note, strict=False)
    except msgspec.ValidationError as error:
        shown = str(said.get("id") if isinstance(said, dict) else said)[:80]
        raise members.fault(file, f"has a post {shown!r} that is not as expected ({error})") from error


def _tallies(note: Note, key: str, now: datetime) -> list[Tally]:
    """Return the counts of a post that everybody may read."""
    told = {one for to in (note.to, note.cc) for one in ([to] if isinstance(to, str) else to)}
    counts = {"like": note.likes, "repost": note.shares, "reply": note.replies}
    return [
        Tally(NETWORK, key, note.id, verb, many.total_items, min(note.published, now))
        for verb, many in counts.items()
        if told & _EVERYBODY and isinstance(many, Many) and many.total_items
    ]


def _lines(members: Members, pattern: str) -> int | None:
    """Return how many accounts a CSV file names; None where there is no such file."""
    for name in members.find(pattern):
        try:
            rows = list(csv.reader(members.text(name).decode("utf-8-sig").splitlines()))
        except (UnicodeDecodeError, csv.Error) as error:
            raise members.fault(name, f"is no CSV ({error}); export it again") from error
        return sum(1 for row in rows if row and "@" in row[0])
    return None
