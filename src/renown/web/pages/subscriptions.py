"""Pages behind the links in mails: confirm a subscription, or end it with one click (RFC 8058)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from renown.store import Subscription
from renown.web.pages.templates import render
from renown.web.state import get_app_state


def show_subscription(request: Request) -> Response:
    """Show buttons to confirm or end a subscription: programs that open links must not do it."""
    subscription = _find_subscription(request)
    return render(request, "subscription.html", subscription=subscription, outcome="")


def end_subscription(request: Request) -> Response:
    """End a subscription: by the button of the page, or by a mail program."""
    get_app_state(request).actions.stores.subscriptions.remove(_find_subscription(request))
    return render(request, "subscription.html", subscription=None, outcome="ended")


def confirm_subscription(request: Request) -> Response:
    """Confirm a subscription."""
    state, subscription = get_app_state(request), _find_subscription(request)
    state.actions.stores.subscriptions.confirm(subscription, at=state.now())
    return render(request, "subscription.html", subscription=None, outcome="confirmed")


def _find_subscription(request: Request) -> Subscription:
    subscription = get_app_state(request).actions.stores.subscriptions.find_by_secret(request.path_params["secret"])
    if subscription is None:
        raise HTTPException(404, "There is no such subscription. It may have been ended already.")
    return subscription
