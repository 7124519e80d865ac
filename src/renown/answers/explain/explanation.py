"""Explain a published score: its receipt, down to the actors and posts whose points add up to each signal's."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.explain.ledger_rows import find_unjudged_accounts
from renown.answers.explain.post_index import PostIndex, load_post_index
from renown.answers.explain.receipt import Receipt, build_receipts, find_score
from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
from renown.answers.explain.signal_rows import SignalRows, build_signal_receipt, load_signal_rows
from renown.engines.base import Engine
from renown.lake import Lake
from renown.method.file import Method
from renown.scoring.accounts import Subject, load_names
from renown.scoring.claimed_rows import find_claimed_rows
from renown.scoring.points import find_points
from renown.scoring.replay import (
    RequestedRows,
    last_explained_step,
    load_day_tables,
    load_published_method,
    publishes_all_points,
    replay_tables,
    rerun_steps,
    run_explanation_steps,
)
from renown.store import PublishedPoints, PublishedTables

DEFAULT_TOP = 10
"""Default number of actors, and of posts, listed per signal."""


@dataclass(frozen=True)
class Explanation:
    """A receipt with its actors and posts."""

    receipt: Receipt
    signals: tuple[SignalReceipt, ...]
    """In the order of the receipt's points."""
    unjudged_networks: tuple[str, ...] = ()
    """Networks on which nobody can be told apart, so that everybody who reacts counts as known, except friends."""

    def actors(self) -> list[ReceiptLine]:
        """Return the receipt lines of all actors."""
        return [line for signal in self.signals for line in signal.actors]

    def anonymize(self, keys: AbstractSet[int]) -> "Explanation":
        """Return a copy without the names of these accounts; all sums stay."""
        return replace(self, signals=tuple(signal.anonymize(keys) for signal in self.signals))

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "Explanation":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        points = tuple(row.rename(own_names) for row in self.receipt.points)
        return replace(
            self,
            receipt=replace(self.receipt, points=points),
            signals=tuple(signal.rename(names, own_names) for signal in self.signals),
        )

    def shorten(self, top: int) -> "Explanation":
        """Return a copy that lists at most so many actors, and posts, per signal; the rest is one line."""
        return replace(self, signals=tuple(signal.shorten(top) for signal in self.signals))

    def redact_names(self, allowed_names: AbstractSet[str]) -> "Explanation":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(self, signals=tuple(signal.redact_names(allowed_names) for signal in self.signals))


def explain(
    subject: Subject, published: PublishedTables, engine: Engine, lake: Lake, *, top: int = DEFAULT_TOP
) -> Explanation:
    """
    Explain a published score down to actors and posts, from the day's rows in the lake.

    Parameters
    ----------
    subject : Subject
    published : PublishedTables
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    top : int
        Maximum actors, and posts, listed per signal; the rest is one line.

    Raises
    ------
    PersonNotFoundError
        If they have no score on that day.
    InvalidMethodError
        If the day was published by a method whose SQL is not in this version.
    """
    published.load_people([subject.key])
    find_score(subject, published)
    method = load_published_method(published)
    accounts = {strength.account for strength in published.read_strengths(subject.key)}
    load_day_tables(
        engine,
        lake=lake,
        published=published,
        method=method,
        requested=RequestedRows(people={subject.key: subject.name}, accounts=accounts),
        suffix="that_day",
        shared=find_claimed_rows(engine, lake, method, published.day, accounts),
    )
    selects = {table: f"select * from {table}_that_day" for table in replay_tables(method)}
    # Points that were not published are computed again, by the steps after those that a receipt needs.
    has_points = subject.key < 0 or publishes_all_points(published)
    with engine.small_data():
        rerun_steps(engine, method, selects, last_step=last_explained_step(method) if has_points else "points")
        points = find_points(engine, published, subject.key)
        run_explanation_steps(engine, method)
        rows = load_explanation_rows(engine, [points], method)
    receipts = build_receipts([subject], published, engine, lake, {subject.key: points})
    return build_explanations(engine, lake, [points], receipts, rows, top=top)[0]


@dataclass(frozen=True)
class ExplanationRows:
    """What explanations list, read from an engine in which the day's steps were run."""

    signals: Sequence[SignalRows]
    """Of all points of all people, in their order."""
    post_index: PostIndex
    unjudged_accounts: AbstractSet[int]


def load_explanation_rows(
    engine: Engine, points: Sequence[Sequence[PublishedPoints]], method: Method
) -> ExplanationRows:
    """Load the rows behind the points of people from an engine in which the day's steps were run for them."""
    rows = [row for person_points in points for row in person_points]
    return ExplanationRows(
        load_signal_rows(engine, rows, method),
        load_post_index(engine, {row.account for row in rows}, networks={row.network for row in rows}),
        find_unjudged_accounts(engine) if method.has_ledger else set(),
    )


def build_explanations(
    engine: Engine,
    lake: Lake,
    points: Sequence[Sequence[PublishedPoints]],
    receipts: Sequence[Receipt],
    rows: ExplanationRows,
    *,
    top: int,
) -> list[Explanation]:
    """
    Build the explanations of people.

    Parameters
    ----------
    engine : Engine
        Its tables of accounts are overwritten.
    lake : Lake
    points : sequence of sequence of PublishedPoints
        Of each person.
    receipts : sequence of Receipt
        Of the same people.
    rows : ExplanationRows
        Of the same people.
    top : int
        Maximum actors, and posts, listed per signal.
    """
    actors = [(signal.network, line[0]) for signal in rows.signals for line in signal.actors[:top]]
    account_names, signal_rows = load_names(engine, lake, actors), iter(rows.signals)
    return [
        Explanation(
            receipt,
            tuple(
                build_signal_receipt(row, next(signal_rows), account_names, rows.post_index, top)
                for row in receipt.points
            ),
            tuple(sorted({row.network for row in person_points if row.account in rows.unjudged_accounts})),
        )
        for receipt, person_points in zip(receipts, points, strict=True)
    ]
