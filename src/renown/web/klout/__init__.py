"""Klout's API, versions 1 and 2, for existing clients; Klout's spellings are confined to this package."""

from renown.web.klout.v1 import ROUTES as _V1
from renown.web.klout.v2 import ROUTES as _V2
from renown.web.middleware.jsonp import JsonpMiddleware

__all__ = ["ROUTES", "JsonpMiddleware"]

ROUTES = {"/v2": _V2, "/1": _V1}
"""Base path of each version to its routes."""
