"""Learn a network's exchange rates, the follower-equivalents of a unit of each signal, from its own population."""

from dataclasses import dataclass

import tomlkit

from renown.errors import InvalidInputError, InvalidMethodError
from renown.method.file import Method, parse_method
from renown.store import PublishedTables
from renown.store.published.statistics import read_follower_ratios

MIN_ACCOUNTS = 200
"""Accounts with both followers and a signal that are required; the median's error is then a tenth of its spread."""


@dataclass(frozen=True, kw_only=True)
class SignalRate:
    """Exchange rate of one signal."""

    signal: str
    accounts: int
    """Number of accounts with followers and with the signal."""
    old: float
    """Follower-equivalents per unit in the given method."""
    new: float
    """Median of the accounts, in follower-equivalents per unit."""
    low_quartile: float
    """A quarter of the accounts have fewer follower-equivalents per unit."""
    high_quartile: float


@dataclass(frozen=True)
class LearnedRates:
    """Learned exchange rates of a network."""

    network: str
    day: str
    rates: tuple[SignalRate, ...]
    text: str
    """The new method file."""


def learn_rates(tables: PublishedTables, method: Method, network: str, *, version: str) -> LearnedRates:
    """
    Set a network's exchange rates to the median followers that its accounts have per unit of each signal.

    Parameters
    ----------
    tables : PublishedTables
        A day with accounts of the network and their followers.
    method : Method
        Its rate of `audience` is the value of a follower; the other rates are set.
    network : str
    version : str
        Version of the new method.

    Raises
    ------
    InvalidMethodError
        If the method has a ledger.
    InvalidInputError
        If no signal has `MIN_ACCOUNTS` accounts that also have followers.
    """
    if method.has_ledger:
        raise InvalidMethodError(
            f"method {method.version!r} converts lists and reactions to followers by curves, not by rates; "
            "learn them with `renown learn curves`"
        )
    audience = next(signal for signal in method.signals if signal.reads == "followers")
    follower_rate = method.rate(network, audience)
    ratios = {ratio.signal: ratio for ratio in read_follower_ratios(tables, network, audience.name)}
    rates = tuple(
        SignalRate(
            signal=signal.name,
            accounts=ratio.accounts,
            old=method.rate(network, signal),
            new=follower_rate * ratio.median,
            low_quartile=follower_rate * ratio.low_quartile,
            high_quartile=follower_rate * ratio.high_quartile,
        )
        for signal in method.signals
        if (ratio := ratios.get(signal.name)) and ratio.accounts >= MIN_ACCOUNTS
    )
    if not rates:
        max_accounts = max((ratio.accounts for ratio in ratios.values()), default=0)
        raise InvalidInputError(
            f"only {max_accounts} accounts on {network!r} have followers and a signal on {tables.day.day}, "
            f"{MIN_ACCOUNTS} are needed; import more profiles and interactions, or keep the method's rates"
        )
    day = tables.day.day.isoformat()
    return LearnedRates(network, day, rates, _write_method_text(method, network, day, rates, version))


def _write_method_text(method: Method, network: str, day: str, rates: tuple[SignalRate, ...], version: str) -> str:
    document = tomlkit.parse(method.text)
    document["version"] = version
    networks = document.setdefault("networks", tomlkit.table(is_super_table=True))
    table = networks.setdefault(network, tomlkit.table()).setdefault("rates", tomlkit.table())
    for rate in rates:
        entry = tomlkit.inline_table()
        source = f"median over {rate.accounts:,} accounts of {network} on {day}"
        entry.update({"value": float(f"{rate.new:.4g}"), "source": source})
        table[rate.signal] = entry
    text = tomlkit.dumps(document)
    parse_method(text, "learned")
    return text
