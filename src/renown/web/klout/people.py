"""Look up people by Klout id, account or screen name, as Klout's clients do."""

import hashlib
from collections.abc import Mapping

from renown.answers import InfluencerList
from renown.errors import PersonNotFoundError
from renown.store import AccountName, ServedScore
from renown.web.people import find_by_key, find_by_name, require_visible
from renown.web.state import AppState

NETWORKS = {
    "tw": "x",
    "twitter": "x",
    "ks": "klout",
    "fb": "facebook",
    "gp": "googleplus",
    "ig": "instagram",
    "li": "linkedin",
    "fs": "foursquare",
    "yt": "youtube",
}
"""Klout's abbreviations of networks; other networks keep their name."""
KLOUT = NETWORKS["ks"]
"""The network of Klout's own ids."""
MAX_INFLUENCERS = 5
"""Maximum influencers, and influencees, per response."""
MAX_TOPICS = 10
"""Maximum topics per response."""
CHANGE_SPANS = {"dayChange": 1, "weekChange": 7, "monthChange": 30}
_UNCLAIMED_OFFSET = 2**63
"""Klout ids from here on belong to unclaimed accounts."""


def klout_id(key: int) -> str:
    """
    Return the Klout id of a person or account key.

    Examples
    --------
    >>> klout_id(-12), klout_id(5)
    ('12', '9223372036854775813')
    """
    return str(-key if key < 0 else _UNCLAIMED_OFFSET + key)


def klout_topic_id(topic: str) -> str:
    """
    Return an id of a topic: a hash of its name, so that it is the same on every server, of 63 bits as Klout's were.

    Examples
    --------
    >>> klout_topic_id("python") == klout_topic_id("python") != klout_topic_id("music")
    True
    """
    return str(int.from_bytes(hashlib.sha256(topic.encode()).digest()[:8]) >> 1)


def find_by_klout_id(state: AppState, text: str) -> ServedScore:
    """
    Find a person by Klout id.

    Raises
    ------
    PersonNotFoundError
        If there is none, or they are hidden.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):  # noqa: PLR2004 - digits of 2^64
        raise PersonNotFoundError(
            f"{text[:100]!r} is not a Klout id, which is a number such as 12; identity.json/twitter?screenName=NAME "
            "tells that of a name"
        )
    number = int(text)
    key = number - _UNCLAIMED_OFFSET if number >= _UNCLAIMED_OFFSET else -number
    score = state.scores.find(key) if -(2**31) < key < _UNCLAIMED_OFFSET else None
    try:
        return require_visible(state, score, text)
    except PersonNotFoundError:
        raise PersonNotFoundError(f"nobody with a page here has the Klout id {text}") from None


def find_by_account(state: AppState, network: str, name: str) -> ServedScore:
    """
    Find a person by the id or handle of an account.

    Raises
    ------
    PersonNotFoundError
        If there is none, or they are hidden.
    """
    network = NETWORKS.get(network, network)
    return find_by_klout_id(state, name) if network == KLOUT else find_by_name(state, f"{network}:{name}")


def find_by_screen_name(state: AppState, name: str) -> ServedScore:
    """
    Find a person by screen name on X, or by a handle of Bluesky or Mastodon.

    Raises
    ------
    PersonNotFoundError
        If there is none, or they are hidden.

    Notes
    -----
    A screen name of X has no dot and no @ inside: ``ada.bsky.social`` is Bluesky, ``ada@example.social`` Mastodon.
    """
    name = name.removeprefix("@")
    network = "mastodon" if "@" in name else "bluesky" if "." in name else "x"
    return find_by_name(state, f"{network}:{name}")


def load_names(state: AppState, key: int) -> dict[str, AccountName]:
    """Load the displayed name on each network; a handle is preferred to an id."""
    names: dict[str, AccountName] = {}
    for name in sorted(
        state.profiles.names(key), key=lambda name: (name.original_name == name.account_id, name.account_id)
    ):
        names.setdefault(name.network, name)
    return names


def pick_screen_name(subject: ServedScore, names: Mapping[str, AccountName]) -> str:
    """Return a name by which the person can be found: on X, else Bluesky, else Mastodon, else any network."""
    for network in ("x", "bluesky", "mastodon"):
        if network in names:
            return names[network].original_name
    return next((name.original_name for name in names.values()), subject.name)


def score_bucket(score: float) -> str:
    """
    Return Klout's ten-point bucket of a score.

    Examples
    --------
    >>> score_bucket(1), score_bucket(59.99), score_bucket(90), score_bucket(100)
    ('1-9', '50-59', '90-100', '90-100')
    """
    tens = int(score // 10) * 10
    return "90-100" if score >= 90 else f"{tens}-{tens + 9}" if tens else "1-9"  # noqa: PLR2004 - the last ten


def score_changes(state: AppState, subject: ServedScore) -> dict[str, float]:
    """Return the score change over each span; 0 if there was no score then, since clients add these up."""
    changes_by_days = state.scores.read_changes(subject, tuple(CHANGE_SPANS.values()))
    return {name: changes_by_days[span] or 0 for name, span in CHANGE_SPANS.items()}


def list_influencers(state: AppState, candidates: InfluencerList) -> list[tuple[ServedScore, str]]:
    """List the visible influencers, or influencees, with the highest scores, each with a screen name."""
    influencers = []
    for candidate in candidates.people:
        score = find_by_key(state, candidate.key)
        if score:
            influencers.append((score, pick_screen_name(score, load_names(state, candidate.key))))
        if len(influencers) == MAX_INFLUENCERS:
            break
    return sorted(influencers, key=lambda influencer: -influencer[0].score)
