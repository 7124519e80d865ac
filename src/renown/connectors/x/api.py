"""The X API, version 2: prices, what errors mean, how lists go on, and what ids of posts tell."""

import re
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.http.quota import DOLLAR
from renown.connectors.pagination import ListSpec
from renown.connectors.x.models import XPostPage

PRICES = {"post": 0.001, "user": 0.010}
"""Dollars for a post of the account's own lists, and for an account ("Pricing": Owned Reads; User: Read)."""
_MAX_DOLLARS = 5
"""Dollars a month, unless the settings say otherwise: some months of an account with 500 posts."""
USER_FIELDS = "created_at,description,entities,name,profile_image_url,public_metrics"
PAGE_SIZE = 100
PAGE_PARAMS: dict[str, str | int] = {
    "max_results": PAGE_SIZE,
    "tweet.fields": "author_id,created_at,entities,in_reply_to_user_id,public_metrics,referenced_tweets",
}
_CREDITS = "the credits of the app are used up, or its spending limit is reached; see console.x.com"
_TOKEN = "the token is not valid any more; sign in with `renown login x`"  # noqa: S105 - advice
_APP = "the app may not do that: it needs a project with pay-per-use access, and the scopes tweet.read and users.read"
API = ApiSpec(
    error_format=ErrorFormat(codes=("title", "reason"), texts=("title", "detail")),
    errors=(
        ErrorRule(action=Action.STOP, statuses={402}, reason=_CREDITS, wait=3600),
        ErrorRule(action=Action.STOP, codes={"CreditsDepleted", "UsageCapExceeded"}, reason=_CREDITS, wait=3600),
        ErrorRule(action=Action.WAIT, statuses={429}, reason="too many requests in 15 minutes", wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={401}, reason=_TOKEN),
        ErrorRule(
            action=Action.SIGN_IN, statuses={403}, codes={"client-not-enrolled", "Client Forbidden"}, reason=_APP
        ),
    ),
    quota=Quota(limit=_MAX_DOLLARS * DOLLAR, unit="dollars", per="month", prices=PRICES),
)
_SNOWFLAKE_EPOCH = 1_288_834_974_657
"""Milliseconds since 1970 at which the instants in ids begin ("X IDs": Snowflake)."""
_POST_ID = re.compile(r"\d{1,19}", re.ASCII)
POSTS = ListSpec(
    response_type=XPostPage,
    items=attrgetter("data"),
    item_id=attrgetter("id"),
    cursor=attrgetter("meta.next_token"),
    cursor_param="pagination_token",
    resource="post",
    max_items=PAGE_SIZE,
)


def post_instant(post_id: str) -> datetime | None:
    """
    Return when a post was written, which its id tells; None if the id is not that of a post.

    Examples
    --------
    >>> post_instant("1455952740635586573"), post_instant("x")
    (datetime.datetime(2021, 11, 3, 17, 39, 18, 318000, tzinfo=datetime.timezone.utc), None)
    """
    if not _POST_ID.fullmatch(post_id):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(post_id) >> 22) + _SNOWFLAKE_EPOCH)


def post_url(post_id: str) -> str | None:
    """Return the URL of a post."""
    return f"https://x.com/i/status/{post_id}" if _POST_ID.fullmatch(post_id) else None
