"""Lemmy's API, versions 3 (up to 0.19) and 4 (from 1.0): what errors mean, and names of accounts."""

import re

from renown.connectors.http import Action, ApiSpec, ErrorRule
from renown.connectors.url_parts import split_url
from renown.errors import InvalidInputError

_HANDLE = re.compile(r"(\w{1,60})@([a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?)", re.IGNORECASE)
FIND_ERRORS = (
    ErrorRule(
        action=Action.GONE,
        codes={"couldnt_find_person", "couldnt_find_that_username_or_email", "not_found"},
        reason="this server has no such account",
    ),
    ErrorRule(action=Action.SKIP, statuses={404, 405, 410}),
)
"""An account that is missing, and a version of the API that is missing."""
SKIP = (ErrorRule(action=Action.SKIP, codes={"couldnt_find_post", "couldnt_find_comment"}), FIND_ERRORS[1])
"""A discussion that was deleted meanwhile."""
API = ApiSpec(
    errors=(
        ErrorRule(
            action=Action.WAIT,
            statuses={400, 429},
            codes={"rate_limit_error", "too_many_requests"},
            reason="too many requests",
            wait=60,
        ),
        ErrorRule(
            action=Action.SIGN_IN,
            codes={"instance_is_private", "not_logged_in", "incorrect_login"},
            reason="this server answers only its own members",
        ),
    ),
)


def parse_handle(name: str) -> tuple[str, str]:
    """
    Parse a name with its server, or the URL of a profile.

    Examples
    --------
    >>> parse_handle("@ada@Lemmy.World"), parse_handle("https://lemmy.ml/u/ada@lemmy.world")
    (('ada', 'lemmy.world'), ('ada', 'lemmy.world'))
    """
    text = name.strip()
    if "://" in text:
        url = split_url(text)
        user_name = url.path.removeprefix("/u/") if url.path.startswith("/u/") else ""
        text = user_name if "@" in user_name else f"{user_name}@{url.netloc}"
    match = _HANDLE.fullmatch(text.lstrip("@"))
    if not match:
        raise InvalidInputError(f"{name!r} is no account of lemmy; write its name with its server: ada@lemmy.world")
    return match[1], match[2].lower()
