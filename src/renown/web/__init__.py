"""Web server: pages, the JSON API under /api, and Klout's API under /1 and /v2."""

from renown.web.app import make_app
from renown.web.state import AppState

__all__ = ["AppState", "make_app"]
