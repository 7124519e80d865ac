"""
Stack Exchange data dump, a whole site in XML: answers, comments and accepted answers with names, votes as counts.

References
----------
Stack Exchange, "Database schema documentation for the public data dump": PostTypeId 1 question, 2 answer; VoteTypeId 1
accepted by the asker, 2 upvote; the day of a vote without its time.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from renown.connectors.base import Record
from renown.connectors.post_tags import describe_tagged_posts, read_tags
from renown.errors import InvalidInputError
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents, DroppedEntries, RecordStream
from renown.imports.archives.reader import ArchiveReader
from renown.imports.column_reader import EARLIEST_INSTANT
from renown.records import DAY_SECONDS, Interaction, Profile, Tally

NETWORK = "stackexchange"
MAX_DUMP_BYTES = 10**12
"""Maximum bytes of a dump, which is read row by row; that of Stack Overflow has some 10^11."""
MAX_POST_ID = 60_000_000
"""Maximum id of a post: 12 bytes of memory for each. Only Stack Overflow has more."""
_FILES = ("Posts.xml", "Comments.xml", "Votes.xml", "Users.xml")
_SITE = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
_SUFFIXES = re.compile(r"\.(zip|tar\.gz|tgz)$")
_QUESTION, _ANSWER, _ACCEPTED, _UPVOTE = "1", "2", "1", "2"
_TAG = re.compile(r"[^|<>]+")
"""A tag of a question, whose attribute is ``|a|b|``, or ``<a><b>`` in older dumps."""
_MAX_TAG_BYTES = 2**31 - 1
"""Bytes of the tags of questions in a temporary file; some 30 for each. Beyond them, tags are left out."""
_MAX_ID = 10**9
"""Bound of the ids of accounts and of comments."""
_OPEN_DAYS = 7
"""Days before a vote whose counts are still added up: votes are in the order of their ids, nearly that of days."""
_NO_INSTANT, _NO_ID = "has no timestamp since 2000", "has no id"


def read_archive(path: Path, now: datetime) -> ArchiveContents:
    """
    Read the dump of a site: a ZIP file or folder that is called as the site, such as ``superuser.com``.

    An account is ``ID@SITE``, a post ``SITE/ID``. Reputation is no number of followers and is not read.

    Raises
    ------
    InvalidInputError
        If it is no such dump, is still packed, or its name is no site.
    """
    site = _find_site(path)
    with open_archive(path, max_file_bytes=MAX_DUMP_BYTES, max_archive_bytes=MAX_DUMP_BYTES) as archive:
        for file_name in _FILES:
            if archive.find_files(re.escape(file_name)):
                continue
            if archive.find_files(r"[^/]+\.7z"):
                raise _packed_dump_error(path)
            raise InvalidInputError(f"{path}: there is no {file_name} in it; is it a dump of a Stack Exchange site?")
    dropped = DroppedEntries()

    def read(archive: ArchiveReader) -> Iterator[Record]:
        return _DumpReader(
            archive=archive, site=site, now_second=int(now.timestamp()), dropped=dropped
        ).iterate_records()

    return ArchiveContents(
        network=NETWORK,
        account=None,
        covers=("answer", "comment", "star", "upvote"),
        records=RecordStream(path, read, MAX_DUMP_BYTES),
        dropped=dropped,
        is_whole_network=True,
    )


def _packed_dump_error(path: Path) -> InvalidInputError:
    return InvalidInputError(f"{path}: the dump is packed; unpack it with 7z x, and name the folder")


def _find_site(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".7z"):
        raise _packed_dump_error(path)
    site = _SUFFIXES.sub("", path.resolve().name.lower())
    if not _SITE.fullmatch(site):
        raise InvalidInputError(
            f"{path}: {site!r} is no site; call the file or folder as the site of the dump, such as superuser.com"
        )
    return site


@dataclass(kw_only=True)
class _DumpReader:
    """
    Reads the files of a dump; of all posts it keeps who wrote them, the question or where its tags are, and when.

    Ids of posts are dense, so arrays with their ids as index take the least memory: 12 bytes for each. Tags of
    questions would take more, so they are in a temporary file until the answers have them.
    """

    archive: ArchiveReader
    site: str
    now_second: int
    dropped: DroppedEntries
    owners: "array[int]" = field(default_factory=lambda: array("i"))
    """Post id to the account that wrote it; 0 if it is unknown, deleted or the community."""
    questions: "array[int]" = field(default_factory=lambda: array("i"))
    """
    Id of an answer to that of its question; of a question with tags to where these are in the temporary file, as a
    negative number; 0 for other posts.
    """
    seconds: "array[int]" = field(default_factory=lambda: array("I"))
    """Post id to the epoch second of its creation."""
    latest: int = 0
    """Epoch second of the latest act: about when the dump was made."""

    def iterate_records(self) -> Iterator[Record]:
        """Yield all records of the site."""
        self.dropped.clear()
        with TemporaryFile() as tag_file:
            self._read_posts(tag_file)
            yield from self._iterate_tags(tag_file)
        yield from self._iterate_answers()
        yield from self._iterate_comments()
        yield from self._iterate_votes()
        yield from self._iterate_users()

    def _rows(self, file_name: str) -> Iterator[tuple[str, int, Mapping[str, str]]]:
        for name in self.archive.find_files(re.escape(file_name)):
            for number, row in enumerate(self.archive.iterate_rows(name), 1):
                yield name, number, row

    def _read_posts(self, tag_file: IO[bytes]) -> None:
        """Read all posts; write the tags of questions to a file."""
        for name, number, row in self._rows("Posts.xml"):
            post, second = _parse_id(row.get("Id")), self._parse_second(row.get("CreationDate"))
            if not post or second is None:
                self.dropped.add(name, number, _NO_INSTANT if post else _NO_ID)
                continue
            if post > MAX_POST_ID:
                raise self.archive.file_error(
                    name, f"has a post {post:,} in row {number:,}; dumps with ids above {MAX_POST_ID:,} are not read"
                )
            self._enlarge(post)
            self.owners[post] = _parse_id(row.get("OwnerUserId"))
            self.seconds[post] = second
            if row.get("PostTypeId") == _ANSWER:
                self.questions[post] = min(_parse_id(row.get("ParentId")), MAX_POST_ID)
            elif row.get("PostTypeId") == _QUESTION:
                tags, offset = "|".join(read_tags(_TAG.findall(row.get("Tags", "")))), tag_file.tell()
                if tags and offset < _MAX_TAG_BYTES:
                    tag_file.write(tags.replace("\n", " ").encode() + b"\n")
                    self.questions[post] = -1 - offset

    def _iterate_tags(self, tag_file: IO[bytes]) -> Iterator[Record]:
        """Yield the tags of each question, and for each answer those of its question."""
        for post, question in enumerate(self.questions):
            position = self.questions[question] if 0 < question < len(self.questions) else question
            if position < 0 and self.owners[post]:
                tag_file.seek(-1 - position)
                tags = {f"{self.site}/{post}": tuple(tag_file.readline().decode().rstrip("\n").split("|"))}
                at = datetime.fromtimestamp(self.seconds[post], UTC)
                yield from describe_tagged_posts(NETWORK, self._account_id(self.owners[post]), tags, at)

    def _enlarge(self, post: int) -> None:
        missing = post + 1 - len(self.owners)
        if missing > 0:
            for values in (self.owners, self.questions, self.seconds):
                values.frombytes(bytes(values.itemsize * max(missing, 65_536)))

    def _owner(self, post: int) -> int:
        return self.owners[post] if 0 < post < len(self.owners) else 0

    def _iterate_answers(self) -> Iterator[Interaction]:
        for post, question in enumerate(self.questions):
            if question > 0:
                yield from self._act("answer", self.owners[post], question, self.seconds[post], f"answer {post}")

    def _iterate_comments(self) -> Iterator[Interaction]:
        for name, number, row in self._rows("Comments.xml"):
            second, comment = self._parse_second(row.get("CreationDate")), _parse_id(row.get("Id"))
            if second is None or not comment:
                self.dropped.add(name, number, _NO_ID if second is not None else _NO_INSTANT)
                continue
            post, account = _parse_id(row.get("PostId")), _parse_id(row.get("UserId"))
            yield from self._act("comment", account, post, second, f"comment {comment}")

    def _iterate_votes(self) -> Iterator[Record]:
        """Yield who accepted an answer, by the day, and the upvotes of each post on each day."""
        counts: dict[int, Counter[int]] = {}
        for name, number, row in self._rows("Votes.xml"):
            vote_type = row.get("VoteTypeId")
            if vote_type not in {_ACCEPTED, _UPVOTE}:
                continue
            post, second = _parse_id(row.get("PostId")), self._parse_second(row.get("CreationDate"))
            if second is None:
                self.dropped.add(name, number, _NO_INSTANT)
            elif vote_type == _UPVOTE:
                day_no = second // DAY_SECONDS
                if day_no not in counts:
                    yield from self._close_days(counts, day_no - _OPEN_DAYS)
                    counts[day_no] = Counter()
                counts[day_no][post] += 1
            elif post < len(self.questions):
                asker = self._owner(self.questions[post])
                yield from self._act("star", asker, post, second, f"accepted {post}")
        yield from self._close_days(counts, self.latest)

    def _close_days(self, counts: dict[int, Counter[int]], last_day: int) -> Iterator[Tally]:
        for day_no in [day for day in counts if day <= last_day]:
            at = datetime.fromtimestamp(day_no * DAY_SECONDS, UTC)
            for post, count in counts.pop(day_no).items():
                owner = self._owner(post)
                if owner:
                    yield Tally(
                        network=NETWORK,
                        account_id=self._account_id(owner),
                        post_id=f"{self.site}/{post} {at:%Y-%m-%d}",
                        verb="upvote",
                        count=count,
                        at=at,
                    )

    def _iterate_users(self) -> Iterator[Profile]:
        at = datetime.fromtimestamp(self.latest or self.now_second, UTC)
        for name, number, row in self._rows("Users.xml"):
            account = _parse_id(row.get("Id"))
            if account:
                second = self._parse_second(row.get("CreationDate"))
                yield Profile(
                    network=NETWORK,
                    account_id=self._account_id(account),
                    at=at,
                    handle=(row.get("DisplayName") or "").strip()[:100] or None,
                    created_at=None if second is None else datetime.fromtimestamp(second, UTC),
                )
            elif row.get("Id") != "-1":  # the community
                self.dropped.add(name, number, _NO_ID)

    def _act(self, verb: str, actor: int, post: int, second: int, act_id: str) -> Iterator[Interaction]:
        target = self._owner(post)
        if actor and target and actor != target:
            yield Interaction(
                network=NETWORK,
                interaction_id=f"{self.site} {act_id}",
                verb=verb,
                actor_id=self._account_id(actor),
                target_id=self._account_id(target),
                post_id=f"{self.site}/{post}",
                at=datetime.fromtimestamp(second, UTC),
            )

    def _account_id(self, number: int) -> str:
        return f"{number}@{self.site}"

    def _parse_second(self, text: str | None) -> int | None:
        """Return the epoch second of a timestamp without UTC offset, at most now; None if it is none since 2000."""
        second = _parse_second(text)
        if second is None:
            return None
        second = min(second, self.now_second)
        self.latest = max(self.latest, second)
        return second


@lru_cache(maxsize=10_000)
def _parse_second(text: str | None) -> int | None:
    """Return the epoch second of a timestamp; None if it is none since 2000. Votes of a day have the same text."""
    try:
        at = datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp()) if at >= EARLIEST_INSTANT else None


def _parse_id(text: str | None) -> int:
    """Return a positive number; 0 if it is none, or implausibly large."""
    try:
        number = int(text or 0)
    except ValueError:
        return 0
    return number if 0 < number < _MAX_ID else 0
