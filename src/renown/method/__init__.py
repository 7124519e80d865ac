"""The method: the steps as SQL files in order, and the constants they run with."""

from renown.method.constants import Constant, Method, Signal, load, parse, read_steps
from renown.method.tables import INPUTS, tables

__all__ = ["INPUTS", "Constant", "Method", "Signal", "load", "parse", "read_steps", "tables"]
