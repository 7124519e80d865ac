"""The account page: sign in, verified accounts, groups and privacy actions of a visitor."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown import answers
from renown.answers.groups import GroupSummary
from renown.answers.member_standings import MemberStanding
from renown.connectors.http.webhook import format_secret
from renown.errors import InvalidInputError, InvitationError, RenownError
from renown.store import Person, Session
from renown.store.sessions import TOKEN_LIFETIME
from renown.web.account_texts import guess_account
from renown.web.errors import error_status
from renown.web.identities import list_own_identities
from renown.web.pages.account.session import PageVisitor, get_visitor
from renown.web.pages.formatting import person_path
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state

ACCOUNT_PATH = "/me"
_RETURN_COOKIE = "renown-return"
_RETURN_SECONDS = 3_600
_RETURN_PATH = re.compile(r"/me/groups(/[a-z0-9-]{1,40}(\?invitation=[0-9a-f]{1,64})?)?")
MAX_NAME_LENGTH = 300
"""Maximum characters of a name with which a form is filled again."""


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """A claimed account on the account page."""

    network: str
    name: str
    account_id: str
    proof: str
    """One of `PROOFS`; empty if there is none."""
    is_verified: bool
    is_removable: bool
    """Whether they can take it off their page: another verified account is left."""


@dataclass(frozen=True)
class GroupMembership:
    """A group that a person is a member of, or may join."""

    group: GroupSummary
    standing: MemberStanding | None
    """Their standing; None if they are not a member."""


@dataclass(frozen=True)
class AccountFormInput:
    """Previous input of a visitor, to fill the form again."""

    network: str
    account: str
    """Handle of the account on its network."""
    name: str
    """Name that they want to have on this site."""


def show_account(request: Request) -> Response:
    """Show the account page of a signed-in person, or the steps to sign in."""
    return render_account(request, get_visitor(request))


def redirect_to_account(_request: Request) -> Response:
    """Redirect from the URL of a form to the account page."""
    return redirect_after_form()


def render_account(
    request: Request,
    visitor: PageVisitor,
    *,
    status: int = 200,
    problem: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """Render the account page, with the error of a form and its input."""
    state = get_app_state(request)
    person = find_signed_in_person(state, visitor.session)
    opt_outs = state.actions.stores.people.opt_outs
    verifications = visitor.session.accounts if visitor.session else ()
    verified = [verification for verification in verifications if verification.proof]
    return render(
        request,
        "account.html",
        status=status,
        problem=problem,
        return_path=_read_return_path(request) if person else "",
        form_input=_read_form_input(fields or request.query_params, state.actions.networks),
        token=visitor.form_token,
        person=person,
        networks=state.actions.networks,
        sign_in_networks=state.actions.sign_in_networks,
        link_networks=state.actions.link_networks,
        verifications=verifications,
        token_lifetime=TOKEN_LIFETIME,
        step=4 if verified else 2 if verifications else 1,
        opted_out=[item for item in verified if opt_outs.has(item.network, item.account_id)],
        page_url=person_url(state, person),
        **(_load_own_context(state, person) if person else {}),
    )


def _load_own_context(state: AppState, person: Person) -> dict[str, Any]:
    """Load what the account page shows to a signed-in person alone: variables of its template."""
    stores, score = state.actions.stores, state.scores.find(person.key)
    return {
        "accounts": _claimed_accounts(state, person),
        "own_identities": list_own_identities(state, person),
        "identity_choice": state.identities.choice(person.key),
        "has_pictures": state.has_pictures,
        "score": score,
        "has_previous_day": bool(score and state.days.find_previous(state.days.find())),
        "next_update": state.next_update(),
        "has_first_score": bool(answers.load_first_score(state.scores, person.key, today=state.now().date())),
        "first_score_job": stores.first_scores.find(person.key),
        "memberships": _group_memberships(state, person),
        "request_kinds": {request.kind for request in stores.privacy_requests.list_open_of(person.key)},
        "sessions": stores.sessions.list_times(person.key),
        "subscriptions": stores.subscriptions.list_of(person.key),
        "can_send_mail": state.can_send_mail,
        "keys_per_person": state.settings.keys_per_person,
        "format_secret": format_secret,
        "statements": answers.list_statements(stores.statements.list_of(person.key), at=state.now()),
        "statement_parts": answers.STATEMENT_PARTS,
        "lifetimes": answers.LIFETIMES_DAYS,
        "reviews": stores.people.trust.list_reviews(key=person.key)[::-1],
    }


def remember_return_path(request: Request, response: Response, path: str) -> Response:
    """Remember for an hour where a visitor wanted to go who has to sign in first."""
    response.set_cookie(
        _RETURN_COOKIE,
        quote(path),
        max_age=_RETURN_SECONDS,
        path=ACCOUNT_PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


def forget_return_path(response: Response) -> Response:
    """Forget where a visitor wanted to go: they are there."""
    response.delete_cookie(_RETURN_COOKIE, path=ACCOUNT_PATH)
    return response


def _read_return_path(request: Request) -> str:
    """Return where a visitor wanted to go before they signed in; empty if not to a group (open redirect)."""
    path = unquote(request.cookies.get(_RETURN_COOKIE, ""))
    return path if _RETURN_PATH.fullmatch(path) else ""


def find_signed_in_person(state: AppState, session: Session | None) -> Person | None:
    """Return the signed-in person; None for an anonymous session."""
    return state.actions.stores.people.by_key(session.key) if session and session.key is not None else None


def require_person(state: AppState, session: Session | None) -> Person:
    """
    Return the signed-in person.

    Raises
    ------
    InvalidInputError
        If nobody is signed in.
    """
    person = find_signed_in_person(state, session)
    if person is None:
        raise InvalidInputError("you are not signed in; enter your account first")
    return person


def person_url(state: AppState, person: Person | None) -> str:
    """Return the absolute URL of a person's page; empty if the settings have no URL of this site."""
    return f"{state.settings.url.rstrip('/')}{person_path(person.name)}" if person and state.settings.url else ""


def redirect_after_form(url: str = ACCOUNT_PATH) -> Response:
    """Redirect to a page after a form (post/redirect/get), so that reloading it does not send the form again."""
    return RedirectResponse(url, 303)


def show_form_errors(action: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a form action: show its errors on the account page instead of an error page."""

    def run_action(request: Request, visitor: PageVisitor, fields: dict[str, str]) -> Response:
        try:
            return action(request, visitor, fields)
        except RenownError as error:
            status = 403 if isinstance(error, InvitationError) else error_status(error)
            if status is None:
                raise
            return render_account(request, visitor, status=status, problem=error.public_message, fields=fields)

    return run_action


def _read_form_input(fields: Mapping[str, str], networks: Mapping[str, str]) -> AccountFormInput:
    """Return the input of a form, or of a link to this page from the search."""
    name = fields.get("name", "").strip()[:MAX_NAME_LENGTH]
    if "account" in fields:
        return AccountFormInput(fields.get("network", ""), "", name)
    network, handle = guess_account(name)
    return AccountFormInput(fields.get("network") or network or next(iter(networks), ""), handle, "")


def _claimed_accounts(state: AppState, person: Person) -> list[AccountRow]:
    handles = state.profiles.handles(person.key)
    return [
        AccountRow(
            network=claim.network,
            name=handles.get((claim.network, claim.account_id), claim.account_id),
            account_id=claim.account_id,
            proof=claim.proof,
            is_verified=claim.is_verified,
            is_removable=person.has_verified_besides(claim.network, claim.account_id),
        )
        for claim in person.claims
    ]


def _group_memberships(state: AppState, person: Person) -> list[GroupMembership]:
    joined_groups = {group.name for group in state.groups.by_member(person.key)}
    memberships, visibility = [], state.visibility
    for summary in answers.list_groups(state.groups, visibility).groups:
        standing = None
        if summary.name in joined_groups:
            standings = state.standings_cache.get_standings_for(person.key, summary.name, visibility)
            standing = next((row for row in standings.standings if row.name == person.name), None)
        memberships.append(GroupMembership(summary, standing))
    return memberships
