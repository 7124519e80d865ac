"""X archive: the export of an account; it has counts of reactions, but not who reacted."""

from datetime import UTC, datetime

import msgspec

from renown.connectors.base import Account
from renown.imports.archives.reader import ArchiveContents, ArchiveReader, Count, IdText, Instant, T
from renown.records import Profile, Tally

NETWORK = "x"
_TIMESTAMP_FORMAT = "%a %b %d %H:%M:%S %z %Y"
"""Format of timestamps, such as Wed Nov 02 20:16:01 +0000 2022."""
_FILE_SUFFIX = r"(-part\d+)?\.js"


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
    full_text: str = ""
    favorite_count: Count = 0
    retweet_count: Count = 0


class XArchivePostEntry(msgspec.Struct):
    """An entry of tweets.js."""

    tweet: XArchivePost


class XArchiveInfo(msgspec.Struct, rename="camel"):
    """When the archive was generated."""

    generation_date: Instant


class XArchiveManifest(msgspec.Struct, rename="camel"):
    """The archive's table of contents, manifest.js."""

    archive_info: XArchiveInfo | None = None


def read_archive(archive: ArchiveReader, now: datetime) -> ArchiveContents:
    """
    Read an X archive: the account's profile, and the number of likes and reposts of each post.

    Raises
    ------
    InvalidInputError
        If it is no X archive, or incomplete.
    """
    accounts, posts = _read_entries(archive, "account", XArchiveAccountEntry), _read_posts(archive)
    if not accounts:
        raise archive.missing_file_error("data/account.js", "X")
    owner = accounts[0].account
    at = min(_read_generation_date(archive) or max((instant for _, instant in posts), default=now), now)
    profile = Profile(
        network=NETWORK,
        account_id=owner.account_id,
        at=at,
        handle=owner.username,
        followers=_count_entries(archive, "follower"),
        following=_count_entries(archive, "following"),
        posts=len(posts),
        created_at=owner.created_at,
        self_reported=True,
    )
    tallies = [
        tally for post, posted_at in posts for tally in _build_tallies(post, owner.account_id, min(posted_at, at))
    ]
    return ArchiveContents(NETWORK, Account(owner.account_id, owner.username), ("like", "repost"), (profile, *tallies))


def _read_posts(archive: ArchiveReader) -> list[tuple[XArchivePost, datetime]]:
    """Return all posts with their instants; in older archives the file is called `tweet`."""
    kind = "tweets" if archive.find_files(rf"data/tweets{_FILE_SUFFIX}") else "tweet"
    if not archive.find_files(rf"data/{kind}{_FILE_SUFFIX}"):
        raise archive.missing_file_error("data/tweets.js", "X")
    return [
        (entry.tweet, _parse_timestamp(archive, entry.tweet))
        for entry in _read_entries(archive, kind, XArchivePostEntry)
    ]


def _build_tallies(post: XArchivePost, account_id: str, at: datetime) -> list[Tally]:
    """Return a post's counts; none for a repost, whose counts are those of another account's post."""
    if post.full_text.startswith("RT @"):
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
        if count > 0
    ]


def _parse_timestamp(archive: ArchiveReader, post: XArchivePost) -> datetime:
    try:
        return datetime.strptime(post.created_at, _TIMESTAMP_FORMAT).astimezone(UTC)
    except ValueError:
        example = "Wed Nov 02 20:16:01 +0000 2022"
        problem = (
            f"has a post {post.id_str!r} of {post.created_at[:80]!r}, which is not a timestamp such as {example!r}"
        )
        raise archive.file_error("data/tweets.js", problem) from None


def _count_entries(archive: ArchiveReader, kind: str) -> int | None:
    """Count the entries of the files of a kind; None if there is no such file."""
    return len(_read_entries(archive, kind, dict)) if archive.find_files(rf"data/{kind}{_FILE_SUFFIX}") else None


def _read_generation_date(archive: ArchiveReader) -> datetime | None:
    """Return when the archive was generated, if it says so."""
    for name in archive.find_files(r"data/manifest\.js"):
        info = archive.read_json(name, XArchiveManifest, content=_strip_assignment(archive, name)).archive_info
        return info.generation_date if info else None
    return None


def _read_entries(archive: ArchiveReader, kind: str, model: type[T]) -> list[T]:
    """Parse the entries of all files of a kind: `tweets.js`, `tweets-part1.js` and so on."""
    entries: list[T] = []
    for name in archive.find_files(rf"data/{kind}{_FILE_SUFFIX}"):
        entries += archive.read_json(name, list[model], content=_strip_assignment(archive, name))  # type: ignore[valid-type]
    return entries


def _strip_assignment(archive: ArchiveReader, name: str) -> bytes:
    """Return the JSON that a file assigns to a JavaScript variable, as in ``window.YTD.tweets.part0 = [ ]``."""
    variable, equals, value = archive.read_bytes(name).partition(b"=")
    if not equals or not variable.strip().startswith(b"window."):
        raise archive.file_error(name, "does not begin with window.YTD, as files of X archives do; was it edited?")
    return value.strip().removesuffix(b";")
