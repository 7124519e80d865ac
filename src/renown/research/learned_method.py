"""The method file with weights that were learned, and where they come from."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from renown.method.file import Method, parse_method
from renown.research.judged_people import (
    VALUES,
)
from renown.research.judgements import JudgementFile


def list_weights(method: Method) -> dict[str, float]:
    """Return the weight of each signal by name; with a ledger, those of followers, lists and reactions."""
    return {
        VALUES[signal.reads] if method.has_ledger else signal.name: signal.weight.value for signal in method.signals
    }


def round_weights(shares: Sequence[float], total: float) -> list[float]:
    """Return rounded weights that have these shares of a total."""
    weights = [round(share * total, 4) for share in shares]
    weights[0] = round(total - sum(weights[1:]), 6)
    return weights


def write_method_text(
    judgements: JudgementFile,
    method: Method,
    weights: Mapping[str, float],
    *,
    version: str,
    shrinkage: float,
    seed: int,
    both_new: float,
) -> str:
    """
    Return the method file with the learned weights and their provenance; other weights stay.

    Parameters
    ----------
    judgements : JudgementFile
    method : Method
        The method file to change.
    weights : mapping of str to float
        Name, as `list_weights` has it, to the learned weight.
    version : str
        Version of the new method.
    shrinkage : float
        Strength of the shrinkage with which the weights were fitted.
    seed : int
    both_new : float
        AUC on pairs of people not in the training set.
    """
    document = tomlkit.parse(method.text)
    document["version"] = version
    source = (
        f"learned from {len(judgements.first_won):,} judgements between {len(judgements.received):,} people; "
        "see [provenance]"
    )
    for name, weight in weights.items():
        table = _find_weight_table(document, method, name)["weight"]
        table["value"], table["source"] = weight, source
    provenance = tomlkit.table()
    provenance.update(
        {
            "judgements": judgements.digest,
            "pairs": len(judgements.first_won),
            "people": len(judgements.received),
            "base": method.digest,
            "shrinkage": shrinkage,
            "seed": seed,
            "auc_both_new": round(both_new, 4),
            "mapping": dict(judgements.mapping),
            "libraries": {name: importlib.metadata.version(name) for name in ("numpy", "scipy")},
        }
    )
    document["provenance"] = provenance
    text = tomlkit.dumps(document)
    parse_method(text, "learned")
    return text


def _find_weight_table(document: Any, method: Method, name: str) -> Any:
    """Return the table of a method file with the weight of a signal, or with a ledger of a value."""
    if not method.has_ledger:
        return document["signals"][name]
    signal = next(signal for signal in method.signals if VALUES[signal.reads] == name)
    return document["reactions"] if signal.verbs else document["signals"][signal.name]
