"""Collect display names and pictures of claimed accounts, whose owners consent, while the accounts are read."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from renown.connectors.base import Account, AccountIdentity
from renown.connectors.http.client import Client
from renown.connectors.pictures import fetch_picture, resolve_picture_url
from renown.errors import BudgetExceededError, NetworkRefusedError, NetworkUnavailableError, RenownError
from renown.ingest.pictures import normalize_picture
from renown.store import IdentityStore, Picture, StoredIdentity

MAX_NAME_LENGTH = 64
"""Maximum characters of a display name; networks allow 30 (Mastodon) to 64 (Bluesky)."""
_MAX_MARKS = 2
"""Maximum combining marks on one letter: more of them cover the lines around."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters that look like nothing: fillers of Hangul, and an empty cell of braille."""
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_CATEGORIES = ("So", "Sk", "Mn")
"""Categories before a joiner of emoji: symbols, skin tones and the variation selector."""
_MISSING_STATUSES = (404, 410)
"""HTTP statuses of an address without a picture: the account has none."""
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class IdentityCollector:
    """Stores how accounts present themselves."""

    identities: IdentityStore
    has_pictures: bool
    """Whether the settings allow pictures."""

    def collect(
        self, client: Client, network: str, account: Account, identity: AccountIdentity, *, now: Callable[[], datetime]
    ) -> str:
        """
        Store an account's display name and picture, if somebody who consents claims it.

        Parameters
        ----------
        client : Client
            Of the account's server.
        network : str
        account : Account
        identity : AccountIdentity
        now : callable
            Returns the current UTC time.

        Returns
        -------
        str
            Why the picture was not read; empty if it was, or if there is none.
        """
        if not self.identities.is_collectable(network, account.account_id):
            return ""
        stored = self.identities.find(network, account.account_id)
        picture, problem = stored.picture if stored else None, ""
        try:
            picture = _read_picture(client, identity.avatar_url if self.has_pictures else None, picture)
        except (NetworkUnavailableError, BudgetExceededError) as error:
            problem = f"the picture was not read: {error}"
        except RenownError as error:
            is_missing = isinstance(error, NetworkRefusedError) and error.status in _MISSING_STATUSES
            picture, problem = None, "" if is_missing else f"the picture was not read: {error}"
        new_identity = StoredIdentity(
            network=network,
            account_id=account.account_id,
            display_name=clean_display_name(identity.display_name or ""),
            picture=picture,
        )
        self.identities.save(new_identity, at=now())
        return problem


def _read_picture(client: Client, avatar_url: str | None, stored: Picture | None) -> Picture | None:
    """Return the picture at an address, which is the stored one if it did not change; None without an address."""
    if not avatar_url:
        return None
    url = resolve_picture_url(client, avatar_url)
    is_same_url = stored is not None and stored.source_url == url
    result = fetch_picture(client, url, validator=stored.validator if stored and is_same_url else "")
    if result.not_modified:
        return stored
    return Picture(content=normalize_picture(result.body.content), source_url=url, validator=result.validator)


def clean_display_name(name: str) -> str:
    r"""
    Return a display name as pages can show it beside others: one line, nothing invisible, no piles of marks.

    Control characters and characters that change the direction of text are removed, so that a name cannot rearrange
    what stands around it. Letters of all scripts stay, also those that look alike: pages show the person's registered
    name beside it.

    Examples
    --------
    >>> clean_display_name("  Ada\u202e ecalevoL \n (she) "), clean_display_name("\u200b\u3164")
    ('Ada ecalevoL (she)', '')
    """
    letters: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", name):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if letter.isspace():
            letters.append(" ")
        elif letter == _ZERO_WIDTH_JOINER:
            is_in_emoji = bool(letters) and unicodedata.category(letters[-1]) in _EMOJI_CATEGORIES
            letters += [letter] * is_in_emoji
        elif not category.startswith("C") and letter not in _BLANK_LETTERS and marks <= _MAX_MARKS:
            letters.append(letter)
    text = _SPACES.sub(" ", "".join(letters)).strip()
    return text[:MAX_NAME_LENGTH].rstrip(f" {_ZERO_WIDTH_JOINER}")
