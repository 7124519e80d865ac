"""Read the rows behind a receipt of a method with a ledger: who and what contributed to a signal, and the discounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from renown.engines.base import Engine
from renown.store import PublishedPoints
from renown.text import plural

DISCOUNT_REASONS = {
    "strangers": "that nobody known reacts to",
    "friends": "that the person reacts to, too",
    "unverified": "of which only the person's own server tells",
    "unknown": "of which the network tells only the number",
    "self_reported": "of which only the person's own archive tells",
    "audience": "are more than the reactions bear",
}
"""Why something counts only in part; it follows a number of acts, accounts, followers or lists."""
_LARGE_AMOUNT = 100
"""Amount from which on no decimals are written."""
_SMALL_AMOUNT = 0.001
"""Smallest amount that is written."""
UNNAMED_REASONS = ("unknown", "self_reported")
"""Reasons that are lines of a receipt as well: the acts have no actors."""


@dataclass(frozen=True, kw_only=True)
class Discount:
    """
    A part of a signal that counts only as far as a limit.

    Strangers, and everything that the person can bring about alone, count in full up to a share of what known people
    gave, and beyond it with the logarithm.
    """

    reason: str
    """One of `DISCOUNT_REASONS`."""
    acts: int
    """Number of acts; 0 for followers and lists."""
    accounts: int
    """Number of distinct accounts that acted; 0 if they are unknown."""
    full: float
    """What it would count without the limit, in the signal's unit; an act of a stranger is a small part of one."""
    counted: float
    """What it counts, in the signal's unit."""


def describe_discount(discount: Discount, noun: str) -> str:
    """
    Describe what counts only in part, with the reason.

    Parameters
    ----------
    discount : Discount
    noun : str
        What is counted, e.g. likes.

    Examples
    --------
    >>> describe_discount(Discount(reason="strangers", acts=4210, accounts=52, full=42.1, counted=3.0), "likes")
    '4,210 likes from 52 accounts that nobody known reacts to: counted as 3'
    """
    amount = f"{discount.acts:,}" if discount.acts else f"{discount.full:,.0f}"
    accounts = f" from {plural(discount.accounts, 'account')}" if discount.accounts else ""
    is_round = discount.counted >= _LARGE_AMOUNT or discount.counted == int(discount.counted)
    counted = (
        f"{discount.counted:,.{0 if is_round else 3}f}"
        if is_round or discount.counted >= _SMALL_AMOUNT
        else (f"less than {_SMALL_AMOUNT}")
    )
    return f"{amount} {noun}{accounts} {DISCOUNT_REASONS[discount.reason]}: counted as {counted}"


@dataclass(frozen=True, kw_only=True)
class LedgerRows:
    """Rows behind one signal of one account, largest first: (actor, kind or post, acts, received)."""

    received: float
    """Millionths of the signal's unit; what the rows, unrounded, sum to, and what is missing since the day."""
    actors: list[tuple[int, int, float]]
    unnamed: list[tuple[str, int, float]]
    posts: list[tuple[str, int, float]]


def load_ledger_rows(engine: Engine, points: PublishedPoints, signal: int) -> LedgerRows:
    """
    Load the rows behind a signal that reads reactions.

    Parameters
    ----------
    engine : Engine
        Has the results of the method's steps and explanation steps.
    points : PublishedPoints
        As published.
    signal : int
        Number of the signal.
    """
    condition = f"account = {points.account} and signal = {signal}"
    actors = engine.query(
        f"select actor, acts, received from contributions where {condition} order by received desc, actor"
    )
    unnamed_sql = "reason in ({})".format(", ".join(f"'{reason}'" for reason in UNNAMED_REASONS))
    unnamed = engine.query(
        f"select reason, acts, received from discounts where {condition} and {unnamed_sql} order by reason desc"
    )
    posts = engine.query(f"select post, acts, received from post_shares where {condition} order by received desc, post")
    replayed = engine.query(f"select received from signals where {condition}")
    missing = points.received - (replayed[0][0] if replayed else 0)
    present = sum(row[2] for row in actors) + sum(row[2] for row in unnamed)
    return LedgerRows(
        received=present + missing if present else points.received or 1.0,
        actors=actors,
        unnamed=unnamed,
        posts=posts if sum(row[2] for row in posts) else [("", 0, present)],
    )


def load_discounts(engine: Engine, account: int, signal: int) -> tuple[Discount, ...]:
    """Load what counts only in part in a signal, largest first."""
    condition = f"account = {account} and signal = {signal}"
    rows = engine.query(f"select reason, acts, actors, full_worth, received from discounts where {condition}")
    discounts = (
        Discount(reason=reason, acts=acts, accounts=actors, full=full / 1e6, counted=counted / 1e6)
        for reason, acts, actors, full, counted in rows
    )
    return tuple(sorted(discounts, key=lambda discount: (-discount.full, discount.reason)))


def find_unjudged_networks(engine: Engine, points: Iterable[PublishedPoints]) -> tuple[str, ...]:
    """
    Find the networks on which everybody who reacted counts as known, because nobody can be told apart there.

    Parameters
    ----------
    engine : Engine
        Has the day's rows of the accounts; the replay marks such actors by a trust of 0.
    points : iterable of PublishedPoints
        Of the accounts.
    """
    rows = engine.query(
        "select distinct e.target from entries e join standings s on s.account = e.actor "
        "where s.known = 1 and s.trust = 0"
    )
    accounts = {account for (account,) in rows}
    return tuple(sorted({row.network for row in points if row.account in accounts}))
