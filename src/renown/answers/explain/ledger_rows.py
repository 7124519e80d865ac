"""Read the rows behind a receipt of a method with a ledger: who and what contributed to a signal, and the discounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from renown.answers.signal_words import signal_word
from renown.engines.base import Engine
from renown.store import PublishedPoints
from renown.text import plural

DISCOUNT_REASONS = {
    "strangers": "that nobody known reacts to",
    "unestablished": "that are new, or have few followers or posts",
    "friends": "that the person reacts to, too",
    "vouched": "that are known mostly through the person, or through the same people as the person",
    "unverified": "of which only the person's own server tells",
    "unknown": "of which the network tells only the number",
    "self_reported": "of which only the person's own archive tells",
    "audience": "are more than the reactions support",
}
"""Why something counts only in part; it follows a number of acts, accounts, followers or lists."""
_SINGULAR_REASONS = {
    "unestablished": "that is new, or has few followers or posts",
    "vouched": "that is known mostly through the person, or through the same people as the person",
    "audience": "is more than the reactions support",
}
"""Reasons that have another form after one account or follower."""
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


def describe_discount(discount: Discount, signal: str) -> str:
    """
    Describe what counts only in part, with the reason.

    Parameters
    ----------
    discount : Discount
    signal : str
        Name of the signal that is counted.

    Examples
    --------
    >>> describe_discount(Discount(reason="strangers", acts=4210, accounts=52, full=42.1, counted=3.0), "approval")
    '4,210 likes from 52 accounts that nobody known reacts to: counted as 3 trusted people'
    >>> describe_discount(Discount(reason="friends", acts=1, accounts=1, full=0.5, counted=0.1), "conversation")
    '1 reply from 1 account that the person reacts to, too: counted as 0.100 trusted people'
    """
    number = discount.acts or round(discount.full)
    accounts = f" from {plural(discount.accounts, 'account')}" if discount.accounts else ""
    is_round = discount.counted >= _LARGE_AMOUNT or discount.counted == int(discount.counted)
    counted = (
        f"{discount.counted:,.{0 if is_round else 3}f}"
        if is_round or discount.counted >= _SMALL_AMOUNT
        else (f"less than {_SMALL_AMOUNT}")
    )
    # Followers and lists count as themselves.
    unit = (" trusted person" if counted == "1" else " trusted people") if discount.acts else ""
    is_single = (number if discount.reason == "audience" else discount.accounts) == 1
    reason = (is_single and _SINGULAR_REASONS.get(discount.reason)) or DISCOUNT_REASONS[discount.reason]
    return f"{number:,} {signal_word(signal, number)}{accounts} {reason}: counted as {counted}{unit}"


@dataclass(frozen=True, kw_only=True)
class LedgerRows:
    """Rows behind one signal of one account, largest first: (actor, kind or post, acts, received)."""

    received: float
    """Millionths of the signal's unit; what the rows, unrounded, sum to, and what is missing since the day."""
    actors: Sequence[tuple[int, int, float]]
    unnamed: Sequence[tuple[str, int, float]]
    posts: Sequence[tuple[str, int, float]]
    discounts: tuple[Discount, ...]
    """What counts only in part, largest first."""


def load_ledger_rows(
    engine: Engine, points: Sequence[PublishedPoints], signal_numbers: Mapping[str, int]
) -> list[LedgerRows]:
    """
    Load the rows behind signals, those of reactions by actor and by post.

    Parameters
    ----------
    engine : Engine
        Has the results of the method's steps and explanation steps.
    points : sequence of PublishedPoints
        As published.
    signal_numbers : mapping of str to int
        Signal to its number.
    """
    condition = f"account in ({', '.join(str(account) for account in {row.account for row in points}) or 'null'})"
    actors = _query_by_signal(
        engine, f"actor, acts, received from contributions where {condition}", "received desc, actor"
    )
    posts = _query_by_signal(engine, f"post, acts, received from post_shares where {condition}", "received desc, post")
    replayed = _query_by_signal(engine, f"received from signals where {condition}", "received")
    discounts = _query_by_signal(
        engine, f"reason, acts, actors, full_worth, received from discounts where {condition}", "reason desc"
    )
    rows = []
    for row in points:
        key = (row.account, signal_numbers[row.signal])
        unnamed = [
            (reason, acts, counted) for reason, acts, _, _, counted in discounts[key] if reason in UNNAMED_REASONS
        ]
        present = sum(line[2] for line in actors[key]) + sum(line[2] for line in unnamed)
        missing = row.received - sum(received for (received,) in replayed[key])
        rows.append(
            LedgerRows(
                received=present + missing if present else row.received or 1.0,
                actors=actors[key],
                unnamed=unnamed,
                posts=posts[key] if sum(line[2] for line in posts[key]) else [("", 0, present)],
                discounts=_to_discounts(discounts[key]),
            )
        )
    return rows


def _query_by_signal(
    engine: Engine, columns_sql: str, order: str
) -> defaultdict[tuple[int, int], list[tuple[Any, ...]]]:
    """Query rows of several accounts in order, and return them by account and signal, without these columns."""
    rows = engine.query(f"select account, signal, {columns_sql} order by account, signal, {order}")
    groups = groupby(rows, key=itemgetter(slice(2)))
    return defaultdict(list, {key: [row[2:] for row in group] for key, group in groups})


def _to_discounts(rows: Iterable[tuple[Any, ...]]) -> tuple[Discount, ...]:
    discounts = (
        Discount(reason=reason, acts=acts, accounts=actors, full=full / 1e6, counted=counted / 1e6)
        for reason, acts, actors, full, counted in rows
    )
    return tuple(sorted(discounts, key=lambda discount: (-discount.full, discount.reason)))


def find_unjudged_accounts(engine: Engine) -> set[int]:
    """
    Find the accounts of which everybody who reacted counts as known, because nobody can be told apart there.

    Parameters
    ----------
    engine : Engine
        Has the day's rows of the accounts; the replay marks such actors by a trust of 0.
    """
    rows = engine.query(
        "select distinct e.target from entries e join standings s on s.account = e.actor "
        "where s.known = 1 and s.trust = 0"
    )
    return {account for (account,) in rows}
