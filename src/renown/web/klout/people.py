"""People as Klout's clients know them: by Klout ids, X accounts and screen names."""

from collections.abc import Mapping

from renown.answers import Movers
from renown.store import Name, ServedScore
from renown.web.site import Site, unknown

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
"""Klout's short names; any other network goes by its own name."""
KLOUT = NETWORKS["ks"]
"""The network of Klout's own ids."""
SHOWN = 5
"""Influencers, and influencees, that one answer names."""
SPANS = {"dayChange": 1, "weekChange": 7, "monthChange": 30}
_ACCOUNTS = 2**63
"""Klout ids from here on are of accounts that nobody claimed."""


def klout_id(key: int) -> str:
    """
    Return somebody's Klout id.

    Examples
    --------
    >>> klout_id(-12), klout_id(5)
    ('12', '9223372036854775813')
    """
    return str(-key if key < 0 else _ACCOUNTS + key)


def by_id(site: Site, text: str) -> ServedScore:
    """
    Return who has a Klout id.

    Raises
    ------
    UnknownWho
        If nobody has, or they are not to be shown.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 20):  # noqa: PLR2004 - digits of 2^64
        raise unknown(text)
    number = int(text)
    key = number - _ACCOUNTS if number >= _ACCOUNTS else -number
    return site.shown(site.served.find(key), text) if -(2**31) < key < _ACCOUNTS else site.shown(None, text)


def by_account(site: Site, network: str, name: str) -> ServedScore:
    """
    Return who owns an account, by its id or handle.

    Raises
    ------
    UnknownWho
        If nobody does, or they are not to be shown.
    """
    network = NETWORKS.get(network, network)
    return by_id(site, name) if network == KLOUT else site.find(f"{network}:{name}")


def by_screen_name(site: Site, name: str) -> ServedScore:
    """
    Return whom a screen name means: one of X, or, where it could be none, a handle of Bluesky or Mastodon.

    Raises
    ------
    UnknownWho
        If nobody goes by it, or they are not to be shown.

    Notes
    -----
    A name of X has neither dot nor @ within; ``ada.bsky.social`` is of Bluesky, ``ada@example.social`` of Mastodon.
    """
    name = name.removeprefix("@")
    network = "mastodon" if "@" in name else "bluesky" if "." in name else "x"
    return site.find(f"{network}:{name}")


def names_of(site: Site, key: int) -> dict[str, Name]:
    """Return of each network the name that somebody is shown by: a handle rather than an id."""
    found: dict[str, Name] = {}
    for one in sorted(site.portraits.names(key), key=lambda one: (one.shown == one.account_id, one.account_id)):
        found.setdefault(one.network, one)
    return found


def screen_name(of: ServedScore, names: Mapping[str, Name]) -> str:
    """Return the name that finds somebody again: of X, else of Bluesky or Mastodon, else any that they have."""
    for network in ("x", "bluesky", "mastodon"):
        if network in names:
            return names[network].shown
    return next((one.shown for one in names.values()), of.name)


def bucket(score: float) -> str:
    """
    Return the ten points that a score is in.

    Examples
    --------
    >>> bucket(1), bucket(59.99), bucket(90), bucket(100)
    ('1-9', '50-59', '90-100', '90-100')
    """
    tens = int(score // 10) * 10
    return "90-100" if score >= 90 else f"{tens}-{tens + 9}" if tens else "1-9"  # noqa: PLR2004 - the last ten


def changes(site: Site, of: ServedScore) -> dict[str, float]:
    """Return how far a score moved in each span; 0 where it had none then, for clients add these up."""
    moved = site.served.moved(of, tuple(SPANS.values()))
    return {name: moved[span] or 0 for name, span in SPANS.items()}


def movers(site: Site, of: Movers) -> list[tuple[ServedScore, str]]:
    """Return the highest scores of who moves somebody, each with the name that finds them again."""
    found = []
    for mover in of.people:
        served = site.served.find(mover.key)
        if served and site.may_show(served.key):
            found.append((served, screen_name(served, names_of(site, mover.key))))
        if len(found) == SHOWN:
            break
    return sorted(found, key=lambda one: -one[0].score)
