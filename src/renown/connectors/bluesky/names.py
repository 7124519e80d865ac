"""Names: DIDs, handles, AT-URIs and instants of Bluesky, read strictly: anybody can write any of them."""

import re
from datetime import UTC, datetime

from renown.errors import BadInput

NETWORK = "bluesky"

_LONGEST = 2048
"""Characters of a DID (AT Protocol, "DID": at most 2 kilobytes)."""
_DID_FORM = r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]"
_DID = re.compile(_DID_FORM)
_HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_AT_URI = re.compile(rf"at://({_DID_FORM})/([A-Za-z0-9.-]{{1,317}})/([A-Za-z0-9._:~-]{{1,512}})")


def is_did(text: object) -> bool:
    r"""
    Tell whether this is a permanent id of an account.

    References
    ----------
    AT Protocol, "DID", at-uri syntax.

    Examples
    --------
    >>> is_did("did:plc:z72i7hdynmk6r22z27h6tvur"), is_did("did:plc:x\\n"), is_did("ada.bsky.social")
    (True, False, False)
    """
    return isinstance(text, str) and len(text) <= _LONGEST and _DID.fullmatch(text) is not None


def owner(uri: object) -> str | None:
    """
    Return whose record an AT-URI names, None where it names none.

    References
    ----------
    AT Protocol, "AT URI": repository, collection (an NSID, 317 characters), record key (512 characters).

    Examples
    --------
    >>> owner("at://did:web:ada.example/app.bsky.feed.post/3k2a")
    'did:web:ada.example'
    >>> owner("at://did:web:ada.example/app.bsky.feed.post/") is owner(["at://"]) is None
    True
    """
    found = _AT_URI.fullmatch(uri) if isinstance(uri, str) and len(uri) <= 2 * _LONGEST else None
    return found[1] if found and len(found[1]) <= _LONGEST else None


def is_post(uri: object) -> bool:
    """Tell whether an AT-URI names a post; lists and feeds are named and embedded in the same way."""
    return owner(uri) is not None and "/app.bsky.feed.post/" in str(uri)


def post_address(uri: str) -> str | None:
    """
    Return where people read a post.

    Examples
    --------
    >>> post_address("at://did:plc:ada/app.bsky.feed.post/3k2a")
    'https://bsky.app/profile/did:plc:ada/post/3k2a'
    >>> post_address("at://did:plc:ada/app.bsky.feed.generator/3k2a") is post_address("javascript:alert(1)") is None
    True
    """
    return f"https://bsky.app/profile/{owner(uri)}/post/{uri.rpartition('/')[2]}" if is_post(uri) else None


def asked_for(name: str) -> str:
    """
    Return the handle or DID in what somebody typed.

    Raises
    ------
    BadInput
        If it can be neither.

    Examples
    --------
    >>> asked_for(" @Ada.bsky.social ")
    'ada.bsky.social'
    """
    typed = name.strip().removeprefix("@")
    if is_did(typed):
        return typed
    if _HANDLE.fullmatch(typed.lower()):
        return typed.lower()
    shown = repr(typed if len(typed) <= 80 else f"{typed[:80]}…")  # noqa: PLR2004 - a line
    msg = f"{shown} is no name on bluesky; write the whole handle, such as ada.bsky.social, or a DID"
    raise BadInput(msg)


def handle_of(text: object) -> str | None:
    """Return a handle; None for one that does not lead back to its account (``handle.invalid``) or cannot be one."""
    good = isinstance(text, str) and _HANDLE.fullmatch(text.lower()) and text != "handle.invalid"
    return str(text).lower() if good else None


def instant(text: object) -> datetime | None:
    """
    Return a UTC instant as its author wrote it; None where it is none.

    Examples
    --------
    >>> instant("2024-05-01T12:00:00.000+02:00")
    datetime.datetime(2024, 5, 1, 10, 0, tzinfo=datetime.timezone.utc)
    >>> instant("0001-01-01T00:00:00+14:00") is instant("yesterday") is instant(7) is None
    True
    """
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        return at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def happened(claimed: object, indexed: object, *, now: datetime) -> datetime | None:
    """
    Return when something happened: as its author claims, but not after the network saw it, and not in the future.

    It is what the network sorts by. None where neither can be read.
    """
    known = [at for at in (instant(claimed), instant(indexed)) if at]
    return min(*known, now) if known else None
