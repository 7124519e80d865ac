"""Klout's API, versions 1 and 2, for clients that were written for it: its words live here and nowhere else."""

from renown.web.klout.padded import Padded
from renown.web.klout.v1 import ROUTES as _V1
from renown.web.klout.v2 import ROUTES as _V2

__all__ = ["ROUTES", "Padded"]

ROUTES = {"/v2": _V2, "/1": _V1}
"""Version to its routes."""
