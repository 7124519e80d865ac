"""Pages: what people look at, written on the server from the views that our API tells."""

from renown.web.pages.errors import HANDLERS, said
from renown.web.pages.routes import POLICY, ROUTES, STATIC, visitors
from renown.web.pages.visitors.asks import Asks

__all__ = ["HANDLERS", "POLICY", "ROUTES", "STATIC", "Asks", "said", "visitors"]
