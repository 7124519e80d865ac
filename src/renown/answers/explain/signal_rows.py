"""Split the points of a signal in proportion to what each actor, and each post, contributed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from renown.answers.explain.ledger_rows import Discount, load_ledger_rows
from renown.answers.explain.post_index import PostIndex
from renown.answers.explain.receipt import SignalPoints
from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
from renown.engines.base import Engine
from renown.method.file import Method
from renown.store import PublishedPoints


@dataclass(frozen=True, kw_only=True)
class SignalRows:
    """Rows behind one signal of one account, largest first: (actor or post, acts, received)."""

    network: str
    account: int
    received: float
    """Millionths of the signal's unit, as published; the rows sum to at most this."""
    by_profile: bool
    """Whether it comes from the profile (followers, lists) and has no actors."""
    actors: Sequence[tuple[int, int, float]] = ()
    unknown: Sequence[tuple[str, int, float]] = ()
    """Kind of line, acts, received."""
    posts: Sequence[tuple[str, int, float]] = ()
    discounts: tuple[Discount, ...] = ()


def load_signal_rows(engine: Engine, points: Sequence[PublishedPoints], method: Method) -> list[SignalRows]:
    """Load the rows behind signals, from an engine in which the method's explanation steps were run."""
    numbers = {signal.name: signal.number for signal in method.signals}
    sources = {signal.name: signal.reads for signal in method.signals}
    if not method.has_ledger:
        return [_load_rows(engine, row, numbers[row.signal], sources[row.signal]) for row in points]
    return [
        SignalRows(
            network=row.network,
            account=row.account,
            received=rows.received,
            by_profile=False,
            actors=rows.actors,
            unknown=rows.unnamed,
            posts=rows.posts,
            discounts=rows.discounts,
        )
        if sources[row.signal] == "interactions"
        else SignalRows(
            network=row.network,
            account=row.account,
            received=row.received,
            by_profile=True,
            discounts=rows.discounts,
        )
        for row, rows in zip(points, load_ledger_rows(engine, points, numbers), strict=True)
    ]


def _load_rows(engine: Engine, row: PublishedPoints, number: int, reads: str) -> SignalRows:
    if reads != "interactions":
        return SignalRows(network=row.network, account=row.account, received=row.received, by_profile=True)
    condition = f"account = {row.account} and signal = {number}"
    return SignalRows(
        network=row.network,
        account=row.account,
        received=row.received,
        by_profile=False,
        actors=engine.query(
            f"select actor, acts, received from contributions where {condition} order by received desc, actor"
        ),
        unknown=engine.query(f"""
            select 'unknown', people - self_reported_people, received - self_reported
            from unknown_actors where {condition} and people > self_reported_people
            union all
            select 'self_reported', self_reported_people, self_reported
            from unknown_actors where {condition} and self_reported_people > 0"""),
        posts=engine.query(
            f"select post, acts, received from post_shares where {condition} order by received desc, post"
        ),
    )


def build_signal_receipt(
    row: SignalPoints, rows: SignalRows, account_names: Mapping[int, str], post_index: PostIndex, top: int
) -> SignalReceipt:
    """Split one signal's points in proportion to what each actor, and each post, contributed."""
    if rows.by_profile:
        profile_line = ReceiptLine(
            kind="profile", name="", count=round(row.received), received=row.received, points=row.points
        )
        return SignalReceipt(row, (profile_line,), (profile_line,), rows.discounts)
    points_per_unit = row.points / rows.received if rows.received else 0.0
    present = sum(line[2] for line in rows.actors) + sum(line[2] for line in rows.unknown)
    missing = rows.received - present
    unknown = [_build_line(kind, acts, received, points_per_unit) for kind, acts, received in rows.unknown]
    missing_lines = [_build_line("forgotten", 0, missing, points_per_unit)] if missing else []
    return SignalReceipt(
        row,
        (*_list_actors(rows, account_names, points_per_unit, top), *unknown, *missing_lines),
        (*_list_posts(rows, post_index, points_per_unit, present, top), *missing_lines),
        rows.discounts,
    )


def _build_line(
    kind: str,
    count: int,
    received: float,
    points_per_unit: float,
    *,
    name: str = "",
    account: int = 0,
) -> ReceiptLine:
    return ReceiptLine(
        kind=kind,
        name=name,
        count=count,
        received=received / 1e6,
        points=received * points_per_unit,
        account=account,
    )


def _list_actors(
    rows: SignalRows, account_names: Mapping[int, str], points_per_unit: float, top: int
) -> Iterator[ReceiptLine]:
    """Yield the largest actors, and one line for the others."""
    for actor, acts, received in rows.actors[:top]:
        name = account_names.get(actor, "")
        yield _build_line("actor", acts, received, points_per_unit, name=name, account=actor)
    yield from _sum_others(rows.actors[top:], 1.0, points_per_unit)


def _list_posts(
    rows: SignalRows, post_index: PostIndex, points_per_unit: float, present: float, top: int
) -> Iterator[ReceiptLine]:
    """Yield the largest posts, and one line for the others; together they received what all actors gave."""
    # Shares of posts are rounded down, each by less than a billionth; scaling makes them sum to the whole again.
    scale = present / (sum(line[2] for line in rows.posts) or 1)
    for post, acts, received in rows.posts[:top]:
        kind = "post" if post else "account"
        line = _build_line(kind, acts, received * scale, points_per_unit, name=post)
        yield post_index.add_to_line(line, rows.network, rows.account)
    yield from _sum_others(rows.posts[top:], scale, points_per_unit)


def _sum_others(
    rows: Sequence[tuple[int | str, int, float]], scale: float, points_per_unit: float
) -> tuple[ReceiptLine, ...]:
    """Sum the actors, or posts, that are not listed, into one line; there is none if all are."""
    if not rows:
        return ()
    others = ReceiptLine(
        kind="others",
        name="",
        count=len(rows),
        received=sum(received * scale / 1e6 for _, _, received in rows),
        points=sum(received * scale * points_per_unit for _, _, received in rows),
        acts=sum(acts for _, acts, _ in rows),
    )
    return (others,)
