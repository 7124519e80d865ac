"""One method file: every constant with its unit and source, and the steps beside it."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from renown import steps
from renown.errors import BadMethod
from renown.records import VERBS
from renown.steps import Step

DEFAULT_VERSION = "2"
_LONGEST_VERSION = 40
_ROUNDING = 1e-6
FIGURES = ("interactions", "followers", "lists")
"""What a signal can read."""

_CONSTANTS = (
    "window_days",
    "half_life_days",
    "fast_half_life_days",
    "fast_share",
    "pair_acts_limit",
    "selectivity_accounts",
    "chance_people",
    "trust_floor",
    "trust_unknown",
    "trust_full_strength",
    "score_decades",
    "strength_limit",
    "presumed_lists",
    "enough_days",
    "enough_people",
)
_ABOVE_ZERO = (
    "window_days",
    "half_life_days",
    "fast_half_life_days",
    "pair_acts_limit",
    "score_decades",
    "trust_full_strength",
)
_SHARES = ("fast_share", "trust_floor", "trust_unknown")


@dataclass(frozen=True)
class Constant:
    """A number with what it counts and who says so."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Signal:
    """One kind of evidence, one table of the method file."""

    name: str
    number: int
    """The number that steps know it by."""
    reads: str
    """One of `FIGURES`."""
    verbs: tuple[str, ...]
    """The verbs that count, where it reads interactions."""
    weight: Constant
    """Share of a network's strength; at least 0, they sum to 1."""
    rate: Constant
    """Follower-equivalents per unit received."""


@dataclass(frozen=True)
class Method:
    """Constants, signals and steps that turn a lake into scores."""

    version: str
    summary: str
    constants: Mapping[str, Constant]
    signals: tuple[Signal, ...]
    rates: Mapping[tuple[str, str], Constant]
    """(network, signal) to the rate it has there instead."""
    lacks: frozenset[tuple[str, str]]
    """(network, signal) that the network cannot show."""
    steps: tuple[Step, ...]
    provenance: Mapping[str, Any]
    """What weights were learned from; empty where they were not."""
    text: str
    """The method file as it was read."""

    def __getitem__(self, name: str) -> float:
        """Return the value of a constant."""
        return self.constants[name].value

    def rate(self, network: str, signal: Signal) -> float:
        """Return follower-equivalents per unit received of a signal on a network."""
        return self.rates.get((network, signal.name), signal.rate).value

    def until(self, last: str) -> tuple[Step, ...]:
        """Return the steps in order, up to the one of this name."""
        names = [step.name for step in self.steps]
        return self.steps[: names.index(last) + 1]

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the constants' values and the steps' SQL; comments and layout do not count."""
        said = {
            "constants": {name: constant.value for name, constant in sorted(self.constants.items())},
            "signals": [[s.name, s.number, s.reads, list(s.verbs), s.weight.value, s.rate.value] for s in self.signals],
            "rates": sorted([*key, constant.value] for key, constant in self.rates.items()),
            "lacks": sorted(map(list, self.lacks)),
            "steps": [[step.name, step.sql, step.columns] for step in self.steps],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def load(path: Path | None = None) -> Method:
    """
    Read a method file; without a path, the one that comes with the package.

    Parameters
    ----------
    path : Path, optional
        A TOML file in the form of ``method/versions/1.toml``.

    Returns
    -------
    Method

    Raises
    ------
    BadMethod
        If the file cannot be read, misses a constant, has one without unit or source,
        or its weights are negative or do not sum to 1.
    """
    file = path or files("renown.method") / "versions" / f"{DEFAULT_VERSION}.toml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the method file {str(file)!r}: {error}; start from the text of `renown method show`"
        raise BadMethod(msg) from error
    method = parse(text, str(file))
    if path is not None and method.version == DEFAULT_VERSION and method.digest != load().digest:
        msg = (
            f"{str(path)!r} says it is version {method.version!r} but its constants are others than that version's; "
            "give it a version of its own"
        )
        raise BadMethod(msg)
    return method


def stated(text: str) -> dict[str, float]:
    """Return the constants that a method file states, of any version: an older one may lack some of ours."""
    return {name: float(table["value"]) for name, table in tomllib.loads(text)["constants"].items()}


def parse(text: str, file: str) -> Method:
    """
    Read the text of a method file; `file` is what errors call it.

    Raises
    ------
    BadMethod
        As `load`.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"cannot read the method file {file!r}: {error}; start from the text of `renown method show`"
        raise BadMethod(msg) from error
    return _method(said, text, file)


def _method(said: dict[str, Any], text: str, file: str) -> Method:
    def fail(what: str) -> BadMethod:
        return BadMethod(f"method file {file!r}: {what}")

    def constant(where: str, value: Any, **known: str) -> Constant:
        if not isinstance(value, dict) or not isinstance(value.get("value"), int | float):
            raise fail(f"{where} is {value!r}; write {{ value = NUMBER, unit = TEXT, source = TEXT }}")
        if not value.get("source") or not (value.get("unit") or known.get("unit")):
            raise fail(f"{where} has no unit or no source; say what it counts and who says so")
        if not value["value"] >= 0:
            raise fail(f"{where} is {value['value']!r}; no constant may be negative")
        return Constant(float(value["value"]), value.get("unit", known.get("unit", "")), value["source"])

    version = said.get("version")
    if (
        not isinstance(version, str)
        or not version
        or len(version) > _LONGEST_VERSION
        or not version.replace("-", "").replace(".", "").isalnum()
    ):
        raise fail(f'version is {version!r}; write letters, digits, dots and dashes, such as version = "1-mine"')
    given = said.get("constants", {})
    if set(given) != set(_CONSTANTS):
        differing = ", ".join(sorted(set(given) ^ set(_CONSTANTS)))
        raise fail(f"constants must be exactly {', '.join(_CONSTANTS)}; differing: {differing}")
    constants = {name: constant(f"constant {name!r}", given[name]) for name in _CONSTANTS}
    signals = tuple(_signal(name, table, constant, fail) for name, table in said.get("signals", {}).items())
    _check(signals, constants, fail)
    names = {signal.name for signal in signals}
    rates: dict[tuple[str, str], Constant] = {}
    lacks: set[tuple[str, str]] = set()
    for network, table in said.get("networks", {}).items():
        for signal in {*table.get("lacks", []), *table.get("rates", {})} - names:
            raise fail(f"network {network!r} names the signal {signal!r}; known: {', '.join(sorted(names))}")
        lacks |= {(network, signal) for signal in table.get("lacks", [])}
        for signal, rate in table.get("rates", {}).items():
            rates[network, signal] = constant(f"rate of {signal!r} on {network!r}", rate, unit="follower-equivalents")
    return Method(
        version=version,
        summary=str(said.get("summary", "")),
        constants=constants,
        signals=signals,
        rates=rates,
        lacks=frozenset(lacks),
        steps=read_steps("steps"),
        provenance=said.get("provenance", {}),
        text=text,
    )


def _signal(name: str, table: dict[str, Any], constant: Any, fail: Any) -> Signal:
    verbs = tuple(table.get("verbs", ()))
    if table.get("reads") not in FIGURES:
        raise fail(f"signal {name!r} reads {table.get('reads')!r}; it can read {', '.join(FIGURES)}")
    if unknown := set(verbs) - set(VERBS):
        raise fail(f"signal {name!r} has the verbs {sorted(unknown)}; known: {', '.join(VERBS)}")
    if (table["reads"] == "interactions") != bool(verbs):
        raise fail(f"signal {name!r} reads {table['reads']!r} with verbs {list(verbs)}; only interactions have verbs")
    return Signal(
        name,
        int(table.get("number", 0)),
        table["reads"],
        verbs,
        constant(f"weight of {name!r}", table.get("weight"), unit="share of a network's strength"),
        constant(f"rate of {name!r}", table.get("rate"), unit="follower-equivalents per unit received"),
    )


def _check(signals: tuple[Signal, ...], constants: Mapping[str, Constant], fail: Any) -> None:
    total = sum(signal.weight.value for signal in signals)
    if abs(total - 1) > _ROUNDING:
        raise fail(f"the weights sum to {total:g}; divide each by that, they must sum to 1")
    if len({signal.number for signal in signals}) != len(signals):
        raise fail("two signals have the same number; give each its own")
    verbs = [verb for signal in signals for verb in signal.verbs]
    if doubled := {verb for verb in verbs if verbs.count(verb) > 1}:
        raise fail(f"{sorted(doubled)} counts for two signals; one act is evidence of one kind")
    for name in _ABOVE_ZERO:
        if not constants[name].value > 0:
            raise fail(f"constant {name!r} is {constants[name].value:g}; it must be above 0")
    for name in _SHARES:
        if constants[name].value > 1:
            raise fail(f"constant {name!r} is {constants[name].value:g}; it is a share, at most 1")


def read_steps(folder: str) -> tuple[Step, ...]:
    """Return the steps of a folder beside this file, in order."""
    found = [file for file in (files("renown.method") / folder).iterdir() if file.name.endswith(".sql")]
    return tuple(
        steps.parse(file.name[3:-4], file.read_text(encoding="utf-8"))
        for file in sorted(found, key=lambda file: file.name)
    )


def evaluations(method: Method) -> dict[str, dict[str, Any]]:
    """
    Return what the evaluations that come with this package say of a method.

    Returns
    -------
    dict of str to dict
        By name, as ``renown evaluate NAME --json`` printed them; empty for a method that they do not tell of.
    """
    found = [file for file in (files("renown.method") / "evaluations").iterdir() if file.name.endswith(".json")]
    told = {
        file.name[:-5]: json.loads(file.read_text(encoding="utf-8")) for file in sorted(found, key=lambda f: f.name)
    }
    return {name: one for name, one in told.items() if one["method_digest"] == method.digest}
