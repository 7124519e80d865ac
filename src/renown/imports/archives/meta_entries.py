"""Entries of the JSON files in Meta's exports, in both layouts: with `string_list_data`, and with `label_values`."""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from renown.imports.archives import meta_labels
from renown.imports.archives.owner_acts import parse_epoch
from renown.imports.archives.reader import ArchiveReader

_NAME = re.compile(r"[a-z0-9._]{1,30}")
"""Name of an account on Instagram and Threads."""
_NAME_IN_URL = re.compile(r"(?:instagram\.com/(?:_u/)?|threads\.(?:net|com)/)@?([A-Za-z0-9._]{1,30})/?(?:$|[?#]|post/)")
_POST_IN_URL = re.compile(r"/(?:p|reel|reels|tv|post)/([\w-]{1,64})")


class MetaLink(msgspec.Struct):
    """A value with its link and instant."""

    href: str | None = None
    value: str | None = None
    timestamp: int | None = None


class MetaMedia(msgspec.Struct):
    """A photo or video."""

    creation_timestamp: int | None = None


class MetaLabel(msgspec.Struct):
    """A value with its label; in the layout since 2025, nested."""

    label: str | None = None
    value: str | None = None
    href: str | None = None
    nested: list["MetaLabel"] | None = msgspec.field(name="dict", default=None)


class MetaEntry(msgspec.Struct):
    """An entry of any list: an account, a like, a comment, a post."""

    title: str | None = None
    timestamp: int | None = None
    creation_timestamp: int | None = None
    string_list_data: list[MetaLink] | None = None
    string_map_data: dict[str, MetaLink] | None = None
    media_map_data: dict[str, MetaMedia] | None = None
    media: list[MetaMedia] | None = None
    label_values: list[MetaLabel] | None = None


def iterate_entries(archive: ArchiveReader, name: str, key: str) -> Iterator[tuple[int, MetaEntry]]:
    """
    Yield the entries of a file with the number of each, from 1.

    Older files are an object with the list at `key`, or any key if it is empty; newer ones are the list itself.
    """
    number = 0
    list_keys: tuple[str, ...] | None = None
    is_list = False
    for keys, value in archive.iterate_json(name):
        if keys is not list_keys:
            list_keys, is_list = keys, keys in ((), (key,)) or (not key and len(keys) == 1)
        if is_list and value != []:
            number += 1
            yield number, archive.convert(name, number, value, MetaEntry)


def clean_name(text: str | None) -> str | None:
    """
    Return the name of an account; None if the text is none, such as the display name of a deleted account.

    Examples
    --------
    >>> clean_name("@Ada.L_1"), clean_name("Ada Lovelace"), clean_name(None)
    ('ada.l_1', None, None)
    """
    if text and _NAME.fullmatch(text):
        return text
    name = (text or "").strip().removeprefix("@").lower()
    return name if _NAME.fullmatch(name) else None


def entry_name(entry: MetaEntry) -> str | None:
    """
    Return the name of the account in an entry of followers or of those followed.

    On Threads the title is a display name, on Instagram since 2025 the name; the link's address has it in both.
    """
    links = entry.string_list_data
    name = clean_name(links[0].value) if links else None
    return name or next(filter(None, map(clean_name, _names_in_urls(entry))), None) or post_author(entry)


def post_author(entry: MetaEntry) -> str | None:
    """Return the name of the account whose post is in an entry of likes; its link's value is an emoji."""
    name = clean_name(entry.title)
    if name is None and entry.label_values:
        name = clean_name(find_label(entry, meta_labels.USERNAME))
    return name or next(filter(None, map(clean_name, _names_in_urls(entry))), None)


def post_id(entry: MetaEntry) -> str | None:
    """Return the code of the post in an entry's links."""
    for url in _urls(entry):
        if match := _POST_IN_URL.search(url):
            return match[1]
    return None


def entry_instant(entry: MetaEntry) -> datetime | None:
    """Return the instant of an entry, wherever it stands."""
    for number in _iterate_timestamps(entry):
        if at := parse_epoch(number):
            return at
    return None


def _iterate_timestamps(entry: MetaEntry) -> Iterator[int | None]:
    for media in (*(entry.media_map_data or {}).values(), *(entry.media or ())):
        yield media.creation_timestamp
    for link in (*(entry.string_list_data or ()), *(entry.string_map_data or {}).values()):
        yield link.timestamp
    yield from (entry.timestamp, entry.creation_timestamp)


def find_label(entry: MetaEntry, labels: frozenset[str]) -> str | None:
    """Return the value with one of these labels, in either layout."""
    for name, link in (entry.string_map_data or {}).items():
        if meta_labels.normalize_label(name) in labels:
            return link.value
    for label in _iterate_labels(entry.label_values or []):
        if meta_labels.normalize_label(label.label or "") in labels:
            return label.value
    return None


def _iterate_labels(labels: list[MetaLabel]) -> Iterator[MetaLabel]:
    for label in labels:
        yield label
        yield from _iterate_labels(label.nested or [])


def _urls(entry: MetaEntry) -> Iterator[str]:
    for link in entry.string_list_data or []:
        yield link.href or ""
    for label in _iterate_labels(entry.label_values or []):
        if meta_labels.normalize_label(label.label or "") in meta_labels.URL:
            yield label.href or label.value or ""


def _names_in_urls(entry: MetaEntry) -> Iterator[str]:
    for url in _urls(entry):
        if match := _NAME_IN_URL.search(url):
            yield match[1]
