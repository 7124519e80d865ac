"""Stack Exchange's API 2.3: limits, what errors mean, and how lists go on."""

from collections.abc import Mapping
from itertools import count
from operator import attrgetter
from typing import Any

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.pagination import ListSpec
from renown.connectors.stackexchange.models import StackAnswers, StackComments, StackPosts

API = ApiSpec(
    auth_header="",
    auth_param="key",
    error_format=ErrorFormat(
        codes=("error_name",), texts=("error_message",), wait_pattern=r"available in (\d{1,9}) second"
    ),
    errors=(
        ErrorRule(action=Action.WAIT, codes={"throttle_violation"}, reason="too many requests", wait=60),
        ErrorRule(action=Action.WAIT, codes={"temporarily_unavailable", "internal_error"}, wait=10),
        ErrorRule(action=Action.SIGN_IN, text="match a known application", reason="the key is not valid"),
    ),
    backoff="backoff",
    remaining="quota_remaining",
    quota=Quota(limit=10_000, anonymous_limit=300, per="day"),
)
_SKIP = (
    ErrorRule(action=Action.SKIP, codes={"bad_parameter"}, text="ids"),
    ErrorRule(action=Action.SKIP, statuses={404}),
)
"""Lists of what the site does not have."""
OWN_LISTS = (("users/{}/answers", StackAnswers), ("users/{}/questions", StackPosts))
"""Lists of an account's own posts."""
ACT_LISTS = {
    "answer": ("questions/{}/answers", StackAnswers),
    "comment": ("posts/{}/comments", StackComments),
    "reply": ("users/{}/mentioned", StackComments),
}
"""Lists of what others wrote."""


def list_spec(response_type: Any, params: Mapping[str, int]) -> ListSpec:
    """Return how a list goes on: by numbers of pages, as long as there are more."""
    pages = count(params.get("page", 1) + 1)
    return ListSpec(
        response_type=response_type,
        items=attrgetter("items"),
        item_id=attrgetter("number"),
        cursor=lambda body: str(next(pages)) if body.has_more else None,
        cursor_param="page",
        errors=_SKIP,
    )
