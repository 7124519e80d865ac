"""
Bluesky repository: what one account did to others, from the CAR file of all its records.

Anybody can download it: ``com.atproto.sync.getRepo`` needs no login. It contains what the account
did, never what it received, so it adds to the scores of the accounts that it acted on.

References
----------
AT Protocol, "Repository": commit object version 3, Merkle search tree, "CAR File Serialization".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import libipld
import msgspec
from msgspec import Struct

from renown.connectors.base import Account, Record
from renown.connectors.bluesky.car import convert_record
from renown.connectors.bluesky.facets import Facet, find_hashtags, find_mentions
from renown.connectors.bluesky.ids import NETWORK, is_did, is_post_uri, owner_did, resolve_instant
from renown.connectors.post_tags import describe_tagged_posts
from renown.imports.archives.bluesky_repository import Repository, open_repository
from renown.imports.archives.contents import ArchiveContents
from renown.records import EPOCH, Interaction

_EARLIEST = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
_UNDECODABLE, _NO_INSTANT = "cannot be decoded", "has no valid createdAt since 1970"
_UNREADABLE, _NO_ACCOUNT = "is not as its collection requires", "names no valid account"


class _Subject(Struct):
    uri: str


class _SubjectRecord(Struct):
    subject: _Subject


class _Follow(Struct):
    subject: str


class _Reply(Struct):
    parent: _Subject


class _Embedded(Struct):
    uri: str | None = None
    record: _Subject | None = None
    """Set if a quote has media."""


class _Embed(Struct):
    record: _Embedded | None = None


class _Post(Struct):
    reply: _Reply | None = None
    embed: _Embed | None = None
    text: str = ""
    facets: list[Facet] | None = None


@dataclass(frozen=True)
class _Act:
    """An act of a record on another account."""

    verb: str
    target_id: str | None
    """Account id (DID); None if the record has no valid one."""
    post_id: str | None = None


def read_archive(path: Path, now: datetime) -> ArchiveContents:
    """
    Read what an account did to others from the CAR file of its repository.

    Parameters
    ----------
    path : Path
    now : datetime
        Latest possible instant; later ones are replaced by it.

    Returns
    -------
    ArchiveContents
        Likes, reposts, follows, replies, quotes and mentions that were not undone, and hashtags of
        posts. Records of other collections are not read; those that cannot be are left out and named. It
        covers no verb: the acts of one account do not show what others did on the network.

    Raises
    ------
    InvalidInputError
        If it is no CAR file of a repository with a complete tree, has none of its records, or is too large.

    Notes
    -----
    The signature is not verified: the file is as trustworthy as its source.
    """
    repository = open_repository(path, _EXTRACTORS.keys())
    return ArchiveContents(
        network=NETWORK,
        account=Account(repository.did, repository.did),
        covers=(),
        records=_RecordReader(repository, now),
        dropped=repository.dropped,
    )


class _RecordReader:
    """Reads records one by one whenever it is iterated, and notes those that it cannot read."""

    def __init__(self, repository: Repository, now: datetime) -> None:
        self._repository, self._now = repository, now

    def __iter__(self) -> Iterator[Record]:
        """Yield what the records did to others, and the hashtags of posts."""
        self._repository.dropped.clear()
        with self._repository.car.open() as read:
            for key, position in self._repository.records:
                yield from self._read(key, read(position))

    def _read(self, key: str, block: bytes) -> Iterator[Record]:
        """Yield what a record did to others, and its hashtags."""
        drop = self._repository.dropped.add
        model, extract = _EXTRACTORS[key.partition("/")[0]]
        try:
            data = libipld.decode_dag_cbor(block)
        except (ValueError, RecursionError):
            drop(key, _UNDECODABLE)
            return
        try:
            record = convert_record(data, model)
        except msgspec.ValidationError:
            drop(key, _UNREADABLE)
            return
        acts = list(extract(record))
        at = _parse_created_at(data, self._now)
        if any(act.target_id is None for act in acts):
            drop(key, _NO_ACCOUNT)
        if acts and at is None:
            drop(key, _NO_INSTANT)
        elif at is not None:
            yield from self._to_interactions(key, acts, at)
            yield from self._describe_tags(key, data, at)

    def _to_interactions(self, key: str, acts: list[_Act], at: datetime) -> Iterator[Interaction]:
        did = self._repository.did
        uri = f"at://{did}/{key}"
        for act in acts:
            if owner_did(uri) is not None and act.target_id is not None and act.target_id != did:
                yield Interaction(
                    network=NETWORK,
                    interaction_id=uri,
                    verb=act.verb,
                    actor_id=did,
                    target_id=act.target_id,
                    post_id=act.post_id,
                    at=at,
                )

    def _describe_tags(self, key: str, data: object, at: datetime) -> Iterator[Record]:
        did = self._repository.did
        uri = f"at://{did}/{key}"
        if is_post_uri(uri):
            yield from describe_tagged_posts(NETWORK, did, {uri: find_hashtags(data)}, at)


def _parse_created_at(record: Any, now: datetime) -> datetime | None:
    """Return when a record was created, according to its author; None if that is invalid or before `EPOCH`."""
    at = resolve_instant(record.get("createdAt"), None, now=now) if isinstance(record, dict) else None
    return at if at and at >= _EARLIEST else None


def _subject_extractor(verb: str) -> Callable[[_SubjectRecord], Iterator[_Act]]:
    def extract(record: _SubjectRecord) -> Iterator[_Act]:
        yield _Act(verb, owner_did(record.subject.uri), record.subject.uri)

    return extract


def _extract_follow(record: _Follow) -> Iterator[_Act]:
    yield _Act("follow", record.subject if is_did(record.subject) else None)


def _extract_post(record: _Post) -> Iterator[_Act]:
    """Yield the replies, quotes and mentions in a post."""
    if record.reply:
        yield _Act("reply", owner_did(record.reply.parent.uri), record.reply.parent.uri)
    if record.embed and record.embed.record:
        embedded = record.embed.record
        quoted = embedded.record.uri if embedded.record else embedded.uri
        if is_post_uri(quoted):
            yield _Act("quote", owner_did(quoted), quoted)
    yield from (_Act("mention", did) for did in find_mentions(record.text, record.facets or ()))


_EXTRACTORS: Mapping[str, tuple[type[Struct], Callable[[Any], Iterator[_Act]]]] = {
    "app.bsky.feed.like": (_SubjectRecord, _subject_extractor("like")),
    "app.bsky.feed.repost": (_SubjectRecord, _subject_extractor("repost")),
    "app.bsky.feed.post": (_Post, _extract_post),
    "app.bsky.graph.follow": (_Follow, _extract_follow),
}
"""Collection to the model of its records, and the function that extracts their acts."""
