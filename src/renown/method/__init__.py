"""The scoring method: SQL steps in order, and the method file with its constants."""

from renown.method.changelog import ScoreChanges, load_score_changes
from renown.method.constants import Constant
from renown.method.file import (
    Method,
    find_version,
    load_evaluations,
    load_method,
    parse_constant_values,
    parse_method,
)
from renown.method.parameters import INPUT_COLUMNS, MILLION, build_parameter_tables
from renown.method.signals import Signal
from renown.method.step_files import read_steps

__all__ = [
    "INPUT_COLUMNS",
    "MILLION",
    "Constant",
    "Method",
    "ScoreChanges",
    "Signal",
    "build_parameter_tables",
    "find_version",
    "load_evaluations",
    "load_method",
    "load_score_changes",
    "parse_constant_values",
    "parse_method",
    "read_steps",
]
