"""Discourse export: the likes and replies that each of one's posts got on a forum; who liked is not in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from renown.connectors.base import Account, Record
from renown.connectors.url_parts import split_url
from renown.errors import InvalidInputError
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents, DroppedEntries, RecordStream
from renown.imports.archives.meta_labels import MAX_COUNT_DIGITS
from renown.imports.archives.owner_acts import OwnerActs
from renown.imports.archives.reader import ArchiveReader

NETWORK = "discourse"
_POSTS_FILE, _PREFERENCES_FILE = r"user_archive\.csv", r"preferences\.json"
_REQUIRED = ("like_count", "reply_count", "url", "created_at")
_POST_URL = re.compile(r".*/t/(?:[^/]*/)?(\d{1,18})/(\d{1,18})/?")
_NAME = re.compile(r"[\w.-]{1,60}")
_HOST = re.compile(r"[a-z0-9.-]{1,253}")
_NAME_IN_FILE = re.compile(r"user_archive-([\w.-]{1,60}?)-\d{6}-\d{6}")
_NO_CATEGORY = "-"
"""Category of private messages, and of topics that the owner may not see any more."""
_NO_URL = "has no address of a post, such as https://forum.example/t/topic/12/3"
_NO_INSTANT, _NO_COUNT = "has no timestamp since 2000", "has a count that is no number"


class DiscourseExportUser(msgspec.Struct):
    """The owner, in preferences.json."""

    id: Annotated[int, msgspec.Meta(ge=-(2**40), le=2**40)] | None = None
    username: str | None = None


class DiscoursePreferences(DiscourseExportUser):
    """The owner's settings; older versions have the user within."""

    user: DiscourseExportUser | None = None


def read_archive(path: Path, now: datetime, handle: str | None = None) -> ArchiveContents:
    """
    Read a Discourse export: the account's own posts, with counts.

    The account is ``ID@HOST``, or ``NAME@HOST`` if the export has no id.

    Raises
    ------
    InvalidInputError
        If it is no Discourse export, or does not tell whose it is and of which forum.
    """
    with open_archive(path) as archive:
        names = archive.find_files(_POSTS_FILE)
        if not names:
            raise archive.missing_file_error("user_archive.csv", "a forum that runs Discourse")
        host = _read_host(archive, names[0])
        user_id, username = _find_owner(archive, handle)
    owner, owner_handle = f"{user_id or username}@{host}", f"{username or user_id}@{host}"
    dropped = DroppedEntries()

    def read(archive: ArchiveReader) -> Iterator[Record]:
        return _DiscourseReader(archive, OwnerActs(NETWORK, owner, now, owner_handle), dropped, host).iterate_records()

    return ArchiveContents(
        network=NETWORK,
        account=Account(owner, owner_handle),
        covers=("like", "reply"),
        records=RecordStream(path, read),
        dropped=dropped,
    )


def _read_host(archive: ArchiveReader, name: str) -> str:
    """Return the forum's host, from the address of the first post."""
    for _, fields in archive.iterate_csv(name, _REQUIRED):
        if host := _parse_post_url(fields.get("url", ""))[0]:
            return host
    raise archive.file_error(name, "has no post with an address, so it does not tell of which forum it is")


def _find_owner(archive: ArchiveReader, handle: str | None) -> tuple[int | None, str | None]:
    """Return the owner's id and name."""
    for name in archive.find_files(_PREFERENCES_FILE):
        preferences = archive.read_json(name, DiscoursePreferences)
        user = preferences.user or preferences
        username = user.username if _NAME.fullmatch(user.username or "") else None
        if user.id is not None or username:
            return user.id, username
    for text in (archive.path.name, *archive.names[:1]):
        if match := _NAME_IN_FILE.search(text):
            return None, match[1].lower()
    if handle:
        if not _NAME.fullmatch(handle.removeprefix("@")):
            raise InvalidInputError(f"--handle is {handle!r}; write a name on the forum, such as ada")
        return None, handle.removeprefix("@").lower()
    raise InvalidInputError(
        f"{archive.path}: it has no preferences.json that says whose it is; give your name on the forum with --handle"
    )


def _parse_post_url(url: str) -> tuple[str | None, str | None]:
    """Return the host, and the topic and number of the post; None if it is no address of a post."""
    parts = split_url(url)
    match, host = _POST_URL.fullmatch(parts.path), parts.hostname
    return (host, f"{match[1]}/{match[2]}") if match and _HOST.fullmatch(host or "") else (None, None)


@dataclass
class _DiscourseReader:
    """Reads the posts of an export."""

    archive: ArchiveReader
    acts: OwnerActs
    dropped: DroppedEntries
    host: str

    def iterate_records(self) -> Iterator[Record]:
        """Yield the counts of each public post, and the number of posts at last."""
        self.dropped.clear()
        post_count = 0
        for name in self.archive.find_files(_POSTS_FILE):
            for number, fields in self.archive.iterate_csv(name, _REQUIRED):
                if _is_public(fields):
                    post_count += 1
                    yield from self._iterate_tallies(name, number, fields)
        yield self.acts.profile(posts=post_count)

    def _iterate_tallies(self, name: str, number: int, fields: Mapping[str, str]) -> Iterator[Record]:
        host, post = _parse_post_url(fields.get("url", ""))
        at = self.acts.plausible_instant(_parse_instant(fields.get("created_at", "")))
        counts = {verb: _parse_count(fields.get(f"{verb}_count", "")) for verb in ("like", "reply")}
        if host != self.host or at is None or None in counts.values():
            problem = _NO_URL if host != self.host else _NO_INSTANT if at is None else _NO_COUNT
            self.dropped.add(name, number, problem)
            return
        for verb, count in counts.items():
            if count:
                yield self.acts.tally(verb, count, at, f"{self.host}/t/{post}")


def _is_public(fields: Mapping[str, str]) -> bool:
    """Tell whether a post is in no private message; the word for no is in the language of the forum."""
    categories = fields.get("categories", fields.get("category", ""))
    return fields.get("is_pm", "").casefold() != "yes" and categories != _NO_CATEGORY


def _parse_instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _parse_count(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_COUNT_DIGITS
    return int(text) if is_number else 0 if not text else None
