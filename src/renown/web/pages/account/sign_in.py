"""Sign in by verifying an account: a token in its profile proves that it is the visitor's."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    InvalidInputError,
    InvalidSettingsError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.store import ClaimProof, Session
from renown.web.middleware.rate_limit import normalize_address
from renown.web.pages.account.me import find_signed_in_person, person_url, redirect_after_form, render_account
from renown.web.pages.account.session import PageVisitor, delete_session_cookie, set_session_cookie
from renown.web.pages.formatting import network_label
from renown.web.state import get_app_state

if TYPE_CHECKING:
    from renown.web.pages.account.rate_limit import ActionRateLimiter

LookupResult = TypeVar("LookupResult")
Fields = Mapping[str, str]

MAX_ID_LENGTH = 1_024
"""Maximum characters of an account's id or handle that are stored."""
_PROOF_MISSING = (
    "The token is not in that profile yet. Add it, save the profile, and check again; "
    "networks may take a minute to show a change."
)


def begin_verification(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Create a token with which a visitor can verify an account as theirs."""
    state = get_app_state(request)
    network, handle = fields.get("network", ""), fields.get("name", "").strip()
    with _limit_lookup(request, visitor, state.actions.server_url(network, handle)):
        profile = _call_network(network, lambda: state.actions.find_profile(network, handle))
    if max(len(profile.account_id), len(profile.handle or "")) > MAX_ID_LENGTH:
        raise InvalidInputError(
            f"the id of that account is longer than {MAX_ID_LENGTH} characters and cannot be stored"
        )
    sessions, now = state.actions.stores.sessions, state.now()
    secret, session = (visitor.secret, visitor.session) if visitor.session else sessions.create(at=now)
    assert session is not None  # noqa: S101 - it was created above if there was none
    sessions.request_verification(session, network, profile.account_id, profile.handle or profile.account_id, at=now)
    if session.key is None:
        secret = sessions.rotate_secret(session, at=now)
    return set_session_cookie(request, redirect_after_form(), secret)


def check_proof(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Look for the token in the account's profile; then sign in its owner, or add it to the signed-in person."""
    state, session = get_app_state(request), require_session(visitor)
    verification = _find_verification(session, fields)
    if not verification.proof:
        page = person_url(state, find_signed_in_person(state, session))
        with _limit_lookup(request, visitor, state.actions.server_url(verification.network, verification.handle)):
            proof = _call_network(
                verification.network,
                lambda: state.actions.find_proof(
                    verification.network, verification.account_id, verification.handle, verification.token, page
                ),
            )
        if not proof:
            return render_account(request, visitor, problem=_PROOF_MISSING)
        state.actions.stores.sessions.record_proof(
            session, verification.network, verification.account_id, proof, at=state.now()
        )
    else:
        proof = verification.proof
    return _finish_verification(request, session, verification, proof)


def choose_name(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Create a person with a chosen name for a verified account that belongs to nobody."""
    state, session = get_app_state(request), require_session(visitor)
    verification = require_verified(session, fields)
    if session.key is not None:
        return _finish_verification(request, session, verification, verification.proof)
    request.app.state.action_limits.count_name_attempt(session.digest, state.now().timestamp())
    # The visitor may have chosen a name in another browser meanwhile.
    if (
        state.actions.claims.confirm_owner(
            verification.network, verification.account_id, verification.proof, at=state.now()
        )
        is None
    ):
        account = (verification.network, verification.account_id)
        if fields.get("restore"):
            state.actions.stores.people.opt_outs.remove(*account)
        state.actions.claims.create_person(fields.get("name", ""), *account, verification.proof, at=state.now())
    return _finish_verification(request, session, verification, verification.proof)


def restore_account(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Undo the opt-out of a verified account of a signed-in person."""
    state, session = get_app_state(request), require_session(visitor)
    verification = require_verified(session, fields)
    if session.key is None:
        raise InvalidInputError("you are not signed in; choose a name for your page first")
    state.actions.stores.people.opt_outs.remove(verification.network, verification.account_id)
    return _finish_verification(request, session, verification, verification.proof)


def cancel_verification(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Cancel the verification of an account."""
    verification = _find_verification(require_session(visitor), fields)
    get_app_state(request).actions.stores.sessions.drop_verification(
        require_session(visitor), verification.network, verification.account_id
    )
    return redirect_after_form()


def sign_out(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Sign out of this session, or of all sessions."""
    state = get_app_state(request)
    if visitor.session:
        state.actions.stores.sessions.sign_out(visitor.session)
        if fields.get("everywhere") and visitor.session.key is not None:
            state.actions.stores.sessions.sign_out_everywhere(visitor.session.key)
    return delete_session_cookie(request, redirect_after_form())


def require_session(visitor: PageVisitor) -> Session:
    """
    Return the session of a visitor.

    Raises
    ------
    InvalidInputError
        If they have none, or it expired.
    """
    if visitor.session is None:
        raise InvalidInputError("your session has expired; enter your account again")
    return visitor.session


def require_verified(session: Session, fields: Fields) -> ClaimProof:
    """
    Return the verification named in a form, which must be complete.

    Raises
    ------
    InvalidInputError
        If it is not.
    """
    verification = _find_verification(session, fields)
    if not verification.proof:
        raise InvalidInputError("that account is not verified yet; add the token to its profile first")
    return verification


def _finish_verification(request: Request, session: Session, verification: ClaimProof, proof: str) -> Response:
    """Sign in the owner of a verified account, or add it to the signed-in person; then the token is used up."""
    state = get_app_state(request)
    sessions, now = state.actions.stores.sessions, state.now()
    if session.key is not None:
        state.actions.claims.assign_account(session.key, verification.network, verification.account_id, proof, at=now)
        sessions.drop_verification(session, verification.network, verification.account_id)
        state.actions.start_first_fetch()
        return redirect_after_form()
    person = state.actions.claims.confirm_owner(verification.network, verification.account_id, proof, at=now)
    if person is None:
        return redirect_after_form()
    sessions.drop_verification(session, verification.network, verification.account_id)
    state.actions.start_first_fetch()
    return set_session_cookie(request, redirect_after_form(), sessions.sign_in(session, person.key, at=now))


def _limit_lookup(request: Request, visitor: PageVisitor, server: str) -> AbstractContextManager[None]:
    host = request.client.host if request.client else ""
    session = visitor.session.digest if visitor.session else ""
    now = get_app_state(request).now().timestamp()
    return cast("ActionRateLimiter", request.app.state.action_limits).limit_lookup(
        session, normalize_address(host), server, now
    )


def _call_network(network: str, lookup: Callable[[], LookupResult]) -> LookupResult:
    """
    Call a network; turn errors into messages that leak nothing about the internal network (SSRF).

    Raises
    ------
    InvalidInputError
        If there is no such account, or the network refused the request.
    HTTPException
        503, if the network is not reachable now.
    """
    network_name = network_label(network)
    try:
        return lookup()
    except AccountGoneError:
        raise InvalidInputError(
            f"{network_name} has no account with that handle; write it as in the URL of the profile"
        ) from None
    except (NetworkRefusedError, InvalidSettingsError):
        raise InvalidInputError(
            f"{network_name} refused to look up that handle; write it as in the URL of the profile"
        ) from None
    except (NetworkUnavailableError, BudgetExceededError):
        raise HTTPException(503, f"{network_name} cannot be reached at the moment. Try again in a minute.") from None


def _find_verification(session: Session, fields: Fields) -> ClaimProof:
    return session.find_verification(fields.get("network", ""), fields.get("account", ""))
