"""X archive: the export of an account; it has counts of reactions, but not who reacted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from renown.connectors.base import Account
from renown.connectors.decode_values import Instant
from renown.connectors.post_tags import describe_tagged_posts, read_tags
from renown.imports.archives.contents import ArchiveContents
from renown.imports.archives.reader import ArchiveReader, T
from renown.imports.archives.values import Count, IdText, plausible_instant
from renown.records import AccountAlias, Profile, Tally

NETWORK = "x"
_TIMESTAMP_FORMAT = "%a %b %d %H:%M:%S %z %Y"
"""Format of timestamps, such as Wed Nov 02 20:16:01 +0000 2022."""
_FILE_SUFFIX = r"(-part\d+)?\.js"
_POST_KINDS = ("tweets", "tweet", "community-tweet")
"""Files of posts: of archives since 2022, of older ones, and of posts to communities."""
_OLD_FORMAT_FILES = r"data/js/(user_details|tweet_index|payload_details)\.js"
"""Files of the format before 2019 (Grailbird)."""
_MAX_VARIABLE_BYTES, _MAX_END_BYTES = 1_000, 100
"""Bytes in which the name of the variable must be, and in which a semicolon at the end is looked for."""


class XArchiveOwner(msgspec.Struct, rename="camel"):
    """The account that the archive is of."""

    account_id: IdText
    username: IdText
    created_at: Instant | None = None


class XArchiveAccountEntry(msgspec.Struct):
    """An entry of account.js."""

    account: XArchiveOwner


class XArchivePost(msgspec.Struct):
    """A post, or a repost of another account's post."""

    id_str: IdText
    created_at: str
    full_text: str | None = None
    text: str | None = None
    """In place of `full_text`, in some archives of 2018."""
    favorite_count: Count | None = None
    retweet_count: Count | None = None
    hashtags: Any = msgspec.field(default=None, name="entities")
    """Its hashtags; the other entities of all posts would fill memory."""

    def __post_init__(self) -> None:
        """Keep the hashtags of the entities."""
        entities = self.hashtags
        self.hashtags = read_tags(entities.get("hashtags"), "text") if isinstance(entities, dict) else ()

    @property
    def is_repost(self) -> bool:
        """Whether it is a repost of another account's post, whose counts and hashtags it has."""
        return (self.full_text or self.text or "").startswith("RT @")


class XArchiveListedAccount(msgspec.Struct, rename="camel"):
    """An account that follows or is followed."""

    account_id: IdText


class XArchiveFollowerEntry(msgspec.Struct):
    """An entry of follower.js."""

    follower: XArchiveListedAccount


class XArchiveFollowingEntry(msgspec.Struct):
    """An entry of following.js."""

    following: XArchiveListedAccount


class XArchiveInfo(msgspec.Struct, rename="camel"):
    """When the archive was generated."""

    generation_date: Instant | None = None


class XArchiveManifest(msgspec.Struct, rename="camel"):
    """The archive's table of contents, manifest.js."""

    archive_info: XArchiveInfo | None = None


def read_archive(archive: ArchiveReader, now: datetime) -> ArchiveContents:
    """
    Read an X archive: the account's profile, and the number of likes and reposts of each post with its hashtags.

    Raises
    ------
    InvalidInputError
        If it is no X archive, or incomplete.
    """
    folder = _find_folder(archive)
    posts = _read_posts(archive, folder)
    accounts = _read_entries(archive, f"{folder}account", XArchiveAccountEntry)
    if not accounts:
        raise archive.missing_file_error("data/account.js", "X")
    owner = accounts[0].account
    followers = _read_entries(archive, f"{folder}follower", XArchiveFollowerEntry)
    following = _read_entries(archive, f"{folder}following", XArchiveFollowingEntry)
    at = min(_read_generation_date(archive, folder) or max((instant for _, instant in posts), default=now), now)
    profile = Profile(
        network=NETWORK,
        account_id=owner.account_id,
        at=at,
        handle=owner.username,
        followers=None if followers is None else len({entry.follower.account_id for entry in followers}),
        following=None if following is None else len({entry.following.account_id for entry in following}),
        posts=len({post.id_str for post, _ in posts}),
        created_at=plausible_instant(owner.created_at),
        self_reported=True,
    )
    tallies = [
        tally for post, posted_at in posts for tally in _build_tallies(post, owner.account_id, min(posted_at, at))
    ]
    tags_by_post = {post.id_str: post.hashtags for post, _ in posts if not post.is_repost}
    return ArchiveContents(
        network=NETWORK,
        account=Account(owner.account_id, owner.username),
        covers=("like", "repost"),
        records=(profile, *tallies, *describe_tagged_posts(NETWORK, owner.account_id, tags_by_post, at)),
        aliases=_build_aliases(owner, at),
    )


def _build_aliases(owner: XArchiveOwner, at: datetime) -> tuple[AccountAlias, ...]:
    """Return the name by which other exports know the account; a name of digits may be another account's number."""
    if owner.username.isdecimal():
        return ()
    return (AccountAlias(network=NETWORK, alias_id=owner.username, account_id=owner.account_id, at=at),)


def _find_folder(archive: ArchiveReader) -> str:
    """Return the folder of the files: archives before 2020 have them at the top."""
    for folder in ("data/", ""):
        if archive.find_files(rf"{folder}({'|'.join(_POST_KINDS)}){_FILE_SUFFIX}"):
            return folder
    if archive.find_files(_OLD_FORMAT_FILES):
        raise archive.file_error(
            archive.find_files(_OLD_FORMAT_FILES)[0],
            "is of the format of 2012 to 2018, which has no likes or reposts; download a new archive from X",
        )
    raise archive.missing_file_error("data/tweets.js", "X")


def _read_posts(archive: ArchiveReader, folder: str) -> list[tuple[XArchivePost, datetime]]:
    """Return all posts with their instants."""
    posts = []
    for kind in _POST_KINDS:
        for name in archive.find_files(rf"{folder}{kind}{_FILE_SUFFIX}"):
            for number, value in _iterate_entries(archive, name):
                # Before 2020 an entry was the post itself.
                is_wrapped = isinstance(value, dict) and "tweet" in value
                entry = value["tweet"] if is_wrapped and isinstance(value, dict) else value
                post = archive.convert(name, number, entry, XArchivePost)
                posts.append((post, _parse_timestamp(archive, post)))
    return posts


def _build_tallies(post: XArchivePost, account_id: str, at: datetime) -> list[Tally]:
    """Return a post's counts; none for a repost."""
    if post.is_repost:
        return []
    counts = {"like": post.favorite_count, "repost": post.retweet_count}
    return [
        Tally(
            network=NETWORK,
            account_id=account_id,
            post_id=post.id_str,
            verb=verb,
            count=count,
            at=at,
            self_reported=True,
        )
        for verb, count in counts.items()
        if count
    ]


def _parse_timestamp(archive: ArchiveReader, post: XArchivePost) -> datetime:
    try:
        return datetime.strptime(post.created_at, _TIMESTAMP_FORMAT).astimezone(UTC)
    except (ValueError, OverflowError):
        example = "Wed Nov 02 20:16:01 +0000 2022"
        problem = (
            f"has a post {post.id_str!r} of {post.created_at[:80]!r}, which is not a timestamp such as {example!r}"
        )
        raise archive.file_error("data/tweets.js", problem) from None


def _read_generation_date(archive: ArchiveReader, folder: str) -> datetime | None:
    """Return when the archive was generated, if it says so."""
    for name in archive.find_files(rf"{folder}manifest\.js"):
        content = b"".join(_strip_assignment(archive, name))
        info = archive.read_json(name, XArchiveManifest, content=content).archive_info
        return info.generation_date if info else None
    return None


def _read_entries(archive: ArchiveReader, kind: str, model: type[T]) -> list[T] | None:
    """Parse the entries of all files of a kind, `follower.js`, `follower-part1.js` and so on; None without a file."""
    names = archive.find_files(rf"{kind}{_FILE_SUFFIX}")
    entries: list[T] = []
    for name in names:
        entries += [archive.convert(name, number, value, model) for number, value in _iterate_entries(archive, name)]
    return entries if names else None


def _iterate_entries(archive: ArchiveReader, name: str) -> Iterator[tuple[int, object]]:
    """Yield the entries of the array that a file assigns to a variable, with their numbers from 1."""
    entries = archive.iterate_json(name, _strip_assignment(archive, name))
    for number, (keys, value) in enumerate(entries, 1):
        if keys or (number == 1 and value == []):
            if keys:
                raise archive.file_error(name, "has no array of entries; download the complete archive again")
            return
        yield number, value


def _strip_assignment(archive: ArchiveReader, name: str) -> Iterator[bytes]:
    """Yield the JSON that a file assigns to a JavaScript variable, as in ``window.YTD.tweets.part0 = [ ]``."""
    chunks = archive.iterate_chunks(name)
    head = bytearray()
    while b"=" not in head and len(head) < _MAX_VARIABLE_BYTES and (chunk := next(chunks, b"")):
        head += chunk
    variable, equals, value = bytes(head).partition(b"=")
    if not equals or not variable.strip().startswith(b"window."):
        raise archive.file_error(name, "does not begin with window.YTD, as files of X archives do; was it edited?")
    # A semicolon may end the file, and blanks.
    for chunk in chunks:
        yield value[:-_MAX_END_BYTES]
        value = value[-_MAX_END_BYTES:] + chunk
    yield value.rstrip().removesuffix(b";")
