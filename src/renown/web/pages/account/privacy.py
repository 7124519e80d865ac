"""Privacy pages: show, export (download), opt out, opt in and erase a visitor's personal data."""

from collections.abc import Iterator, Mapping
from itertools import chain

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from renown import privacy, scoring
from renown.engines.duckdb import DuckDB
from renown.errors import InvalidInputError
from renown.privacy.export_person import AccountKeys
from renown.scoring import Subject
from renown.store import ERASE, OPT_OUT, Person, Session
from renown.web.pages.account.me import ACCOUNT_PATH, find_signed_in_person, redirect_after_form, require_person
from renown.web.pages.account.personal_data import list_data_kinds
from renown.web.pages.account.session import PageVisitor, delete_session_cookie, get_visitor
from renown.web.pages.account.sign_in import require_session, require_verified
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state

Fields = Mapping[str, str]
NO_PERSON_KEY = 0
"""Score key that belongs to nobody."""


def show_data(request: Request) -> Response:
    """Show the number of rows that each table has about a visitor."""
    state, visitor = get_app_state(request), get_visitor(request)
    if visitor.session is None:
        return redirect_after_form()
    person = find_signed_in_person(state, visitor.session)
    with (
        request.app.state.action_limits.limit_download(visitor.session.digest, state.now().timestamp()),
        state.open_engine() as engine,
    ):
        personal_data = privacy.collect_personal_data(
            *_resolve_export_subject(state, visitor.session, engine), state.actions.stores, engine
        )
    unverified = [claim for claim in person.claims if not claim.is_verified] if person else []
    return render(
        request,
        "account_data.html",
        name=personal_data.name,
        kinds=list_data_kinds(personal_data.tables),
        token=visitor.form_token,
        unverified=unverified,
    )


def download_data(request: Request, visitor: PageVisitor, fields: Fields) -> Response:  # noqa: ARG001 - same signature for all forms
    """Stream all personal data of a visitor as a ZIP file."""
    chunks = _export_chunks(request, require_session(visitor))
    # The first chunk is read before responding, so that errors still get an error page.
    body = chain([next(chunks)], chunks)
    name = f"renown-{get_app_state(request).now():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(body, media_type="application/zip", headers=headers)


def opt_out(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Opt a visitor out: they are hidden from this moment on."""
    return _submit_request(request, visitor, fields, OPT_OUT)


def erase(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Erase a visitor who confirmed with their name: they are hidden and signed out from this moment on."""
    return _submit_request(request, visitor, fields, ERASE)


def opt_in(request: Request, visitor: PageVisitor, fields: Fields) -> Response:  # noqa: ARG001 - same signature for all forms
    """Opt a person in again: they are collected, scored and shown from now on."""
    state = get_app_state(request)
    person = require_person(state, require_session(visitor))
    if any(request_.kind == ERASE for request_ in state.actions.stores.privacy_requests.list_open_of(person.key)):
        raise InvalidInputError("your data is being deleted, which cannot be undone; opt in again when that is done")
    state.actions.opt_in(person)
    return redirect_after_form()


def show_request(request: Request) -> Response:
    """Show the progress of a privacy request by its ticket, without naming anybody."""
    privacy_request = get_app_state(request).actions.stores.privacy_requests.find(request.path_params["ticket"])
    if privacy_request is None:
        raise HTTPException(404)
    return render(
        request, "privacy_request.html", privacy_request=privacy_request, is_erasure=privacy_request.kind == ERASE
    )


def _submit_request(request: Request, visitor: PageVisitor, fields: Fields, kind: str) -> Response:
    state, session = get_app_state(request), require_session(visitor)
    person = find_signed_in_person(state, session)
    ticket = (
        _request_for_person(state, person, fields, kind)
        if person
        else _request_for_account(state, session, fields, kind)
    )
    if ticket is None:
        return redirect_after_form()
    owner = person.key if person else (fields["network"], fields["account"])
    if request.app.state.action_limits.can_start_now(owner, state.now().timestamp()):
        state.actions.start_request_processing()
    response = redirect_after_form(f"{ACCOUNT_PATH}/requests/{ticket}")
    if kind == OPT_OUT:
        return response
    state.actions.stores.sessions.sign_out(session)
    if person:
        state.actions.stores.sessions.sign_out_everywhere(person.key)
    return delete_session_cookie(request, response)


def _request_for_person(state: AppState, person: Person, fields: Fields, kind: str) -> str | None:
    """Queue a person's request and hide them; return its ticket, None if they have already opted out."""
    _check_confirmation(person.name, fields, kind)
    if kind == OPT_OUT and not person.has_consented:
        return None
    # Queued first, so that it is processed even if this process is killed.
    ticket = state.actions.stores.privacy_requests.add(kind, key=person.key, at=state.now())
    state.actions.opt_out(person)
    return ticket


def _request_for_account(state: AppState, session: Session, fields: Fields, kind: str) -> str | None:
    """Queue a request for a verified account without a person; return its ticket, None if it is already opted out."""
    verification = require_verified(session, fields)
    _check_confirmation(verification.handle, fields, kind)
    account = (verification.network, verification.account_id)
    if state.actions.claims.confirm_owner(*account, verification.proof, at=state.now()):
        raise InvalidInputError(
            "this account belongs to a person of this site by now; check it again to sign in as them"
        )
    if kind == OPT_OUT and state.actions.stores.people.opt_outs.has(*account):
        return None
    ticket = state.actions.stores.privacy_requests.add(kind, account=account, at=state.now())
    # Otherwise somebody with an unverified claim on it could opt it in again with their other accounts.
    state.actions.claims.release_account(*account)
    state.actions.stores.people.opt_outs.add(*account)
    return ticket


def _check_confirmation(name: str, fields: Fields, kind: str) -> None:
    if kind == ERASE and fields.get("confirm", "").strip() != name:
        raise InvalidInputError(f"nothing was deleted: to delete your data, type {name!r} exactly")


def _resolve_export_subject(state: AppState, session: Session, engine: DuckDB) -> tuple[Subject, AccountKeys]:
    """Return the subject and accounts whose data a visitor may export: only verified ones."""
    person = find_signed_in_person(state, session)
    if person:
        return privacy.resolve_verified_accounts(person, engine, state.actions.stores)
    accounts: dict[tuple[str, str], int | None] = {}
    for verification in session.accounts:
        if verification.proof:
            subject = scoring.find_account(verification.network, verification.account_id, engine, state.lake)
            accounts[verification.network, verification.account_id] = subject.key if subject else None
    names = ", ".join(
        f"{verification.network}:{verification.handle}" for verification in session.accounts if verification.proof
    )
    known_accounts = tuple((network, key) for (network, _), key in accounts.items() if key is not None)
    return Subject(NO_PERSON_KEY, names, known_accounts), accounts


def _export_chunks(request: Request, session: Session) -> Iterator[bytes]:
    state = get_app_state(request)
    with (
        request.app.state.action_limits.limit_download(session.digest, state.now().timestamp()),
        state.open_engine() as engine,
    ):
        subject, accounts = _resolve_export_subject(state, session, engine)
        yield from privacy.write_export(
            subject.name, privacy.iter_export_parts(subject, accounts, state.actions.stores, engine), at=state.now()
        )
