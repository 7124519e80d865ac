"""Sign in by verifying an account: a token in its profile proves that it is the visitor's."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import InvalidInputError
from renown.store import AccountName, ClaimProof, Person, Session, Stage, check_account_id
from renown.store.profiles import normalize_name
from renown.web.pages.account.lookup import call_network, limit_lookup, read_account
from renown.web.pages.account.me import (
    ACCOUNT_PATH,
    find_signed_in_person,
    person_url,
    redirect_after_form,
    render_account,
    require_person,
)
from renown.web.pages.account.session import PageVisitor, delete_session_cookie, set_session_cookie
from renown.web.pages.formatting import person_path
from renown.web.state import AppState, get_app_state

Fields = Mapping[str, str]

_PROOF_MISSING = (
    "The token is not in that profile yet. Add it, save the profile, and check again; "
    "networks may take a minute to show a change."
)


def begin_verification(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Create a token with which a visitor can verify an account as theirs."""
    state = get_app_state(request)
    network, handle = read_account(fields)
    with limit_lookup(request, visitor, state.actions.server_url(network, handle)):
        profile = call_network(network, lambda: state.actions.find_profile(network, handle))
    handle = profile.handle or profile.account_id
    for name in (profile.account_id, handle):
        check_account_id(network, name)
    sessions, now = state.actions.stores.sessions, state.now()
    secret, session = (visitor.secret, visitor.session) if visitor.session else sessions.create(at=now)
    assert session is not None  # noqa: S101 - it was created above if there was none
    sessions.request_verification(session, network, profile.account_id, handle, at=now)
    if session.key is None:
        secret = sessions.rotate_secret(session, at=now)
    return set_session_cookie(request, redirect_after_form(), secret)


def check_proof(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Look for the token in the account's profile; then sign in its owner, or add it to the signed-in person."""
    state, session = get_app_state(request), require_session(visitor)
    verification = _find_verification(session, fields)
    if not verification.proof:
        page = person_url(state, find_signed_in_person(state, session))
        with limit_lookup(request, visitor, state.actions.server_url(verification.network, verification.handle)):
            proof = call_network(
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
    return finish_verification(request, session, verification, proof)


def choose_name(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Create a person with a chosen name for a verified account that belongs to nobody."""
    state, session = get_app_state(request), require_session(visitor)
    verification = require_verified(session, fields)
    if session.key is not None:
        return finish_verification(request, session, verification, verification.proof)
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
    return finish_verification(request, session, verification, verification.proof)


def restore_account(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Undo the opt-out of a verified account of a signed-in person."""
    state, session = get_app_state(request), require_session(visitor)
    verification = require_verified(session, fields)
    if session.key is None:
        raise InvalidInputError("you are not signed in; choose a name for your page first")
    state.actions.stores.people.opt_outs.remove(verification.network, verification.account_id)
    return finish_verification(request, session, verification, verification.proof)


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


def require_page_owner(state: AppState, visitor: PageVisitor, action: str) -> Person:
    """
    Return the signed-in person.

    Parameters
    ----------
    action : str
        What only people with a page can do, as the error's text has it: "subscribe".

    Raises
    ------
    InvalidInputError
        If the visitor has no session, or the person has no page or has opted out.
    """
    person = find_signed_in_person(state, require_session(visitor))
    if person is None or not person.has_consented:
        raise InvalidInputError(f"only people with a page can {action}; choose a name for your page first")
    return person


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


def finish_verification(request: Request, session: Session, verification: ClaimProof, proof: str) -> Response:
    """Sign in the owner of a verified account, or add it to the signed-in person; then the token is used up."""
    state = get_app_state(request)
    sessions, now = state.actions.stores.sessions, state.now()
    if session.key is not None:
        state.actions.claims.assign_account(session.key, verification.network, verification.account_id, proof, at=now)
        sessions.drop_verification(session, verification.network, verification.account_id)
        return redirect_after_form(_start_reading(request, session.key, verification))
    person = state.actions.claims.confirm_owner(verification.network, verification.account_id, proof, at=now)
    if person is None:
        return redirect_after_form()
    sessions.drop_verification(session, verification.network, verification.account_id)
    url = _start_reading(request, person.key, verification)
    return set_session_cookie(request, redirect_after_form(url), sessions.sign_in(session, person.key, at=now))


def retry_first_score(request: Request, visitor: PageVisitor, fields: Fields) -> Response:  # noqa: ARG001 - same signature for all forms
    """Compute the first score of the signed-in person again, after it failed."""
    state = get_app_state(request)
    person = require_person(state, require_session(visitor))
    return redirect_after_form(_queue_first_score(request, person))


def _start_reading(request: Request, key: int, verification: ClaimProof) -> str:
    """Start to read a newly verified account, and to score it if its owner has no score; return the next page."""
    state = get_app_state(request)
    handles = {verification.account_id, verification.handle}
    state.profiles.add_names(
        [
            AccountName(verification.network, normalize_name(name), key, verification.account_id, name)
            for name in sorted(handles)
        ]
    )
    person = state.people.by_key(key)
    if person is None or not person.has_consented:
        return ACCOUNT_PATH
    if state.scores.find(key) is not None:
        state.actions.start_first_fetch()
        return ACCOUNT_PATH
    job = state.actions.stores.first_scores.find(key)
    claimed_at = max(claim.claimed_at for claim in person.claims)
    if job is None or job.stage is Stage.FAILED or job.requested_at < claimed_at:
        return _queue_first_score(request, person)
    return person_path(person.name, "progress") if job.stage.is_open else ACCOUNT_PATH


def _queue_first_score(request: Request, person: Person) -> str:
    """Queue the first score of a person, if their quota allows it; return the page that follows."""
    state = get_app_state(request)
    if not request.app.state.action_limits.can_score_now(person.person_id, state.now().timestamp()):
        return person_path(person.name)
    if not state.actions.stores.first_scores.request(person.key, at=state.now()):
        return person_path(person.name)
    state.actions.start_first_scores()
    return person_path(person.name, "progress")


def _find_verification(session: Session, fields: Fields) -> ClaimProof:
    return session.find_verification(fields.get("network", ""), fields.get("account", ""))
