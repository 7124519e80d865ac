"""Lemmy's API, versions 3 (up to 0.19) and 4 (from 1.0): what errors mean, and names of accounts."""

import re

from renown.connectors.account_names import invalid_name_error
from renown.connectors.http import Action, ApiSpec, ErrorRule

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
    Parse a name with its server into the two.

    Raises
    ------
    InvalidInputError
        If it is none.

    Examples
    --------
    >>> parse_handle("@ada@Lemmy.World")
    ('ada', 'lemmy.world')
    """
    match = _HANDLE.fullmatch(name.strip().lstrip("@"))
    if not match:
        raise invalid_name_error("lemmy", name, "its name with its server: ada@lemmy.world")
    return match[1], match[2].lower()
