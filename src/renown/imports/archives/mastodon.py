"""Mastodon archive: the export of an account; it has at most counts of reactions, never who reacted."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import msgspec

from renown.connectors.base import Account
from renown.connectors.decode_values import Instant
from renown.connectors.mastodon.ids import NETWORK, normalize_account_id
from renown.connectors.post_tags import describe_tagged_posts, read_tags
from renown.connectors.url_parts import split_url
from renown.imports.archives.contents import ArchiveContents
from renown.imports.archives.reader import ArchiveReader
from renown.imports.archives.values import Count, IdText, plausible_instant
from renown.records import Profile, Tally

_ITEMS = "orderedItems"
"""Key of the acts in outbox.json."""
_PUBLIC_RECIPIENTS = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
"""Recipients of a public or unlisted post (ActivityPub, 5.6)."""


class MastodonArchiveOwner(msgspec.Struct, rename={"username": "preferredUsername"}):
    """The account that the archive is of: actor.json."""

    id: str
    username: str
    webfinger: str | None = None
    """``user@domain``, if the domain differs from that of `id`; since Mastodon 4.5."""
    published: str | None = None


class MastodonArchiveCollection(msgspec.Struct, rename="camel"):
    """An ActivityStreams collection, of which only the size is read."""

    total_items: Count | None = None


class MastodonArchivePost(msgspec.Struct):
    """A post."""

    id: IdText
    published: Instant
    to: list[str | None] | str | None = None
    cc: list[str | None] | str | None = None
    likes: MastodonArchiveCollection | str | None = None
    shares: MastodonArchiveCollection | str | None = None
    replies: MastodonArchiveCollection | str | None = None
    hashtags: Any = msgspec.field(default=None, name="tag")
    """Its hashtags; mentions and emojis are tags, too, and those of all posts would fill memory."""

    def __post_init__(self) -> None:
        """Keep the hashtags of the tags."""
        tags = self.hashtags if isinstance(self.hashtags, list) else ()
        self.hashtags = read_tags([tag for tag in tags if isinstance(tag, dict) and tag.get("type") == "Hashtag"])

    @property
    def is_public(self) -> bool:
        """Whether it is public or unlisted."""
        recipients = (
            recipient
            for field in (self.to, self.cc)
            for recipient in ([field] if isinstance(field, str) else field or ())
        )
        return not _PUBLIC_RECIPIENTS.isdisjoint(recipients)


class MastodonArchiveActivity(msgspec.Struct):
    """An act of the account: `Create` for a post, `Announce` for a boost."""

    type: str | None = None
    object: Any = None


class MastodonArchiveAccounts(msgspec.Struct, rename="camel"):
    """The accounts in followers.json and following.json of a Pleroma backup."""

    ordered_items: list[str | dict[str, Any]] = []


def read_archive(archive: ArchiveReader, now: datetime) -> ArchiveContents:
    """
    Read a Mastodon archive: the account's profile, and the counts and hashtags of each public post that has them.

    Raises
    ------
    InvalidInputError
        If it is no Mastodon archive, or incomplete.
    """
    actors, outboxes = archive.find_files(r"actor\.json"), archive.find_files(r"outbox\.json")
    if not actors or not outboxes:
        raise archive.missing_file_error("outbox.json" if actors else "actor.json", "Mastodon")
    owner = archive.read_json(actors[0], MastodonArchiveOwner)
    handle, account_id = _parse_owner(archive, actors[0], owner)
    posts, activity_count = _read_outbox(archive, outboxes[0])
    at = min(max((post.published for post in posts), default=now), now)
    followers = _count_accounts(archive, r"followers\.csv", r"followers\.json")
    following = _count_accounts(archive, r"following(_accounts)?\.csv", r"following\.json")
    profile = Profile(
        network=NETWORK,
        account_id=account_id,
        at=at,
        handle=handle,
        followers=followers,
        following=following,
        posts=activity_count,
        created_at=plausible_instant(_parse_created_at(archive, actors[0], owner)),
        self_reported=True,
    )
    tallies = [tally for post in posts for tally in _build_tallies(post, account_id, now)]
    tags_by_post = {post.id: post.hashtags for post in posts if post.is_public}
    return ArchiveContents(
        network=NETWORK,
        account=Account(account_id, handle),
        covers=("like", "repost", "reply"),
        records=(profile, *tallies, *describe_tagged_posts(NETWORK, account_id, tags_by_post, at)),
    )


def _read_outbox(archive: ArchiveReader, file: str) -> tuple[list[MastodonArchivePost], int]:
    """Return the posts among the account's acts, and the number of all acts; boosts count as posts."""
    posts, count, has_items = [], 0, False
    for keys, value in archive.iterate_json(file):
        if keys != (_ITEMS,):
            continue
        has_items = True
        if value == []:
            continue
        count += 1
        activity = archive.convert(file, count, value, MastodonArchiveActivity)
        if activity.type == "Create":
            posts.append(_parse_post(archive, file, activity.object))
    if not has_items:
        raise archive.file_error(file, f"has no {_ITEMS!r}; download the complete archive again")
    return posts, count


def _parse_owner(archive: ArchiveReader, file: str, owner: MastodonArchiveOwner) -> tuple[str, str]:
    """Return the owner's handle, and their id: the handle normalized to ``user@domain``."""
    handle = owner.webfinger or f"{owner.username}@{split_url(owner.id).netloc}"
    account_id = normalize_account_id(handle, "") if handle.partition("@")[2] else None
    if account_id is None:
        raise archive.file_error(
            file, f"has no valid account: {owner.username[:80]!r} of {owner.id[:80]!r}; was it edited?"
        )
    return handle, account_id


def _parse_created_at(archive: ArchiveReader, file: str, owner: MastodonArchiveOwner) -> datetime | None:
    try:
        at = datetime.fromisoformat(owner.published) if owner.published else None
    except ValueError:
        raise archive.file_error(file, f"has the creation date {owner.published!r}, which is not a timestamp") from None
    return at and (at if at.tzinfo else at.replace(tzinfo=UTC))


def _parse_post(archive: ArchiveReader, file: str, value: Any) -> MastodonArchivePost:
    try:
        return msgspec.convert(value, MastodonArchivePost, strict=False)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        post_id = value.get("id") if isinstance(value, dict) else value
        post_text = post_id[:80] if isinstance(post_id, str) else f"without an id ({type(post_id).__name__})"
        raise archive.file_error(
            file, f"has a post {post_text!r} that is not as expected ({error}); was it edited?"
        ) from error


def _build_tallies(post: MastodonArchivePost, account_id: str, now: datetime) -> list[Tally]:
    """Return the counts of a post; none if it is not public."""
    counts = {"like": post.likes, "repost": post.shares, "reply": post.replies}
    return [
        Tally(
            network=NETWORK,
            account_id=account_id,
            post_id=post.id,
            verb=verb,
            count=collection.total_items,
            at=min(post.published, now),
            self_reported=True,
        )
        for verb, collection in counts.items()
        if post.is_public and isinstance(collection, MastodonArchiveCollection) and collection.total_items
    ]


def _count_accounts(archive: ArchiveReader, csv_pattern: str, json_pattern: str) -> int | None:
    """Count the accounts in a CSV file, or else in a collection; None if there is no such file."""
    for name in archive.find_files(csv_pattern):
        try:
            text = archive.read_bytes(name).decode("utf-8")
            rows = csv.reader(io.StringIO(text, newline=""))
            return len({row[0].lower() for row in rows if row and "@" in row[0]})
        except (UnicodeDecodeError, csv.Error) as error:
            raise archive.file_error(name, f"is not a valid CSV file ({error}); export it again") from error
    for name in archive.find_files(json_pattern):
        items = archive.read_json(name, MastodonArchiveAccounts).ordered_items
        ids = {str(item.get("id") or "") if isinstance(item, dict) else item for item in items}
        return len(ids - {""})
    return None
