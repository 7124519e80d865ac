"""Masks: what messages may show of URLs, and of what somebody else wrote."""

import re

import httpx2

_SHOWN, _SHOWN_URL = 80, 200
"""Characters of what a network says, and of a URL, that a message shows."""
_SECRET_NAME = re.compile(r"token|secret|passw|key|auth|code|sig", re.IGNORECASE)
_PAIR = re.compile(rf"([\w.-]*({_SECRET_NAME.pattern})[\w.-]*=)[^;&,\s]+", re.IGNORECASE)


def named(url: httpx2.URL, token: str | None) -> str:
    """
    Return a URL as a message may show it: without secrets, not too long.

    Examples
    --------
    >>> named(httpx2.URL("https://me:pass@a.example/x?access_token=abc&limit=2"), None)
    "'https://a.example/x?access_token=…&limit=2'"
    """
    pairs = [(name, "…" if _SECRET_NAME.search(name) else value) for name, value in url.params.multi_items()]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    return shown(
        f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}{'?' if query else ''}{query}", token, _SHOWN_URL
    )


def setting(name: str, value: str) -> str:
    """
    Return a setting's value without secrets: those that its name tells of, and those in pairs of a longer text.

    Examples
    --------
    >>> setting("fs.s3a.secret.key", "abc"), setting("master", "sc://a.example:443/;use_ssl=true;token=abc")
    ('…', 'sc://a.example:443/;use_ssl=true;token=…')
    """
    return "…" if _SECRET_NAME.search(name) else _PAIR.sub(r"\1…", value)


def shown(text: str, token: str | None, most: int = _SHOWN) -> str:
    r"""
    Return what somebody else wrote as a message may show it: without our token, printable, not too long.

    Examples
    --------
    >>> shown("no such token: S3cr\\u0065t/%53\x1b[2J", "S3cret/S")
    "'no such token: …\\x1b[2J'"
    """
    if token:
        text = _written(token).sub("…", text)
    return repr(text if len(text) <= most else f"{text[:most]}…")


def _written(token: str) -> re.Pattern[str]:
    """Return what finds a token as it is, and as URLs and JSON may write it."""
    ways = (rf"(?:\\?{re.escape(c)}|%{ord(c):02x}|\\u00{ord(c):02x})" for c in token)
    return re.compile("".join(ways), re.IGNORECASE)
