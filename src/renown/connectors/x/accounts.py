"""Accounts of X: look them up, and describe them."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Account, AccountBio, AccountIdentity, Link, clean_count, clean_handle
from renown.connectors.http import Action, Charge, ErrorRule
from renown.connectors.verification import find_links
from renown.connectors.x.api import USER_FIELDS
from renown.connectors.x.models import XUser, XUserAnswer
from renown.errors import AccountGoneError, CredentialError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "x"
_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_SMALL_AVATAR = re.compile(r"_normal\.(?=\w+$)")
"""End of the URL of a picture in its smallest size ("User profile images and banners")."""
_DEFAULT_AVATAR = "/sticky/default_profile_images/"
"""Part of the URL of the picture that is shown of everybody without one (as above, "Default profile image")."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its name, with or without @, or by its number."""
    text = name.strip()
    if not (text.isascii() and text.isdecimal()) and not _NAME.fullmatch(text.lstrip("@")):
        raise invalid_name_error(NETWORK, name, "its name, such as @ada")
    path = f"users/{text}" if text.isdecimal() else f"users/by/username/{text.lstrip('@')}"
    return to_profile(fetch_user(client, path), now)


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the description and the website of a profile; links are shortened in texts, and listed beside them."""
    user = fetch_user(client, f"users/{account.account_id}")
    urls = [*user.entities.url.urls, *user.entities.description.urls]
    return AccountBio(
        user.description, (*find_links(user.description), *(Link(url.expanded_url) for url in urls if url.expanded_url))
    )


def fetch_user(client: "Client", path: str) -> XUser:
    """Fetch an account from a path of the API; raise `CredentialError` without a token."""
    if not client.has_token:
        raise CredentialError("x is read with your own app and token only; sign in with `renown login x`")
    answer: XUserAnswer = client.get(
        f"2/{path}",
        {"user.fields": USER_FIELDS},
        response_type=XUserAnswer,
        errors=(ErrorRule(action=Action.GONE, statuses={404}),),
        charge=Charge("user", 1, lambda _result: 1),
    ).body
    if answer.data is None:
        reasons = "; ".join(problem.detail or problem.title for problem in answer.errors)
        raise AccountGoneError(f"x has no such account, or shows it to nobody: {reasons[:200] or 'no reason is given'}")
    return answer.data


def to_profile(user: XUser, now: datetime) -> Profile:
    """Return the figures; that it is verified says nothing, because check marks are sold."""
    figures = user.public_metrics
    return Profile(
        network=NETWORK,
        account_id=user.id,
        at=now,
        handle=clean_handle(user.username),
        followers=clean_count(figures.followers_count),
        following=clean_count(figures.following_count),
        posts=clean_count(figures.tweet_count),
        lists=clean_count(figures.listed_count),
        created_at=user.created_at,
    )


def to_identity(user: XUser) -> AccountIdentity:
    """Return how an account presents itself, with its picture in a size that fits pages."""
    avatar_url = user.profile_image_url
    has_avatar = avatar_url and _DEFAULT_AVATAR not in avatar_url
    avatar_url = _SMALL_AVATAR.sub("_400x400.", avatar_url) if avatar_url and has_avatar else None
    return AccountIdentity(display_name=user.name, avatar_url=avatar_url)
