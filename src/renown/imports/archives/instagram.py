"""Instagram export, with its part of Threads: followers, the owner's acts, counts of posts of professional accounts."""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from renown.connectors.base import Account, Record
from renown.errors import InvalidInputError
from renown.imports.archives import meta_labels
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents, DroppedEntries, RecordStream
from renown.imports.archives.meta_entries import (
    MetaEntry,
    clean_name,
    entry_instant,
    entry_name,
    find_label,
    iterate_entries,
    post_author,
    post_id,
)
from renown.imports.archives.owner_acts import OwnerActs
from renown.imports.archives.owners import choose_owner
from renown.imports.archives.reader import ArchiveReader
from renown.records import Interaction

CLICKS = (
    "open Accounts Center > Your information and permissions > Export your information, and choose the format JSON "
    "and the date range All time"
)
_NAME_IN_FOLDER = re.compile(r"(?:^|/)instagram-([a-z0-9._]+)-\d{4}-\d{2}-\d{2}-")
_OWNER_FILE = r"personal_information\.json"
_INSIGHTS_FILES = r"past_instagram_insights/(posts|reels|videos)\.json"
_INSIGHTS_LABELS = {"like": meta_labels.LIKES, "comment": meta_labels.COMMENTS, "share": meta_labels.SHARES}
_NO_NAME, _NO_INSTANT = "names no account", "has no timestamp since 2000"
_FOREIGN_LABELS = "has labels in a language that is not read; switch the account to English and export again"


@dataclass(frozen=True)
class _EntryFiles:
    """Files with a list of entries."""

    pattern: str
    key: str
    """Key of the list, in files that are an object."""


@dataclass(frozen=True)
class _NetworkFiles:
    """The files of one of the two networks."""

    followers: _EntryFiles
    following: _EntryFiles
    likes: tuple[_EntryFiles, ...]
    comments: tuple[_EntryFiles, ...]
    posts: _EntryFiles

    def __iter__(self) -> Iterator[_EntryFiles]:
        """Yield all kinds of files."""
        yield from (self.followers, self.following, *self.likes, *self.comments, self.posts)


_FILES = {
    "instagram": _NetworkFiles(
        _EntryFiles(r"followers_and_following/followers(_\d+)?\.json", "relationships_followers"),
        _EntryFiles(r"followers_and_following/following(_\d+)?\.json", "relationships_following"),
        (
            _EntryFiles(r"liked_posts(_\d+)?\.json", "likes_media_likes"),
            _EntryFiles(r"story_likes(_\d+)?\.json", "story_activities_story_likes"),
        ),
        (
            _EntryFiles(r"post_comments(_\d+)?\.json", "comments_media_comments"),
            _EntryFiles(r"reels_comments(_\d+)?\.json", "comments_reels_comments"),
        ),
        _EntryFiles(r"(content|media)/posts_\d+\.json", "ig_posts"),
    ),
    "threads": _NetworkFiles(
        _EntryFiles(r"threads/followers(_\d+)?\.json", "text_post_app_text_post_app_followers"),
        _EntryFiles(r"threads/following(_\d+)?\.json", "text_post_app_text_post_app_following"),
        (_EntryFiles(r"threads/liked_threads(_\d+)?\.json", "text_post_app_media_likes"),),
        (),
        _EntryFiles(r"threads/threads_and_replies(_\d+)?\.json", "text_post_app_text_posts"),
    ),
}


def read_archive(path: Path, now: datetime, handle: str | None = None) -> ArchiveContents:
    """
    Read an Instagram export.

    Parameters
    ----------
    path : Path
    now : datetime
        Latest possible instant; later ones are replaced by it.
    handle : str, optional
        Name of the owner, if the export does not have it.

    Raises
    ------
    InvalidInputError
        If it is no Instagram export in JSON, or does not tell whose it is.
    """
    with open_archive(path) as archive:
        _check_format(archive)
        owner = _find_owner(archive, handle)
        covers = tuple(_INSIGHTS_LABELS) if _has_insights(archive) else ()
        has_threads = any(archive.find_files(files.pattern) for files in _FILES["threads"])
    threads = [_create_contents("threads", path, owner, now)] if has_threads else []
    return _create_contents("instagram", path, owner, now, covers=covers, other_networks=threads)


def _create_contents(
    network: str,
    path: Path,
    owner: str,
    now: datetime,
    *,
    covers: tuple[str, ...] = (),
    other_networks: list[ArchiveContents] | None = None,
) -> ArchiveContents:
    dropped = DroppedEntries()

    def read(archive: ArchiveReader) -> Iterator[Record]:
        return _InstagramReader(archive, OwnerActs(network, owner, now), dropped).iterate_records()

    return ArchiveContents(
        network=network,
        account=Account(owner, owner),
        covers=covers,
        records=RecordStream(path, read),
        dropped=dropped,
        other_networks=other_networks or (),
    )


def _check_format(archive: ArchiveReader) -> None:
    patterns = [_INSIGHTS_FILES, *(files.pattern for network_files in _FILES.values() for files in network_files)]
    if any(map(archive.find_files, patterns)):
        return
    if archive.find_files(r"(followers|following|liked_posts|start_here|index)[^/]*\.html"):
        raise InvalidInputError(f"{archive.path}: the export is in HTML, which is not read; {CLICKS}")
    raise archive.missing_file_error("connections/followers_and_following/followers_1.json", "Instagram")


def _has_insights(archive: ArchiveReader) -> bool:
    """Tell whether there is a post with counts: only professional accounts have them."""
    return any(
        find_label(entry, labels) is not None
        for name in archive.find_files(_INSIGHTS_FILES)
        for _, entry in iterate_entries(archive, name, "")
        for labels in _INSIGHTS_LABELS.values()
    )


def _find_owner(archive: ArchiveReader, handle: str | None) -> str:
    """Return the owner's name: from the export, or the name of its folder, or as given."""
    expected_owner = clean_name(handle)
    if handle and not expected_owner:
        raise InvalidInputError(f"--handle is {handle!r}; write the name of an account on Instagram, such as ada.l")
    owner = _read_owner(archive) or _name_in_folder(archive)
    return choose_owner(archive, owner, handle, expected_owner, missing_file="personal_information.json")


def _read_owner(archive: ArchiveReader) -> str | None:
    for name in archive.find_files(rf"(?<!threads/){_OWNER_FILE}"):
        for _, entry in iterate_entries(archive, name, "profile_user"):
            if owner := clean_name(find_label(entry, meta_labels.USERNAME)):
                return owner
    return None


def _name_in_folder(archive: ArchiveReader) -> str | None:
    for name in (archive.path.name, *archive.names[:1]):
        if match := _NAME_IN_FOLDER.search(name):
            return clean_name(match[1])
    return None


@dataclass
class _InstagramReader:
    """Reads the entries of one of the two networks."""

    archive: ArchiveReader
    acts: OwnerActs
    dropped: DroppedEntries

    def iterate_records(self) -> Iterator[Record]:
        """Yield all records; the figures at last, when they are counted."""
        self.dropped.clear()
        files = _FILES[self.acts.network]
        followers = yield from self._iterate_relationships(files.followers, self.acts.build_incoming_act)
        following = yield from self._iterate_relationships(files.following, self.acts.build_outgoing_act)
        for name, number, entry in self._iterate_entries(*files.likes):
            if act := self._given_act("like", post_author(entry), name, number, entry):
                yield act
        for name, number, entry in self._iterate_entries(*files.comments):
            author = clean_name(find_label(entry, meta_labels.MEDIA_OWNER))
            if act := self._given_act("comment", author, name, number, entry):
                yield act
        if self.acts.network == "instagram":
            yield from self._iterate_tallies()
        posts = sum(1 for _ in self._iterate_entries(files.posts)) if self._has(files.posts) else None
        yield self.acts.profile(followers=followers, following=following, posts=posts)

    def _iterate_entries(self, *entry_files: _EntryFiles) -> Iterator[tuple[str, int, MetaEntry]]:
        for files in entry_files:
            for name in self.archive.find_files(files.pattern):
                for number, entry in iterate_entries(self.archive, name, files.key):
                    yield name, number, entry

    def _has(self, files: _EntryFiles) -> bool:
        return bool(self.archive.find_files(files.pattern))

    def _iterate_relationships(
        self, files: _EntryFiles, create: Callable[..., Interaction]
    ) -> Generator[Record, None, int | None]:
        """Yield the follows in files; return the number of accounts, None without a file."""
        names: set[str] = set()
        for name, number, entry in self._iterate_entries(files):
            account, at = entry_name(entry), self.acts.plausible_instant(entry_instant(entry))
            if account is None:
                self.dropped.add(name, number, _NO_NAME)
            elif account not in names:
                names.add(account)
                if at is not None and account != self.acts.owner:
                    yield create("follow", account, at)
        return len(names) if self._has(files) else None

    def _given_act(self, verb: str, target: str | None, name: str, number: int, entry: MetaEntry) -> Interaction | None:
        at = self.acts.plausible_instant(entry_instant(entry))
        if target is None or at is None:
            self.dropped.add(name, number, _NO_NAME if target is None else _NO_INSTANT)
            return None
        return self.acts.build_outgoing_act(verb, target, at, post_id(entry)) if target != self.acts.owner else None

    def _iterate_tallies(self) -> Iterator[Record]:
        """Yield the counts of posts, which have no id but the second of their creation."""
        for name, number, entry in self._iterate_entries(_EntryFiles(_INSIGHTS_FILES, "")):
            at = self.acts.plausible_instant(entry_instant(entry))
            texts = {verb: find_label(entry, labels) for verb, labels in _INSIGHTS_LABELS.items()}
            if at is None:
                self.dropped.add(name, number, _NO_INSTANT)
                continue
            if texts["like"] is None and texts["comment"] is None:
                self.dropped.add(name, number, _FOREIGN_LABELS)
            for verb, text in texts.items():
                if count := meta_labels.parse_count(text):
                    yield self.acts.tally(verb, count, at, f"{int(at.timestamp())}")
