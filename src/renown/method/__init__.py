"""The method: the steps as SQL files in order, and the constants they run with."""

from renown.method.constants import Constant, Method, Signal, evaluations, load, parse, read_steps, stated
from renown.method.tables import INPUTS, MILLION, tables

__all__ = [
    "INPUTS",
    "MILLION",
    "Constant",
    "Method",
    "Signal",
    "evaluations",
    "load",
    "parse",
    "read_steps",
    "stated",
    "tables",
]
