"""The scoring method: SQL steps in order, and the method file with its constants."""

from renown.method.changelog import ScoreChanges, load_score_changes
from renown.method.file import (
    Constant,
    Method,
    Signal,
    find_version,
    load_evaluations,
    load_method,
    parse_constants,
    parse_method,
    read_steps,
)
from renown.method.parameters import INPUT_COLUMNS, MILLION, build_parameter_tables

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
    "parse_constants",
    "parse_method",
    "read_steps",
]
