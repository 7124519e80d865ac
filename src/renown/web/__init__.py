"""The web: our API under /api, Klout's under /1 and /v2."""

from renown.web.app import make_app
from renown.web.site import Site

__all__ = ["Site", "make_app"]
