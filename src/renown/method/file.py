"""Load and validate method files (TOML): constants with unit and source, signals, and the SQL steps."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from renown.errors import InvalidInputError, InvalidMethodError, describe_io_error
from renown.method.constants import CONSTANT_NAMES, DEFAULT_STEPS, Constant, MethodError, parse_constants
from renown.method.curves import (
    CURVES,
    Curve,
    parse_age_weights,
    parse_curve,
    parse_network_curves,
    parse_quarter_weights,
)
from renown.method.signals import Signal, parse_networks, parse_signals
from renown.method.step_files import read_steps
from renown.steps import Step
from renown.text import suggest_spelling

DEFAULT_VERSION = "3"
REACTIONS = "reactions"
"""Name of the value that all reactions are a part of if there is a ledger."""
_MAX_VERSION_LENGTH = 40


@dataclass(frozen=True, kw_only=True, repr=False)
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
    presumed_steps: tuple[Step, ...] = ()
    """Steps that tell which accounts count as known without credit; empty without a ledger."""
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

    def __repr__(self) -> str:
        """Show the version and the summary."""
        return f"<renown method {self.version}: {self.summary}>"

    def __getitem__(self, name: str) -> float:
        """Return the value of a constant."""
        if name not in self.constants:
            raise InvalidInputError(
                f"method {self.version} has no constant {name!r}; {suggest_spelling(name, self.constants)}"
            )
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
        return (*self.presumed_steps, *self.credit_steps, *self.entry_steps, *self.steps)

    def age_steps(self) -> list[tuple[int, int, float]]:
        """Return the weights by age as (first age, last age, weight), in days; empty without a ledger."""
        ages = [
            (weight, [age for age, _ in run]) for weight, run in groupby(enumerate(self.age_weights), itemgetter(1))
        ]
        return [(run[0], run[-1], weight) for weight, run in ages]

    @property
    def value_names(self) -> dict[str, str]:
        """Signal to the value that it is a part of: with a ledger all reactions are one, else each has its own."""
        return {
            signal.name: REACTIONS if self.has_ledger and signal.reads == "interactions" else signal.name
            for signal in self.signals
        }

    @property
    def has_ledger(self) -> bool:
        """Whether scores are computed from a ledger of daily entries."""
        return bool(self.entry_steps)

    @cached_property
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
                "presumed_steps": [[step.name, step.sql, step.columns] for step in self.presumed_steps],
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
    except FileNotFoundError as error:
        raise InvalidMethodError(
            f"there is no method {str(path)!r}: neither an included version ({', '.join(_list_versions())}) nor a file "
            "has that name"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMethodError(
            f"cannot read the method file {str(file)!r}: {describe_io_error(error)}; start from the output of "
            "`renown method show`"
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


def _list_versions() -> list[str]:
    """List the included versions."""
    folder = files("renown.method") / "versions"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def _find_file(path: Path | None) -> Path:
    """Return a method file; a path without a file may be the number of an included version, in any folder."""
    if path is None:
        return find_version(DEFAULT_VERSION)
    included_file = find_version(path.name)
    return included_file if not path.exists() and path.suffix != ".toml" and included_file.is_file() else path


def parse_constant_values(text: str) -> dict[str, float]:
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

    version = _parse_version(data.get("version"), method_error)
    steps_version = data.get("steps", DEFAULT_STEPS)
    if steps_version not in CONSTANT_NAMES:
        raise method_error(f"steps is {steps_version!r}; write one of {', '.join(map(repr, CONSTANT_NAMES))}")
    constants = parse_constants(data.get("constants", {}), steps_version, method_error)
    signals = parse_signals(data, method_error)
    ledger_parts = _parse_ledger_parts(data, constants, method_error) if steps_version != DEFAULT_STEPS else {}
    rates, lacks = parse_networks(data.get("networks", {}), {signal.name for signal in signals}, method_error)
    return Method(
        version=version,
        summary=str(data.get("summary", "")),
        constants=constants,
        signals=signals,
        rates=rates,
        lacks=lacks,
        network_curves=parse_network_curves(data.get("networks", {}), steps_version, method_error),
        steps=read_steps(f"steps/{steps_version}"),
        explanation_steps=read_steps(f"explanations/{steps_version}"),
        **ledger_parts,
        provenance=data.get("provenance", {}),
        text=text,
    )


def _parse_version(version: Any, method_error: MethodError) -> str:
    if (
        not isinstance(version, str)
        or not version
        or len(version) > _MAX_VERSION_LENGTH
        or not version.replace("-", "").replace(".", "").isalnum()
    ):
        raise method_error(
            f'version is {version!r}; write letters, digits, dots and dashes, such as version = "1-mine"'
        )
    return version


def _parse_ledger_parts(
    data: dict[str, Any], constants: Mapping[str, Constant], method_error: MethodError
) -> dict[str, Any]:
    window = int(constants["window_days"].value)
    curves = data.get("curves", {})
    if set(curves) != set(CURVES):
        raise method_error(f"[curves] has {', '.join(sorted(curves))}; write exactly {', '.join(CURVES)}")
    return {
        "presumed_steps": read_steps(f"presumed/{data['steps']}"),
        "credit_steps": read_steps(f"credit/{data['steps']}"),
        "entry_steps": read_steps(f"entries/{data['steps']}"),
        "age_weights": parse_age_weights(data.get("ages", {}), window, method_error),
        "quarter_weights": parse_quarter_weights(data.get("ages", {}), method_error),
        "curves": {name: parse_curve(name, curves[name], method_error) for name in CURVES},
    }


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
