"""TikTok export: followers, accounts that the owner follows, and likes of videos; lists are found in any section."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec

from renown.connectors.base import Account, Record
from renown.errors import InvalidInputError
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents, DroppedEntries, RecordStream
from renown.imports.archives.json_stream import Keys, iterate_json
from renown.imports.archives.owner_acts import OwnerActs
from renown.imports.archives.owners import choose_owner
from renown.imports.archives.reader import ArchiveReader
from renown.imports.archives.values import Count
from renown.records import Interaction, Tally

CLICKS = (
    "in the app, open Profile > Menu > Settings and privacy > Account > Download your data, choose All data and the "
    "file format JSON"
)
NETWORK = "tiktok"
_DATA_FILES = r"user_data[^/]*\.json"
_NAME = re.compile(r"[\w.-]{1,64}")
_PROFILE = re.compile(rb'"ProfileMap"\s*:\s*\{')
_OVERLAP_BYTES = 1000
"""Bytes of a chunk that are searched again with the next."""
_VIDEO_IN_URL = re.compile(r"/video/(\d{1,32})")
_VIDEO_SECTIONS = frozenset(("videos", "posts"))
"""Keys above the list of one's own videos, which is called as those of watched and deleted ones are."""
_PRIVATE = frozenset(("private", "only me", "onlyme", "self"))
_NO_NAME, _NO_INSTANT = "names no account", "has no timestamp such as 2024-12-04 08:44:34"


class TikTokAccount(msgspec.Struct):
    """An account that follows or is followed; keys differ in capitals between versions."""

    name: str | None = msgspec.field(name="username", default=None)
    date: str | None = None


class TikTokVideo(msgspec.Struct):
    """A video of the owner."""

    date: str | None = None
    link: str | None = None
    likes: Count | None = None
    audience: str | None = msgspec.field(name="whocanview", default=None)


def read_archive(path: Path, now: datetime, handle: str | None = None) -> ArchiveContents:
    """
    Read a TikTok export: the ZIP file, or the file ``user_data_tiktok.json`` in it.

    Raises
    ------
    InvalidInputError
        If it is no TikTok export in JSON, or does not tell whose it is.
    """
    with open_archive(path) as archive:
        owner = _find_owner(archive, handle)
    dropped = DroppedEntries()

    def read(archive: ArchiveReader) -> Iterator[Record]:
        return _TikTokReader(archive=archive, acts=OwnerActs(NETWORK, owner, now), dropped=dropped).iterate_records()

    return ArchiveContents(
        network=NETWORK,
        account=Account(owner, owner),
        covers=("like",),
        records=RecordStream(path, read),
        dropped=dropped,
    )


def _find_files(archive: ArchiveReader) -> list[str]:
    names = archive.find_files(_DATA_FILES) or archive.find_files(r"[^/]*tiktok[^/]*\.json")
    if names or archive.names == [archive.path.name]:
        return names or archive.names
    if archive.find_files(r"[^/]+\.(txt|html)"):
        raise InvalidInputError(f"{archive.path}: the export is not in JSON; {CLICKS}")
    raise archive.missing_file_error("user_data_tiktok.json", "TikTok")


def _find_owner(archive: ArchiveReader, handle: str | None) -> str:
    expected_owner = _clean_name(handle)
    if handle and not expected_owner:
        raise InvalidInputError(f"--handle is {handle!r}; write the name of an account on TikTok, such as ada.l")
    owner = _read_owner(archive)
    return choose_owner(archive, owner, handle, expected_owner, missing_file="profile")


def _read_owner(archive: ArchiveReader) -> str | None:
    for name in _find_files(archive):
        for keys, value in _iterate_profile(archive, name):
            if [key.casefold() for key in keys] == ["username"]:
                return _clean_name(value)
    return None


def _iterate_profile(archive: ArchiveReader, name: str) -> Iterator[tuple[Keys, object]]:
    """Yield the values of the profile, which is found without reading what is before it."""
    chunks = archive.iterate_chunks(name)
    text = b""
    for chunk in chunks:
        text += chunk
        if match := _PROFILE.search(text):
            try:
                yield from iterate_json(chain([text[match.end() - 1 :]], chunks))
            except ValueError:  # what comes after the profile is read later
                return
        text = text[-_OVERLAP_BYTES:]


def _find_list(keys: Keys) -> str:
    """Return the name of a list that is read, without capitals; empty for other values."""
    section = [key.casefold() for key in keys]
    if section and (section[-1] in {"fanslist", "following"}):
        return section[-1]
    is_videos = section[-1:] == ["videolist"] and not _VIDEO_SECTIONS.isdisjoint(section)
    return section[-1] if is_videos else ""


def _clean_name(value: object) -> str | None:
    name = value.strip().removeprefix("@").lower() if isinstance(value, str) else ""
    return name if _NAME.fullmatch(name) else None


@dataclass(kw_only=True)
class _TikTokReader:
    """Reads the lists of an export, in whatever sections they are."""

    archive: ArchiveReader
    acts: OwnerActs
    dropped: DroppedEntries
    followers: set[str] = field(default_factory=set)
    following: set[str] = field(default_factory=set)
    video_count: int = 0
    lists: set[str] = field(default_factory=set)
    """Lists that the export has, if only empty."""

    def iterate_records(self) -> Iterator[Record]:
        """Yield all records; the figures at last, when they are counted."""
        self.dropped.clear()
        for name in _find_files(self.archive):
            number, list_name = 0, ""
            list_keys: Keys | None = None
            for keys, value in self.archive.iterate_json(name):
                if keys is not list_keys:
                    list_keys, list_name, number = keys, _find_list(keys), 0
                number += 1
                if list_name and isinstance(value, dict | list):  # an empty section may be null or text
                    yield from self._iterate_value(name, list_name, number, value)
        yield self.acts.profile(
            followers=len(self.followers) if "fanslist" in self.lists else None,
            following=len(self.following) if "following" in self.lists else None,
            posts=self.video_count if "videolist" in self.lists else None,
        )

    def _iterate_value(
        self, name: str, list_name: str, number: int, value: Mapping[str, object] | list[object]
    ) -> Iterator[Record]:
        self.lists.add(list_name)
        if isinstance(value, list):
            return
        lower_value = {str(key).casefold(): item for key, item in value.items()}
        if list_name == "videolist":
            yield from self._iterate_video(name, number, self.archive.convert(name, number, lower_value, TikTokVideo))
            return
        account = self.archive.convert(name, number, lower_value, TikTokAccount)
        if list_name == "fanslist":
            yield from self._iterate_follow(name, number, account, self.followers, self.acts.build_incoming_act)
        else:
            yield from self._iterate_follow(name, number, account, self.following, self.acts.build_outgoing_act)

    def _iterate_follow(
        self,
        name: str,
        number: int,
        account: TikTokAccount,
        names: set[str],
        create: Callable[[str, str, datetime], Interaction],
    ) -> Iterator[Interaction]:
        account_name, at = _clean_name(account.name), self._parse_date(account.date)
        if account_name is None:  # of a deleted account, N/A
            self.dropped.add(name, number, _NO_NAME)
        elif account_name not in names:
            names.add(account_name)
            if at is None:
                self.dropped.add(name, number, _NO_INSTANT)
            elif account_name != self.acts.owner:
                yield create("follow", account_name, at)

    def _iterate_video(self, name: str, number: int, video: TikTokVideo) -> Iterator[Tally]:
        """Yield the likes of a video; one without an id in its link is known by its date."""
        at = self._parse_date(video.date)
        self.video_count += 1
        if at is None:
            self.dropped.add(name, number, _NO_INSTANT)
        elif video.likes and (video.audience or "").casefold() not in _PRIVATE:
            match = _VIDEO_IN_URL.search(video.link or "")
            yield self.acts.tally("like", video.likes, at, match[1] if match else f"{at:%Y-%m-%d %H:%M:%S}")

    def _parse_date(self, text: str | None) -> datetime | None:
        try:
            at = datetime.fromisoformat((text or "").removesuffix(" UTC"))
        except ValueError:
            return None
        return self.acts.plausible_instant(at if at.tzinfo else at.replace(tzinfo=UTC))
