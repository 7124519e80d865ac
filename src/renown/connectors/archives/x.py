"""X: the archive that it gives people of their account; what others did is there as numbers only."""

from datetime import UTC, datetime

import msgspec

from renown.connectors.archives.contents import Contents
from renown.connectors.archives.members import Count, Instant, Members, T, Text
from renown.connectors.base import Account
from renown.records import Profile, Tally

NETWORK = "x"
_WRITTEN = "%a %b %d %H:%M:%S %z %Y"
"""As in Wed Nov 02 20:16:01 +0000 2022."""
_PARTS = r"(-part\d+)?\.js"


class Owner(msgspec.Struct, rename="camel"):
    """Whose archive it is."""

    account_id: Text
    username: Text
    created_at: Instant | None = None


class Named(msgspec.Struct):
    """A line of account.js."""

    account: Owner


class Tweet(msgspec.Struct):
    """A post, or a repost of somebody else's."""

    id_str: Text
    created_at: str
    full_text: str = ""
    favorite_count: Count = 0
    retweet_count: Count = 0


class Posted(msgspec.Struct):
    """A line of tweets.js."""

    tweet: Tweet


class Info(msgspec.Struct, rename="camel"):
    """When the archive was made."""

    generation_date: Instant


class Manifest(msgspec.Struct, rename="camel"):
    """The table of contents."""

    archive_info: Info | None = None


def read(members: Members, now: datetime) -> Contents:
    """
    Read an archive of X: the account's figures, and how many liked and reposted each post.

    Raises
    ------
    BadInput
        If it is none, or not whole.
    """
    accounts, posts = _parts(members, "account", Named), _tweets(members)
    if not accounts:
        raise members.lacking("data/account.js", "X")
    owner = accounts[0].account
    at = min(_made(members) or max((instant for _, instant in posts), default=now), now)
    profile = Profile(
        NETWORK,
        owner.account_id,
        at,
        handle=owner.username,
        followers=_number(members, "follower"),
        following=_number(members, "following"),
        posts=len(posts),
        created_at=owner.created_at,
    )
    tallies = [tally for tweet, posted in posts for tally in _tallies(tweet, owner.account_id, min(posted, at))]
    return Contents(NETWORK, Account(owner.account_id, owner.username), ("like", "repost"), (profile, *tallies))


def _tweets(members: Members) -> list[tuple[Tweet, datetime]]:
    """Return all posts with their instants; older archives call them `tweet`."""
    kind = "tweets" if members.find(rf"data/tweets{_PARTS}") else "tweet"
    if not members.find(rf"data/{kind}{_PARTS}"):
        raise members.lacking("data/tweets.js", "X")
    return [(line.tweet, _instant(members, line.tweet)) for line in _parts(members, kind, Posted)]


def _tallies(tweet: Tweet, account_id: str, at: datetime) -> list[Tally]:
    """Return a post's counts; those of a repost are the original's, and somebody else's."""
    if tweet.full_text.startswith("RT @"):
        return []
    counts = {"like": tweet.favorite_count, "repost": tweet.retweet_count}
    return [Tally(NETWORK, account_id, tweet.id_str, verb, count, at) for verb, count in counts.items() if count > 0]


def _instant(members: Members, tweet: Tweet) -> datetime:
    try:
        return datetime.strptime(tweet.created_at, _WRITTEN).astimezone(UTC)
    except ValueError:
        right = "Wed Nov 02 20:16:01 +0000 2022"
        what = f"has a post {tweet.id_str!r} of {tweet.created_at[:80]!r}, which is no instant; it is to be as {right}"
        raise members.fault("data/tweets.js", what) from None


def _number(members: Members, kind: str) -> int | None:
    """Return how many lines a kind of file has; None where there is no such file."""
    return len(_parts(members, kind, dict)) if members.find(rf"data/{kind}{_PARTS}") else None


def _made(members: Members) -> datetime | None:
    """Return when the archive was made, where it says."""
    for name in members.find(r"data/manifest\.js"):
        info = members.json(name, Manifest, text=_value(members, name)).archive_info
        return info.generation_date if info else None
    return None


def _parts(members: Members, kind: str, shape: type[T]) -> list[T]:
    """Return the lines of all files of a kind: `tweets.js`, `tweets-part1.js` and so on."""
    lines: list[T] = []
    for name in members.find(rf"data/{kind}{_PARTS}"):
        lines += members.json(name, list[shape], text=_value(members, name))  # type: ignore[valid-type]
    return lines


def _value(members: Members, name: str) -> bytes:
    """Return the JSON that a script assigns to a variable, as in ``window.YTD.tweets.part0 = [ ]``."""
    variable, equals, value = members.text(name).partition(b"=")
    if not equals or not variable.strip().startswith(b"window."):
        raise members.fault(name, "does not begin as files of X's archives do, with window.YTD; was it changed?")
    return value.strip().removesuffix(b";")
