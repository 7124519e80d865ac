"""Rates: what a unit of a signal is worth on one network, from its own population."""

from dataclasses import dataclass

import tomlkit

from renown.errors import BadInput
from renown.method import Method, parse
from renown.store import Published

ENOUGH_ACCOUNTS = 200
"""Accounts that must show both followers and a signal: the median's error is then about a tenth of its spread."""


@dataclass(frozen=True)
class Rate:
    """What a unit of one signal is worth."""

    signal: str
    accounts: int
    """Accounts that have followers and received something of the signal."""
    old: float
    """Follower-equivalents per unit, as the method had it."""
    new: float


@dataclass(frozen=True)
class Rates:
    """The exchange rates of a network."""

    network: str
    day: str
    rates: tuple[Rate, ...]
    text: str
    """The new method file."""


def learn(published: Published, method: Method, network: str, *, version: str) -> Rates:
    """
    Set a network's rates from what its accounts typically have in followers for a unit of each signal.

    Parameters
    ----------
    published : Published
        A day that holds the network's accounts, with followers.
    method : Method
        Its rate of `audience` is what a follower is worth; the others are set.
    network : str
    version : str
        Of the new method.

    Raises
    ------
    BadInput
        If fewer accounts than `ENOUGH_ACCOUNTS` show followers and a signal, for every signal.
    """
    audience = next(signal for signal in method.signals if signal.reads == "followers")
    follower = method.rate(network, audience)
    found = {signal: (accounts, ratio) for signal, accounts, ratio in published.ratios(network, audience.name)}
    rates = tuple(
        Rate(signal.name, found[signal.name][0], method.rate(network, signal), follower * found[signal.name][1])
        for signal in method.signals
        if signal.name in found and found[signal.name][0] >= ENOUGH_ACCOUNTS
    )
    if not rates:
        most = max((accounts for accounts, _ in found.values()), default=0)
        msg = (
            f"{most} accounts on {network!r} show followers and a signal on {published.of.day}, "
            f"{ENOUGH_ACCOUNTS} are needed; import more profiles and acts, or keep the method's rates"
        )
        raise BadInput(msg)
    day = published.of.day.isoformat()
    return Rates(network, day, rates, _written(method, network, day, rates, version))


def _written(method: Method, network: str, day: str, rates: tuple[Rate, ...], version: str) -> str:
    said = tomlkit.parse(method.text)
    said["version"] = version
    networks = said.setdefault("networks", tomlkit.table(is_super_table=True))
    table = networks.setdefault(network, tomlkit.table()).setdefault("rates", tomlkit.table())
    for rate in rates:
        told = tomlkit.inline_table()
        source = f"median over {rate.accounts:,} accounts of {network} on {day}"
        told.update({"value": float(f"{rate.new:.4g}"), "source": source})
        table[rate.signal] = told
    text = tomlkit.dumps(said)
    parse(text, "learned")
    return text
