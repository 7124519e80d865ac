"""Load and validate method files (TOML): constants with unit and source, signals, and the SQL steps."""

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from renown import steps
from renown.errors import InvalidMethodError
from renown.method.curves import CURVES, Curve, parse_age_weights, parse_curve, parse_quarter_weights
from renown.records import VERBS
from renown.steps import Step

DEFAULT_VERSION = "3"
_MAX_VERSION_LENGTH = 40
_WEIGHT_TOLERANCE = 1e-6
SIGNAL_SOURCES = ("interactions", "followers", "lists")
"""Kinds of data that a signal can read."""

_CONSTANT_NAMES = {
    "2": (
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
        "count_limit",
        "self_reported_share",
        "self_reported_unit",
        "self_reported_limit",
        "enough_days",
        "enough_people",
    ),
    "3": (
        "window_days",
        "attention_accounts",
        "pair_acts_limit",
        "chance_people",
        "trust_floor",
        "trust_lowest",
        "trust_exponent",
        "trust_initial",
        "trust_step",
        "trust_full_strength",
        "friend_days",
        "credit_days",
        "credit_share",
        "seed_credit",
        "seed_groups",
        "vouching_groups",
        "known_credit",
        "stranger_share",
        "stranger_unit",
        "presumed_lists",
        "presumed_reactions",
        "followers_limit",
        "lists_limit",
        "score_decades",
        "strength_limit",
        "count_limit",
        "self_reported_limit",
        "self_reported_lists_limit",
        "enough_days",
        "enough_people",
    ),
}
"""Constants that each set of steps reads."""
_POSITIVE_CONSTANTS = (
    "window_days",
    "half_life_days",
    "fast_half_life_days",
    "pair_acts_limit",
    "score_decades",
    "trust_full_strength",
    "count_limit",
    "self_reported_unit",
    "self_reported_limit",
    "self_reported_lists_limit",
    "attention_accounts",
    "stranger_unit",
)
_SHARE_CONSTANTS = ("fast_share", "trust_floor", "trust_unknown", "self_reported_share", "stranger_share")
_DEFAULT_STEPS = "2"
"""Steps of a method file that does not name them: published before there were others."""


@dataclass(frozen=True)
class Constant:
    """A number with its unit and source."""

    value: float
    unit: str
    source: str


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


@dataclass(frozen=True, kw_only=True)
class Method:
    """A scoring method: constants, signals and steps that compute scores from the lake."""

    version: str
    summary: str
    constants: Mapping[str, Constant]
    signals: tuple[Signal, ...]
    rates: Mapping[tuple[str, str], Constant]
    """(network, signal) to the rate that overrides the signal's."""
    lacks: frozenset[tuple[str, str]]
    """(network, signal) pairs that cannot be observed."""
    steps: tuple[Step, ...]
    credit_steps: tuple[Step, ...] = ()
    """Steps that pass credit on along the acts of a day, and tell who is known; empty without a ledger."""
    entry_steps: tuple[Step, ...] = ()
    """Steps that enter a day into the ledger; empty for methods that read the lake's acts of the whole window."""
    explanation_steps: tuple[Step, ...] = ()
    """Steps that split what accounts received by actor and post; they run after the others, for a few accounts."""
    age_weights: tuple[float, ...] = ()
    """Weight of a ledger entry by its age in days; empty without a ledger."""
    quarter_weights: tuple[float, ...] = ()
    """Weight of an act on its own day by the quarter of the day, in UTC; empty without a ledger."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Curves from lists and reactions to follower-equivalents; empty without a ledger."""
    network_curves: Mapping[tuple[str, str], Curve] = field(default_factory=dict)
    """(network, name of the curve) to the curve that overrides the general one."""
    provenance: Mapping[str, Any]
    """How the weights were learned; empty if they were not."""
    text: str
    """Content of the method file."""

    def __getitem__(self, name: str) -> float:
        """Return the value of a constant."""
        return self.constants[name].value

    def rate(self, network: str, signal: Signal) -> float:
        """Return the rate of a signal on a network, in follower-equivalents per unit received."""
        return self.rates.get((network, signal.name), signal.rate).value

    def curve(self, network: str, name: str) -> Curve:
        """Return the curve of a value, of `CURVES`, on a network: its own, or else the general one."""
        return self.network_curves.get((network, name), self.curves[name])

    def steps_until(self, last: str) -> tuple[Step, ...]:
        """Return the steps in order, up to and including the one with this name."""
        names = [step.name for step in self.steps]
        return self.steps[: names.index(last) + 1]

    def all_steps(self) -> tuple[Step, ...]:
        """Return every step that a day's scores come from, in the order in which they run."""
        return (*self.credit_steps, *self.entry_steps, *self.steps)

    def age_steps(self) -> list[tuple[int, int, float]]:
        """Return the weights by age as (first age, last age, weight), in days; empty without a ledger."""
        ages = [
            (weight, [age for age, _ in run]) for weight, run in groupby(enumerate(self.age_weights), itemgetter(1))
        ]
        return [(run[0], run[-1], weight) for weight, run in ages]

    @property
    def has_ledger(self) -> bool:
        """Whether scores are computed from a ledger of daily entries."""
        return bool(self.entry_steps)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the constants' values and the steps' SQL, without texts and header comments."""
        content: dict[str, Any] = {
            "constants": {name: constant.value for name, constant in sorted(self.constants.items())},
            "signals": [[s.name, s.number, s.reads, list(s.verbs), s.weight.value, s.rate.value] for s in self.signals],
            "rates": sorted([*key, constant.value] for key, constant in self.rates.items()),
            "lacks": sorted(map(list, self.lacks)),
            "steps": [[step.name, step.sql, step.columns] for step in self.steps],
        }
        if self.has_ledger:
            content |= {
                "credit_steps": [[step.name, step.sql, step.columns] for step in self.credit_steps],
                "entry_steps": [[step.name, step.sql, step.columns] for step in self.entry_steps],
                "ages": list(self.age_weights),
                "quarters": list(self.quarter_weights),
                "curves": {name: curve.points for name, curve in sorted(self.curves.items())},
                "network_curves": sorted([*key, curve.points] for key, curve in self.network_curves.items()),
            }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_method(path: Path | None = None) -> Method:
    """
    Load a method file; without a path, the default one of the package.

    Parameters
    ----------
    path : Path, optional
        A TOML file in the format of ``method/versions/3.toml``, or the number of an included version.

    Returns
    -------
    Method

    Raises
    ------
    InvalidMethodError
        If the file cannot be read, a constant is missing or has no unit or source,
        or the weights are negative or do not sum to 1.
    """
    file = _find_file(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMethodError(
            f"cannot read the method file {str(file)!r}: {error}; start from the output of `renown method show`"
        ) from error
    method = parse_method(text, str(file))
    if path is not None and method.version == DEFAULT_VERSION and method.digest != load_method().digest:
        raise InvalidMethodError(
            f"{str(path)!r} has the version {method.version!r}, but its constants differ from those of that version; "
            "give it another version"
        )
    return method


def find_version(version: str) -> Path:
    """Return the file of a version that is included in this package."""
    return Path(str(files("renown.method") / "versions" / f"{version}.toml"))


def _find_file(path: Path | None) -> Path:
    """Return a method file; a path without a file may be the number of an included version, in any folder."""
    if path is None:
        return find_version(DEFAULT_VERSION)
    included_file = find_version(path.name)
    return included_file if not path.exists() and path.suffix != ".toml" and included_file.is_file() else path


def parse_constants(text: str) -> dict[str, float]:
    """Parse only the constants of a method file, of any version: older files may lack some of today's constants."""
    return {name: float(table["value"]) for name, table in tomllib.loads(text)["constants"].items()}


def parse_method(text: str, file: str) -> Method:
    """
    Parse and validate the text of a method file; `file` is its name in error messages.

    Raises
    ------
    InvalidMethodError
        As `load_method`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidMethodError(
            f"cannot read the method file {file!r}: {error}; start from the output of `renown method show`"
        ) from error
    return _build_method(data, text, file)


def _build_method(data: dict[str, Any], text: str, file: str) -> Method:
    def method_error(problem: str) -> InvalidMethodError:
        return InvalidMethodError(f"method file {file!r}: {problem}")

    def parse_constant(subject: str, value: Any, **defaults: str) -> Constant:
        if not isinstance(value, dict) or not isinstance(value.get("value"), int | float):
            raise method_error(f"{subject} is {value!r}; write {{ value = NUMBER, unit = TEXT, source = TEXT }}")
        if not value.get("source") or not (value.get("unit") or defaults.get("unit")):
            raise method_error(f"{subject} has no unit or no source; add what it counts and where the value comes from")
        if not value["value"] >= 0:
            raise method_error(f"{subject} is {value['value']!r}; it must be 0 or more")
        return Constant(float(value["value"]), value.get("unit", defaults.get("unit", "")), value["source"])

    version = data.get("version")
    if (
        not isinstance(version, str)
        or not version
        or len(version) > _MAX_VERSION_LENGTH
        or not version.replace("-", "").replace(".", "").isalnum()
    ):
        raise method_error(
            f'version is {version!r}; write letters, digits, dots and dashes, such as version = "1-mine"'
        )
    steps_version = data.get("steps", _DEFAULT_STEPS)
    if steps_version not in _CONSTANT_NAMES:
        raise method_error(f"steps is {steps_version!r}; write one of {', '.join(map(repr, _CONSTANT_NAMES))}")
    constant_names = _CONSTANT_NAMES[steps_version]
    constant_tables = data.get("constants", {})
    if set(constant_tables) != set(constant_names):
        difference = ", ".join(sorted(set(constant_tables) ^ set(constant_names)))
        raise method_error(f"constants must be exactly {', '.join(constant_names)}; differing: {difference}")
    constants = {name: parse_constant(f"constant {name!r}", constant_tables[name]) for name in constant_names}
    signals = tuple(
        _build_signal(name, {**data.get("reactions", {}), **table}, parse_constant, method_error)
        for name, table in data.get("signals", {}).items()
    )
    _validate(signals, constants, method_error, shares_weight="reactions" in data)
    ledger_parts = _parse_ledger_parts(data, constants, method_error) if steps_version != _DEFAULT_STEPS else {}
    rates, lacks = _parse_networks(data, {signal.name for signal in signals}, parse_constant, method_error)
    return Method(
        version=version,
        summary=str(data.get("summary", "")),
        constants=constants,
        signals=signals,
        rates=rates,
        lacks=lacks,
        network_curves=_parse_network_curves(data, steps_version, method_error),
        steps=read_steps(f"steps/{steps_version}"),
        explanation_steps=read_steps(f"explanations/{steps_version}"),
        **ledger_parts,
        provenance=data.get("provenance", {}),
        text=text,
    )


def _parse_networks(
    data: dict[str, Any],
    signal_names: set[str],
    parse_constant: Callable[..., Constant],
    method_error: Callable[[str], InvalidMethodError],
) -> tuple[dict[tuple[str, str], Constant], frozenset[tuple[str, str]]]:
    """Return the rates of signals on a network, and the signals that a network cannot show."""
    rates: dict[tuple[str, str], Constant] = {}
    lacks: set[tuple[str, str]] = set()
    for network, table in data.get("networks", {}).items():
        for signal in {*table.get("lacks", []), *table.get("rates", {})} - signal_names:
            raise method_error(
                f"network {network!r} has the unknown signal {signal!r}; known: {', '.join(sorted(signal_names))}"
            )
        lacks |= {(network, signal) for signal in table.get("lacks", [])}
        for signal, rate in table.get("rates", {}).items():
            rates[network, signal] = parse_constant(
                f"rate of {signal!r} on {network!r}", rate, unit="follower-equivalents"
            )
    return rates, frozenset(lacks)


def _parse_network_curves(
    data: dict[str, Any], steps_version: str, method_error: Callable[[str], InvalidMethodError]
) -> dict[tuple[str, str], Curve]:
    """Return the curves of `[networks.NAME.curves]`, which replace the general ones on that network."""
    curves: dict[tuple[str, str], Curve] = {}
    for network, table in data.get("networks", {}).items():
        for name, curve in table.get("curves", {}).items():
            if steps_version == _DEFAULT_STEPS:
                raise method_error(
                    f"network {network!r} has the curve {name!r}, but steps {steps_version!r} read no curves; "
                    f"write [networks.{network}.rates]"
                )
            if name not in CURVES:
                raise method_error(f"network {network!r} has the curve {name!r}; write one of {', '.join(CURVES)}")
            curves[network, name] = parse_curve(f"{name} of {network}", curve, method_error)
    return curves


def _parse_ledger_parts(
    data: dict[str, Any], constants: Mapping[str, Constant], method_error: Callable[[str], InvalidMethodError]
) -> dict[str, Any]:
    window = int(constants["window_days"].value)
    curves = data.get("curves", {})
    if set(curves) != set(CURVES):
        raise method_error(f"[curves] has {', '.join(sorted(curves))}; write exactly {', '.join(CURVES)}")
    return {
        "credit_steps": read_steps(f"credit/{data['steps']}"),
        "entry_steps": read_steps(f"entries/{data['steps']}"),
        "age_weights": parse_age_weights(data.get("ages", {}), window, method_error),
        "quarter_weights": parse_quarter_weights(data.get("ages", {}), method_error),
        "curves": {name: parse_curve(name, curves[name], method_error) for name in CURVES},
    }


def _build_signal(name: str, table: dict[str, Any], parse_constant: Any, method_error: Any) -> Signal:
    verbs = tuple(table.get("verbs", ()))
    if table.get("reads") not in SIGNAL_SOURCES:
        raise method_error(f"signal {name!r} reads {table.get('reads')!r}; write one of {', '.join(SIGNAL_SOURCES)}")
    if unknown := set(verbs) - set(VERBS):
        raise method_error(f"signal {name!r} has the unknown verbs {sorted(unknown)}; known: {', '.join(VERBS)}")
    if (table["reads"] == "interactions") != bool(verbs):
        raise method_error(
            f"signal {name!r} reads {table['reads']!r} with verbs {list(verbs)}; only interactions have verbs"
        )
    return Signal(
        name=name,
        number=int(table.get("number", 0)),
        reads=table["reads"],
        verbs=verbs,
        weight=parse_constant(f"weight of {name!r}", table.get("weight"), unit="share of a network's strength"),
        rate=parse_constant(f"rate of {name!r}", table.get("rate"), unit="follower-equivalents per unit received"),
    )


def _validate(
    signals: tuple[Signal, ...], constants: Mapping[str, Constant], method_error: Any, *, shares_weight: bool
) -> None:
    weights = {signal.reads if shares_weight else signal.name: signal.weight.value for signal in signals}
    total = sum(weights.values())
    if abs(total - 1) > _WEIGHT_TOLERANCE:
        raise method_error(f"the weights sum to {total:g}, but must sum to 1; divide each by {total:g}")
    if len({signal.number for signal in signals}) != len(signals):
        raise method_error("two signals have the same number; give each a different one")
    verbs = [verb for signal in signals for verb in signal.verbs]
    if duplicates := {verb for verb in verbs if verbs.count(verb) > 1}:
        raise method_error(f"{sorted(duplicates)} counts for two signals; list each verb in one signal only")
    for name in constants.keys() & set(_POSITIVE_CONSTANTS):
        if not constants[name].value > 0:
            raise method_error(f"constant {name!r} is {constants[name].value:g}; it must be above 0")
    for name in constants.keys() & set(_SHARE_CONSTANTS):
        if constants[name].value > 1:
            raise method_error(f"constant {name!r} is {constants[name].value:g}; it is a share and must be at most 1")


def read_steps(folder: str) -> tuple[Step, ...]:
    """Load the SQL steps of a folder of this package, ordered by file name."""
    sql_files = [
        file for file in files("renown.method").joinpath(*folder.split("/")).iterdir() if file.name.endswith(".sql")
    ]
    return tuple(
        steps.parse_step(file.name[3:-4], file.read_text(encoding="utf-8"))
        for file in sorted(sql_files, key=lambda file: file.name)
    )


def load_evaluations(method: Method) -> dict[str, dict[str, Any]]:
    """
    Load the evaluations of a method that are shipped with this package, in one folder per version.

    Returns
    -------
    dict of str to dict
        By name, as printed by ``renown evaluate NAME --json``; empty if this method was not evaluated.
    """
    folders = [folder for folder in (files("renown.method") / "evaluations").iterdir() if folder.is_dir()]
    json_files = [file for folder in folders for file in folder.iterdir() if file.name.endswith(".json")]
    evaluations = [
        (file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8")))
        for file in sorted(json_files, key=lambda file: file.name)
    ]
    return {name: evaluation for name, evaluation in evaluations if evaluation["method_digest"] == method.digest}
