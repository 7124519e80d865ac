"""Signals of a method: the kinds of evidence of influence, and their rates by network."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from renown.method.constants import Constant, MethodError, parse_constant
from renown.records import VERBS

_WEIGHT_TOLERANCE = 1e-6
SIGNAL_SOURCES = ("interactions", "followers", "lists")
"""Kinds of data that a signal can read."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One kind of evidence of influence, declared in one table of the method file."""

    name: str
    number: int
    """The number by which the SQL steps refer to it."""
    reads: str
    """One of `SIGNAL_SOURCES`."""
    verbs: tuple[str, ...]
    """Verbs that count, if it reads interactions."""
    weight: Constant
    """Share of a network's strength; at least 0, and all sum to 1. With a ledger, all reactions share one weight."""
    rate: Constant
    """Follower-equivalents per unit received; with a ledger, the price of a reaction in reposts."""


def parse_signals(data: Mapping[str, Any], method_error: MethodError) -> tuple[Signal, ...]:
    """
    Parse the signals of a method file; with a ledger, all reactions share the weight of the table `reactions`.

    Raises
    ------
    InvalidMethodError
        If a signal is incomplete, or the weights do not sum to 1.
    """
    signals = tuple(
        _parse_signal(name, {**data.get("reactions", {}), **table}, method_error)
        for name, table in data.get("signals", {}).items()
    )
    _check_signals(signals, method_error, shares_weight="reactions" in data)
    return signals


def parse_networks(
    tables: Mapping[str, Mapping[str, Any]], signal_names: Collection[str], method_error: MethodError
) -> tuple[dict[tuple[str, str], Constant], frozenset[tuple[str, str]]]:
    """Parse the rates that override those of the signals, and what cannot be observed, by network and signal."""
    rates: dict[tuple[str, str], Constant] = {}
    lacks: set[tuple[str, str]] = set()
    for network, table in tables.items():
        for signal in {*table.get("lacks", []), *table.get("rates", {})} - set(signal_names):
            raise method_error(
                f"network {network!r} has the unknown signal {signal!r}; known: {', '.join(sorted(signal_names))}"
            )
        lacks |= {(network, signal) for signal in table.get("lacks", [])}
        for signal, rate in table.get("rates", {}).items():
            rates[network, signal] = parse_constant(
                f"rate of {signal!r} on {network!r}", rate, method_error, unit="follower-equivalents"
            )
    return rates, frozenset(lacks)


def _parse_signal(name: str, table: Mapping[str, Any], method_error: MethodError) -> Signal:
    verbs = tuple(table.get("verbs", ()))
    if table.get("reads") not in SIGNAL_SOURCES:
        raise method_error(f"signal {name!r} reads {table.get('reads')!r}; write one of {', '.join(SIGNAL_SOURCES)}")
    if unknown := set(verbs) - set(VERBS):
        raise method_error(f"signal {name!r} has the unknown verbs {sorted(unknown)}; known: {', '.join(VERBS)}")
    if (table["reads"] == "interactions") != bool(verbs):
        raise method_error(
            f"signal {name!r} reads {table['reads']!r} with verbs {list(verbs)}; only interactions have verbs"
        )
    units = {"weight": "share of a network's strength", "rate": "follower-equivalents per unit received"}
    numbers = {
        key: parse_constant(f"{key} of {name!r}", table.get(key), method_error, unit=unit)
        for key, unit in units.items()
    }
    return Signal(name=name, number=int(table.get("number", 0)), reads=table["reads"], verbs=verbs, **numbers)


def _check_signals(signals: tuple[Signal, ...], method_error: MethodError, *, shares_weight: bool) -> None:
    weights = {signal.reads if shares_weight else signal.name: signal.weight.value for signal in signals}
    total = sum(weights.values())
    if abs(total - 1) > _WEIGHT_TOLERANCE:
        raise method_error(f"the weights sum to {total:g}, but must sum to 1; divide each by {total:g}")
    if len({signal.number for signal in signals}) != len(signals):
        raise method_error("two signals have the same number; give each a different one")
    verbs = [verb for signal in signals for verb in signal.verbs]
    if duplicates := {verb for verb in verbs if verbs.count(verb) > 1}:
        raise method_error(f"{sorted(duplicates)} counts for two signals; list each verb in one signal only")
