"""Sign in at a network (OAuth): send the visitor there, and verify the account that comes back."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from renown.errors import InvalidInputError, RenownError
from renown.store import check_account_id
from renown.web.errors import error_status
from renown.web.pages.account.lookup import call_network, limit_lookup, read_account
from renown.web.pages.account.me import render_account
from renown.web.pages.account.session import PageVisitor, get_visitor, set_session_cookie
from renown.web.pages.account.sign_in import finish_verification
from renown.web.pages.templates import render
from renown.web.state import get_app_state

Fields = Mapping[str, str]
PROOF = "sign-in"
"""Proof of an account whose owner signed in at its network."""


def begin_sign_in(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Send a visitor to the network of an account, to sign in there."""
    state = get_app_state(request)
    network, handle = read_account(fields)
    with limit_lookup(request, visitor, state.actions.server_url(network, handle)):
        pending, url = call_network(network, lambda: state.actions.begin_sign_in(network, handle))
    sessions, now = state.actions.stores.sessions, state.now()
    secret, session = (visitor.secret, visitor.session) if visitor.session else sessions.create(at=now)
    assert session is not None  # noqa: S101 - it was created above if there was none
    state.actions.oauth.add_request(session, pending, at=now)
    if session.key is None:
        secret = sessions.rotate_secret(session, at=now)
    # A page, not a redirect: the policy of this site's forms lets none of them lead to another site.
    page = render(request, "sign_in_redirect.html", network=network, handle=handle, next_url=url)
    page.headers["Refresh"] = f"0; url={url}"
    return set_session_cookie(request, page, secret)


def complete_sign_in(request: Request) -> Response:
    """Verify the account with which a visitor signed in at its network."""
    visitor = get_visitor(request)
    try:
        return _complete(request, visitor)
    except RenownError as error:
        status = error_status(error)
        if status is None:
            raise
        return render_account(request, visitor, status=status, problem=error.public_message)


def serve_client_metadata(request: Request) -> Response:
    """Serve the document that describes this application to networks; its URL is the application's id."""
    state = get_app_state(request)
    if not state.actions.sign_in_networks:
        raise HTTPException(404)
    return JSONResponse(dict(state.actions.client_metadata()))


def _complete(request: Request, visitor: PageVisitor) -> Response:
    state, query = get_app_state(request), dict(request.query_params)
    network, server = request.path_params["network"], request.path_params.get("server", "")
    pending = (
        state.actions.oauth.pop_request(visitor.session, query.get("state", ""), at=state.now())
        if visitor.session
        else None
    )
    # The path tells which server sent the visitor back: no server gets the answer of another (mix-up).
    if (
        visitor.session is None
        or pending is None
        or pending.redirect_uri != state.actions.sign_in_redirect_uri(network, server)
    ):
        raise InvalidInputError("this sign-in has expired, or was begun in another browser; sign in again")
    with limit_lookup(request, visitor, pending.issuer):
        account_id, handle = call_network(network, lambda: state.actions.complete_sign_in(pending, query))
    for name in (account_id, handle or account_id):
        check_account_id(network, name)
    sessions, now = state.actions.stores.sessions, state.now()
    verification = sessions.request_verification(visitor.session, network, account_id, handle, at=now)
    sessions.record_proof(visitor.session, network, account_id, PROOF, at=now)
    return finish_verification(request, visitor.session, verification, PROOF)
