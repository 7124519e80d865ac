"""The method: the steps as SQL files in order, and the constants they run with."""

from renown.method.changelog import Moves, moves_of_scores
from renown.method.constants import Constant, Method, Signal, evaluations, load, parse, read_steps, stated
from renown.method.tables import INPUTS, MILLION, tables

__all__ = [
    "INPUTS",
    "MILLION",
    "Constant",
    "Method",
    "Moves",
    "Signal",
    "evaluations",
    "load",
    "moves_of_scores",
    "parse",
    "read_steps",
    "stated",
    "tables",
]
