"""Bluesky's ids: strict parsers of DIDs, handles, AT-URIs and timestamps, all of them untrusted."""

import re
from datetime import UTC, datetime

from renown.connectors.account_names import invalid_name_error
from renown.connectors.post_times import to_post_time

NETWORK = "bluesky"

_NETWORK_START = datetime(2022, 11, 1, tzinfo=UTC)
"""Before the first accounts of the network (plc.directory: November 2022); earlier dates are made up."""
_MAX_DID_LENGTH = 2048
"""Characters of a DID (AT Protocol, "DID": at most 2 kilobytes)."""
_DID_REGEX = r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]"
_DID = re.compile(_DID_REGEX)
_HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_TID = re.compile(r"[2-7a-j][2-7a-z]{12}")
_AT_URI = re.compile(rf"at://({_DID_REGEX})/([A-Za-z0-9.-]{{1,317}})/([A-Za-z0-9._:~-]{{1,512}})")


def is_did(text: object) -> bool:
    r"""
    Tell whether this is a DID, the permanent id of an account.

    References
    ----------
    AT Protocol, "DID", at-uri syntax.

    Examples
    --------
    >>> is_did("did:plc:z72i7hdynmk6r22z27h6tvur"), is_did("did:plc:x\\n"), is_did("ada.bsky.social")
    (True, False, False)
    """
    return isinstance(text, str) and len(text) <= _MAX_DID_LENGTH and _DID.fullmatch(text) is not None


def owner_did(uri: object) -> str | None:
    """
    Return the DID of the owner of the record that an AT-URI names; None if it is invalid.

    References
    ----------
    AT Protocol, "AT URI": repository, collection (an NSID, 317 characters), record key (512 characters).

    Examples
    --------
    >>> owner_did("at://did:web:ada.example/app.bsky.feed.post/3k2a")
    'did:web:ada.example'
    >>> owner_did("at://did:web:ada.example/app.bsky.feed.post/") is owner_did(["at://"]) is None
    True
    """
    match = _AT_URI.fullmatch(uri) if isinstance(uri, str) and len(uri) <= 2 * _MAX_DID_LENGTH else None
    return match[1] if match and len(match[1]) <= _MAX_DID_LENGTH else None


def is_post_uri(uri: object) -> bool:
    """Tell whether an AT-URI names a post; lists and feeds have AT-URIs and are embedded, too."""
    return owner_did(uri) is not None and "/app.bsky.feed.post/" in str(uri)


def post_url(uri: str) -> str | None:
    """
    Return the URL of a post's page; None if the AT-URI is not a post's.

    Examples
    --------
    >>> post_url("at://did:plc:ada/app.bsky.feed.post/3k2a")
    'https://bsky.app/profile/did:plc:ada/post/3k2a'
    >>> post_url("at://did:plc:ada/app.bsky.feed.generator/3k2a") is post_url("javascript:alert(1)") is None
    True
    """
    return f"https://bsky.app/profile/{owner_did(uri)}/post/{uri.rpartition('/')[2]}" if is_post_uri(uri) else None


def post_time(uri: str) -> datetime | None:
    """
    Return the instant in the key of a post, which the app that made it chose; None if the key is no TID.

    References
    ----------
    AT Protocol, "Timestamp Identifiers (TIDs)": 13 characters of base32-sortable: microseconds, 10 other bits.

    Examples
    --------
    >>> post_time("at://did:plc:ada/app.bsky.feed.post/3jzfcijpj2z2a").isoformat()
    '2023-06-30T15:03:01+00:00'
    >>> post_time("at://did:plc:ada/app.bsky.feed.post/self") is post_time("javascript:alert(1)") is None
    True
    """
    key = uri.rpartition("/")[2]
    if not is_post_uri(uri) or not _TID.fullmatch(key):
        return None
    number = 0
    for character in key:
        number = 32 * number + _TID_ALPHABET.index(character)
    return to_post_time((number >> 10) // 1000)


def parse_handle_or_did(name: str) -> str:
    """
    Parse a handle or DID from user input.

    Raises
    ------
    InvalidInputError
        If it is neither.

    Examples
    --------
    >>> parse_handle_or_did(" @Ada.bsky.social ")
    'ada.bsky.social'
    """
    handle = name.strip().removeprefix("@")
    if is_did(handle):
        return handle
    if _HANDLE.fullmatch(handle.lower()):
        return handle.lower()
    raise invalid_name_error(NETWORK, name, "the whole handle, such as ada.bsky.social, or a DID")


def parse_handle(text: object) -> str | None:
    """Parse a handle; None if it is invalid, or failed the network's check (``handle.invalid``)."""
    is_valid = isinstance(text, str) and _HANDLE.fullmatch(text.lower()) and text != "handle.invalid"
    return str(text).lower() if is_valid else None


def parse_instant(text: object) -> datetime | None:
    """
    Parse an ISO 8601 timestamp into a UTC instant; None if it is invalid.

    Examples
    --------
    >>> parse_instant("2024-05-01T12:00:00.000+02:00")
    datetime.datetime(2024, 5, 1, 10, 0, tzinfo=datetime.timezone.utc)
    >>> parse_instant("0001-01-01T00:00:00+14:00") is parse_instant("yesterday") is parse_instant(7) is None
    True
    """
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def parse_account_age(text: object, *, now: datetime) -> datetime | None:
    """
    Parse when an account was created, which its owner may have made up; None if it is not possible.

    Examples
    --------
    >>> now = datetime(2026, 7, 4, tzinfo=UTC)
    >>> dates = ("0001-01-01T00:00:00.000Z", "2024-05-01T00:00:00Z", "2031-01-01T00:00:00Z")
    >>> [at and at.year for at in (parse_account_age(text, now=now) for text in dates)]
    [None, 2024, None]
    """
    at = parse_instant(text)
    return at if at and _NETWORK_START <= at <= now else None


def resolve_instant(claimed: object, indexed: object, *, now: datetime) -> datetime | None:
    """
    Return when something happened: when its author claims, but not after the network indexed it, nor in the future.

    The network sorts by this instant. None if neither timestamp is valid.
    """
    instants = [at for at in (parse_instant(claimed), parse_instant(indexed)) if at]
    return min(*instants, now) if instants else None
