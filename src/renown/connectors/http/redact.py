"""Redact secrets in messages: tokens, passwords in URLs and settings, untrusted text."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_MAX_TEXT, _MAX_URL = 80, 200
"""Maximum characters of untrusted text, and of a URL, in a message."""
_SECRET_NAME_PATTERN = re.compile(r"token|secret|passw|key|auth|code|sig", re.IGNORECASE)
_SECRET_PAIR_PATTERN = re.compile(rf"([\w.-]*({_SECRET_NAME_PATTERN.pattern})[\w.-]*=)[^;&,\s]+", re.IGNORECASE)


def redact_url(url: "httpx2.URL", token: str | None) -> str:
    """
    Redact a URL for a message: no password, token or key, limited length.

    Examples
    --------
    >>> import httpx2
    >>> redact_url(httpx2.URL("https://me:pass@a.example/x?access_token=abc&limit=2"), None)
    "'https://a.example/x?access_token=…&limit=2'"
    """
    pairs = [(name, "…" if _SECRET_NAME_PATTERN.search(name) else value) for name, value in url.params.multi_items()]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    return redact(
        f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}{'?' if query else ''}{query}", token, _MAX_URL
    )


def redact_setting(name: str, value: str) -> str:
    """
    Redact a setting's value: all of it if the name is that of a secret, else ``name=value`` pairs of secrets in it.

    Examples
    --------
    >>> redact_setting("fs.s3a.secret.key", "abc")
    '…'
    >>> redact_setting("master", "sc://a.example:443/;use_ssl=true;token=abc")
    'sc://a.example:443/;use_ssl=true;token=…'
    """
    return "…" if _SECRET_NAME_PATTERN.search(name) else _SECRET_PAIR_PATTERN.sub(r"\1…", value)


def redact(text: str, token: str | None, max_length: int = _MAX_TEXT) -> str:
    r"""
    Redact untrusted text for a message: without the token, escaped, limited length.

    Examples
    --------
    >>> redact("no such token: S3cr\\u0065t/%53\x1b[2J", "S3cret/S")
    "'no such token: …\\x1b[2J'"
    """
    if token:
        text = _token_pattern(token).sub("…", text)
    return repr(text if len(text) <= max_length else f"{text[:max_length]}…")


def _token_pattern(token: str) -> re.Pattern[str]:
    """Return a pattern that matches a token in plain, URL-encoded or JSON-escaped form."""
    spellings = (rf"(?:\\?{re.escape(c)}|%{ord(c):02x}|\\u00{ord(c):02x})" for c in token)
    return re.compile("".join(spellings), re.IGNORECASE)
