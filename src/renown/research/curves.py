"""Learn a network's curves, from lists and from reactions to follower-equivalents, from its own population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import tomlkit

from renown.errors import InvalidInputError, InvalidMethodError
from renown.method.curves import CURVES, Curve
from renown.method.file import Method, parse_method
from renown.research.fit import Floats
from renown.store import PublishedDay, PublishedTables
from renown.store.published.arrays import AccountFigures
from renown.store.published.statistics import read_account_figures

MIN_ACCOUNTS = 500
"""
Accounts with both followers and the value that are required.

With 500 accounts whose followers and values have a correlation of 0.7, a point of the curve has a standard error of
about one point of the score, of which a third counts; with 100 accounts, of one to four points.
"""
_MIN_POINT_ACCOUNTS = 20
"""Accounts that a point of a curve is the mean of, at least."""
_BANDS_PER_DECADE = 2
"""Points of a curve per power of ten of the value."""
_NOTHING = 1e-6
"""Follower-equivalents below which nothing was received: what rounding leaves."""


@dataclass(frozen=True)
class CurvePoint:
    """A point of a learned curve: the mean of accounts with similar values."""

    value: float
    """Lists, or reactions in reposts of a fully trusted person."""
    accounts: int
    old: float
    """Follower-equivalents by the given method."""
    new: float


@dataclass(frozen=True)
class LearnedCurve:
    """One learned curve; without points if too few accounts have followers and the value."""

    name: str
    """One of `CURVES`."""
    accounts: int
    """Number of accounts with followers and the value."""
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class LearnedCurves:
    """Learned curves of a network."""

    network: str
    day: str
    curves: tuple[LearnedCurve, ...]
    text: str
    """The new method file."""


def check_method(day: PublishedDay, method: Method) -> None:
    """
    Check that curves can be learned from a day by a method.

    Raises
    ------
    InvalidMethodError
        If the method has no curves, or did not publish the day.
    """
    if not method.has_ledger:
        raise InvalidMethodError(
            f"method {method.version!r} has no curves; learn curves for a method with a ledger, such as `--method 3`, "
            "or use `renown learn rates`"
        )
    if day.method_digest != method.digest:
        raise InvalidMethodError(
            f"{day.day} was published by method {day.method!r} with other constants or steps than the "
            "given one; publish the day by the given method first (`renown score --day DAY --method FILE`)"
        )


def learn_curves(tables: PublishedTables, method: Method, network: str, *, version: str) -> LearnedCurves:
    """
    Set a network's curves to the followers that its accounts with as much typically have.

    Quantiles of what accounts received are matched with quantiles of their followers.

    Parameters
    ----------
    tables : PublishedTables
        A day that this method published, with the points of everybody, see `open_all_points`.
    method : Method
        A method with a ledger; its rate of a follower and what it presumes of everybody are kept.
    network : str
    version : str
        Version of the new method.

    Raises
    ------
    InvalidMethodError
        If the method has no curves, or did not publish the day.
    InvalidInputError
        If neither curve has `MIN_ACCOUNTS` accounts.
    """
    check_method(tables.day, method)
    figures = read_account_figures(tables, network, {signal.name: signal.reads for signal in method.signals})
    pairs = {"lists": _pair_lists(figures, method, network), "reactions": _pair_reactions(figures, method, network)}
    curves = tuple(_learn_curve(name, *pairs[name], method, network) for name in CURVES)
    if not any(curve.points for curve in curves):
        counts = " and ".join(f"{curve.accounts:,} accounts with followers and {curve.name}" for curve in curves)
        raise InvalidInputError(
            f"{network!r} has only {counts} on {tables.day.day}, {MIN_ACCOUNTS} of one kind are needed; import more "
            "profiles and interactions, or keep the method's curves"
        )
    day = tables.day.day.isoformat()
    return LearnedCurves(network, day, curves, _write_method_text(method, network, day, curves, version))


def _pair_lists(figures: AccountFigures, method: Method, network: str) -> tuple[Floats, Floats]:
    """Return the lists of each account that has lists and followers, and the follower-equivalents of its followers."""
    is_usable = (figures.followers > 0) & (figures.lists > 0)
    return figures.lists[is_usable], _follower_equivalents(figures, method, network)[is_usable]


def _pair_reactions(figures: AccountFigures, method: Method, network: str) -> tuple[Floats, Floats]:
    """Return the reactions of each account that has reactions and followers, and the equivalents of its followers."""
    followers = _follower_equivalents(figures, method, network)
    # The published value contains what everybody is presumed to receive.
    equivalents = np.expm1(figures.reactions_value) - np.minimum(followers, method["presumed_reactions"])
    is_usable = (figures.followers > 0) & (equivalents > _NOTHING)
    curve = method.curve(network, "reactions")
    return _find_values(curve, equivalents[is_usable]), followers[is_usable]


def _follower_equivalents(figures: AccountFigures, method: Method, network: str) -> Floats:
    audience = next(signal for signal in method.signals if signal.reads == "followers")
    return np.minimum(method["strength_limit"], figures.followers * method.rate(network, audience))


def _learn_curve(name: str, values: Floats, equivalents: Floats, method: Method, network: str) -> LearnedCurve:
    """Match quantiles of values and of equivalents, less what the method adds for everybody."""
    if len(values) < MIN_ACCOUNTS:
        return LearnedCurve(name, len(values), ())
    matched = [
        (value, count, typical - method[f"presumed_{name}"])
        for value, count, typical in match_quantiles(values, equivalents)
        if typical > method[f"presumed_{name}"]
    ]
    old = _find_equivalents(method.curve(network, name), np.array([value for value, _, _ in matched]))
    points = tuple(
        CurvePoint(value, count, float(old_equivalents), new)
        for (value, count, new), old_equivalents in zip(matched, old, strict=True)
    )
    return LearnedCurve(name, len(values), points if len(points) > 1 else ())


def match_quantiles(values: Floats, equivalents: Floats) -> list[tuple[float, int, float]]:
    """
    Match the quantiles of two figures of the same accounts, in bands of similar values.

    Parameters
    ----------
    values, equivalents : ndarray of shape (n_accounts,)
        Both above 0. Equal values are in one band, so they share their mean.

    Returns
    -------
    list of (value, accounts, equivalents)
        Geometric means over the band, and over the accounts of the same ranks by equivalents; both increase.
    """
    log_values, log_equivalents = np.sort(np.log(values)), np.sort(np.log(equivalents))
    bands = np.floor(_BANDS_PER_DECADE * log_values / np.log(10) + _NOTHING)
    ends = [*(np.flatnonzero(np.diff(bands)) + 1).tolist(), len(bands)]
    return [
        (_round(np.exp(log_values[start:end].mean())), end - start, _round(np.exp(log_equivalents[start:end].mean())))
        for start, end in _merge_small_bands(ends)
    ]


def _merge_small_bands(ends: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last rank of each band, joined with the next ones until they have enough accounts."""
    starts = [0]
    for end in ends:
        if end - starts[-1] >= _MIN_POINT_ACCOUNTS:
            starts.append(end)
    if len(starts) > 1:
        starts[-1] = ends[-1]  # the last band takes what remains
    return list(pairwise(starts))


def _round(number: float) -> float:
    return float(f"{number:.4g}")


def _find_equivalents(curve: Curve, values: Floats) -> Floats:
    """Return the equivalents of values above 0 by a curve."""
    from_values, log_values, log_equivalents, slopes = np.array(curve.segments()).T
    index = np.searchsorted(from_values, values, side="right") - 1
    equivalents: Floats = np.exp(log_equivalents[index] + slopes[index] * (np.log(values) - log_values[index]))
    return equivalents


def _find_values(curve: Curve, equivalents: Floats) -> Floats:
    """Return the values that have these equivalents by a curve; of a flat piece, its first value."""
    _, log_values, log_equivalents, slopes = np.array(curve.segments()).T
    logs = np.log(equivalents)
    index = np.searchsorted(log_equivalents[1:], logs, side="right")
    distances = np.divide(
        logs - log_equivalents[index], slopes[index], out=np.zeros_like(logs), where=slopes[index] > 0
    )
    values: Floats = np.exp(log_values[index] + distances)
    return values


def _write_method_text(method: Method, network: str, day: str, curves: Sequence[LearnedCurve], version: str) -> str:
    document = tomlkit.parse(method.text)
    document["version"] = version
    networks = document.setdefault("networks", tomlkit.table(is_super_table=True))
    tables = networks.setdefault(network, tomlkit.table()).setdefault("curves", tomlkit.table())
    for curve in curves:
        if curve.points:
            tables[curve.name] = _build_table(curve, network, day, method.curves)
    text = tomlkit.dumps(document)
    parse_method(text, "learned")
    return text


def _build_table(curve: LearnedCurve, network: str, day: str, general: Mapping[str, Curve]) -> tomlkit.items.Table:
    table = tomlkit.table()
    source = (
        f"{curve.accounts:,} accounts of {network} on {day}: quantiles of {curve.name} matched with those of followers"
    )
    points = [[point.value, point.new] for point in curve.points]
    table.update({"unit": general[curve.name].unit, "source": source, "points": points})
    return table
