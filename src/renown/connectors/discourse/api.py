"""Discourse's interface: names, addresses and accounts, what errors mean, and how lists go on."""

import re
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Account, AccountIdentity, KnownState, clean_count, clean_handle
from renown.connectors.discourse.models import (
    DiscourseLikerPage,
    DiscoursePost,
    DiscourseProfile,
    DiscourseProfilePage,
    DiscourseTopicListPage,
    DiscourseUserActionPage,
)
from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule
from renown.connectors.pagination import ListSpec
from renown.errors import AccountGoneError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "discourse"
_REPLIES_PER_PAGE = 20
"""Page size of the controller "posts", action "replies"."""
SERVER = r"[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*(?::\d+)?(?:/[\w-]+)*?"
"""Regular expression of a server: a host, and perhaps a port and a folder."""
_BASE = f"(?P<base>{SERVER})"
_NAME = re.compile(rf"@?(?P<user>[^/?#@\s]+)@{_BASE}")
POST_ID = re.compile(rf"{_BASE}/p/\d+", re.ASCII)
GONE = (ErrorRule(action=Action.GONE, statuses={404}, reason="it was renamed or deleted, or is hidden from guests"),)
SKIP = (ErrorRule(action=Action.SKIP, statuses={403, 404, 410, 422}),)
_MEMBERS_ONLY = "its pages are for members only; a User-Api-Key of one is needed"
API = ApiSpec(
    auth_header="User-Api-Key",
    auth_prefix="",
    error_format=ErrorFormat(codes=("error_type",), texts=("errors.0",), waits=("extras.wait_seconds",)),
    errors=(
        ErrorRule(action=Action.WAIT, statuses={429}, codes={"rate_limit"}, wait=60),
        ErrorRule(action=Action.SIGN_IN, statuses={401, 403}, codes={"not_logged_in"}, reason=_MEMBERS_ONLY),
    ),
)
_AVATAR_SIZE = 240
"""Width of pictures in pixels; servers round it to one of their sizes."""
_LETTER_AVATAR = re.compile(
    r"^(?!.*/user_avatar/).*/letter_avatar(_proxy)?/|//avatars\.discourse(-cdn\.com|\.org)/v\d+/letter/"
)
"""
Template of the letter that is shown of everybody without a picture.

It is drawn by the server itself (`User.system_avatar_template` of Discourse), or by Discourse's service for all servers
(the setting `external_system_avatars_url`).
"""
LIKERS = ListSpec(
    response_type=DiscourseLikerPage,
    items=attrgetter("post_action_users"),
    item_id=attrgetter("id"),
    cursor_param="page",
    cursor_step=1,
    errors=SKIP,
)
REPLIES = ListSpec(
    response_type=list[DiscoursePost],
    item_id=attrgetter("id"),
    cursor=lambda posts: str(posts[-1].post_number) if len(posts) >= _REPLIES_PER_PAGE else None,
    cursor_param="after",
    errors=SKIP,
)
ACTIONS = ListSpec(
    response_type=DiscourseUserActionPage,
    items=attrgetter("user_actions"),
    item_id=attrgetter("post_id", "topic_id"),
    cursor_param="offset",
    cursor_step=30,
)
TOPICS = ListSpec(
    response_type=DiscourseTopicListPage,
    items=attrgetter("topic_list.topics"),
    item_id=attrgetter("id"),
    cursor_param="page",
    cursor_step=1,
    errors=SKIP,
)


def parse_name(name: str) -> tuple[str, str]:
    """Return the user name, and the address of the server without a scheme."""
    match = _NAME.fullmatch(unquote(name.strip()))
    if not match:
        raise invalid_name_error(NETWORK, name, "its name with its server: ada@forum.example")
    return match["user"], match["base"].lower()


def fetch_user(client: "Client", name: str) -> DiscourseProfile:
    """Fetch an account by its name."""
    path = f"u/{quote(name, safe='')}.json"
    page: DiscourseProfilePage = client.get(path, response_type=DiscourseProfilePage, errors=GONE).body
    return page.user


def find_user(client: "Client", account: Account, known: KnownState | None) -> DiscourseProfile:
    """Find an account by its last name, or else by the name beside one of its posts."""
    try:
        user = fetch_user(client, parse_name(account.handle)[0])
    except AccountGoneError:
        post_id = next((post for post, _ in known.counts if POST_ID.fullmatch(post)), None) if known else None
        if post_id is None:
            raise
        path = f"posts/{post_id.rpartition('/')[2]}.json"
        user = fetch_user(client, client.get(path, response_type=DiscoursePost, errors=GONE).body.username)
    if str(user.id) != account.account_id.partition("@")[0]:
        raise AccountGoneError(f"{account.handle} is another account now; add the new name of the one that was claimed")
    return user


def to_profile(user: DiscourseProfile, base: str, now: datetime) -> Profile:
    """Return the figures of an account."""
    handle = f"{user.username}@{base}"
    return Profile(
        network=NETWORK,
        account_id=f"{user.id}@{base}",
        at=now,
        handle=clean_handle(handle),
        followers=clean_count(user.total_followers),
        following=clean_count(user.total_following),
        created_at=user.created_at,
    )


def to_identity(user: DiscourseProfile) -> AccountIdentity:
    """Return how an account presents itself."""
    template = user.avatar_template
    has_avatar = template and not _LETTER_AVATAR.search(template)
    avatar_url = template.replace("{size}", str(_AVATAR_SIZE)) if template and has_avatar else None
    return AccountIdentity(display_name=user.name, avatar_url=avatar_url)


def server_url(name: str) -> str:
    """Return the base URL of the server in a name."""
    return f"https://{parse_name(name)[1]}"


def post_url(post_id: str) -> str | None:
    """Return the URL of a post, which redirects to its topic."""
    return f"https://{post_id}" if POST_ID.fullmatch(post_id) else None
