"""Judged pairs: what people said of whom, with the figures of both that a method learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.store import Judgement, Published

FIRST, SECOND = "A_{}", "B_{}"
"""What the columns of the two are called, as `renown learn pairs` reads them."""
WINNER = "first_won"


@dataclass(frozen=True)
class JudgedPairs:
    """Pairs as a file for `renown learn pairs` has them."""

    header: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    """Who won (1: the first, always), then what each received of each signal, in the signal's unit."""
    left_out: int
    """Judgements of somebody who has no score that day."""


def judged_pairs(said: Sequence[Judgement], published: Published, signals: Sequence[str]) -> JudgedPairs:
    """
    Return judgements with what both sides had received of each signal on a published day.

    Parameters
    ----------
    said : sequence of Judgement
    published : Published
    signals : sequence of str
        Names of the method's signals; a person's accounts are summed.
    """
    scored = published.scores(sorted({key for one in said for key in (one.winner, one.loser)}))
    known = {key: _received(published, key, signals) for key in scored}
    rows = tuple(
        (1.0, *known[one.winner], *known[one.loser]) for one in said if one.winner in known and one.loser in known
    )
    header = (WINNER, *(side.format(signal) for side in (FIRST, SECOND) for signal in signals))
    return JudgedPairs(header, rows, len(said) - len(rows))


def mapping(signals: Sequence[str]) -> str:
    """Return the TOML that says to `renown learn pairs` which columns are which."""
    head = f'winner = "{WINNER}"\nfirst = "{FIRST}"\nsecond = "{SECOND}"\n'
    return head + "".join(f'\n[signals.{signal}]\ncolumn = "{signal}"\n' for signal in signals)


def _received(published: Published, key: int, signals: Sequence[str]) -> tuple[float, ...]:
    received = dict.fromkeys(signals, 0.0)
    for row in published.points(key):
        if row.signal in received:
            received[row.signal] += row.received / 1e6
    return tuple(received.values())
