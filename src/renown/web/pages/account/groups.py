"""Groups of signed-in people: join, leave, create, change, invite, hand over, start a challenge."""

import re
from collections.abc import Callable, Mapping
from datetime import date

import segno
from starlette.requests import Request
from starlette.responses import Response

from renown.errors import GroupNotFoundError, InvalidInputError, InvitationError, RenownError
from renown.store import INVITATION_DAYS, Group, GroupStore, Person, derive_name
from renown.web.errors import error_status
from renown.web.pages.account.me import (
    ACCOUNT_PATH,
    find_signed_in_person,
    forget_return_path,
    redirect_after_form,
    remember_return_path,
    require_person,
)
from renown.web.pages.account.session import PageVisitor, get_visitor
from renown.web.pages.groups import describe_friends
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state, get_site_url

Fields = Mapping[str, str]

MAX_OWNED = 10
"""Maximum groups that a person owns."""
INVITED_PEOPLE = 100
"""People who can join with one invitation link."""
_DEFAULT_GOAL = 70


def show_new_group(request: Request) -> Response:
    """Show the form to create a group; visitors who are not signed in are led to sign in first."""
    state, visitor = get_app_state(request), get_visitor(request)
    if find_signed_in_person(state, visitor.session) is None:
        return remember_return_path(request, redirect_after_form(), f"{ACCOUNT_PATH}/groups")
    return _render_new_group(request, visitor)


def show_own_group(request: Request) -> Response:
    """Show what a visitor can do in a group: sign in, join, invite, leave, and as its owner change it."""
    return _render_group(request, get_visitor(request), request.path_params["name"])


def _show_group_errors(action: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a form action of a group's page: show its errors there."""

    def run_action(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
        try:
            return action(request, visitor, fields)
        except GroupNotFoundError:
            raise
        except RenownError as error:
            status = 403 if isinstance(error, InvitationError) else error_status(error)
            if status is None:
                raise
            if not fields.get("group"):
                return _render_new_group(request, visitor, status=status, problem=error.public_message, fields=fields)
            return _render_group(
                request, visitor, fields["group"], status=status, problem=error.public_message, fields=fields
            )

    return run_action


@_show_group_errors
def create(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Create a group that the visitor owns and is in, with a first challenge if they named its last day."""
    state = get_app_state(request)
    person = _require_consenting(state, visitor)
    if state.groups.count_owned(person) >= MAX_OWNED:
        raise InvalidInputError(f"you own {MAX_OWNED} groups already; hand one over to another member first")
    last_day = _parse_last_day(state, fields.get("last", ""))
    method_day = state.days.find() if last_day else None
    title = fields.get("title", "").strip()
    name = derive_name(title, {group.name for group in state.groups.all()})
    join_by = "claim" if fields.get("open") else "invitation"
    goal, now = _parse_goal(fields.get("goal", "")), state.now()
    state.groups.create(name, goal=goal, title=title, join_by=join_by, at=now, owner=person)
    invitation = state.groups.invite(name, at=now) if join_by == "invitation" else None
    state.groups.join(name, person, at=now, invitation=invitation, latest_score=state.scores.find(person.key))
    if last_day and method_day:
        state.groups.challenges.start(name, first=now.date(), last=last_day, method_day=method_day, at=now)
    return redirect_after_form(_group_path(name))


@_show_group_errors
def join(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Add a signed-in person to a group, with an invitation if it needs one; their current score is their start."""
    state = get_app_state(request)
    person = _require_consenting(state, visitor)
    name = fields.get("group", "")
    state.groups.join(
        name,
        person,
        at=state.now(),
        invitation=fields.get("invitation", "").strip() or None,
        latest_score=state.scores.find(person.key),
    )
    return redirect_after_form(_group_path(name))


@_show_group_errors
def leave(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Remove a signed-in person from a group."""
    state = get_app_state(request)
    state.groups.leave(fields.get("group", ""), _require_consenting(state, visitor), at=state.now())
    return redirect_after_form()


@_show_group_errors
def change(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Change the title and goal of a group that the visitor owns."""
    state, group = _require_owned(request, visitor, fields)
    title, goal = fields.get("title", "").strip(), _parse_goal(fields.get("goal", ""))
    state.groups.change_terms(group.name, title=title, goal=goal, at=state.now())
    return redirect_after_form(_group_path(group.name))


@_show_group_errors
def start_challenge(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Start a challenge of a group that the visitor owns, from today to a last day."""
    state, group = _require_owned(request, visitor, fields)
    last_day = _parse_last_day(state, fields.get("last", ""))
    if last_day is None:
        raise InvalidInputError("a challenge needs a last day")
    goal = _parse_goal(fields.get("goal", "") or str(group.goal))
    challenge = state.groups.challenges.start(
        group.name, first=state.now().date(), last=last_day, method_day=state.days.find(), at=state.now(), goal=goal
    )
    return redirect_after_form(f"/groups/{group.name}/challenges/{challenge.number}")


@_show_group_errors
def hand_over(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Make another member the owner of a group that the visitor owns."""
    state, group = _require_owned(request, visitor, fields)
    person = state.people.by_name(fields.get("person", ""))
    if person is None:
        raise InvalidInputError(f"nobody in {group.title!r} is called {fields.get('person', '')!r}; choose a member")
    state.groups.hand_over(group.name, person)
    return redirect_after_form(_group_path(group.name))


@_show_group_errors
def invite(request: Request, visitor: PageVisitor, fields: Fields) -> Response:
    """Show a link and a QR code with which others can join a group of the visitor."""
    state = get_app_state(request)
    person, group = _require_consenting(state, visitor), state.groups.find(fields.get("group", ""))
    if not _is_member(state.groups, group, person):
        raise InvalidInputError(f"you are not in {group.title!r}; only members can invite others")
    url = f"{get_site_url(request)}{_group_path(group.name)}"
    if group.join_by == "invitation":
        url += f"?invitation={state.groups.invite(group.name, at=state.now(), people=INVITED_PEOPLE)}"
    qr_code = segno.make(url, error="m").svg_data_uri(scale=6, border=3, dark="#000", light="#fff")
    return render(
        request,
        "invitation.html",
        group=group,
        invitation_url=url,
        qr_code=qr_code,
        days=INVITATION_DAYS,
        people=INVITED_PEOPLE,
    )


def _render_new_group(
    request: Request, visitor: PageVisitor, *, status: int = 200, problem: str = "", fields: Fields | None = None
) -> Response:
    state = get_app_state(request)
    return render(
        request,
        "new_group.html",
        status=status,
        problem=problem,
        token=visitor.form_token,
        form_input={"title": "", "goal": str(_DEFAULT_GOAL), "last": "", "open": ""} | dict(fields or {}),
        friends=describe_friends(state),
    )


def _render_group(
    request: Request,
    visitor: PageVisitor,
    name: str,
    *,
    status: int = 200,
    problem: str = "",
    fields: Fields | None = None,
) -> Response:
    state = get_app_state(request)
    group, person = state.groups.find(name), find_signed_in_person(state, visitor.session)
    members = [member for member in state.groups.members(name) if state.visibility.includes(member.key)]
    response = render(
        request,
        "own_group.html",
        status=status,
        problem=problem,
        token=visitor.form_token,
        group=group,
        person=person,
        invitation=(fields or request.query_params).get("invitation", ""),
        is_member=person is not None and _is_member(state.groups, group, person),
        is_owner=person is not None and state.groups.find_owner(name) == person.key,
        other_members=[member.name for member in members if person and member.key != person.key],
    )
    if person:
        return forget_return_path(response)
    path = request.url.path if request.method == "GET" else _group_path(name)
    return remember_return_path(request, response, f"{path}?{request.url.query}" if request.url.query else path)


def _require_consenting(state: AppState, visitor: PageVisitor) -> Person:
    person = require_person(state, visitor.session)
    if not person.has_consented:
        raise InvalidInputError("you have opted out, and a group shows your score; opt in again first")
    return person


def _require_owned(request: Request, visitor: PageVisitor, fields: Fields) -> tuple[AppState, Group]:
    state = get_app_state(request)
    person, group = _require_consenting(state, visitor), state.groups.find(fields.get("group", ""))
    if state.groups.find_owner(group.name) != person.key:
        raise InvalidInputError(
            f"only the owner of {group.title!r} can do this; ask them, or the operator of this site"
        )
    return state, group


def _is_member(groups: GroupStore, group: Group, person: Person) -> bool:
    return any(member.key == person.key for member in groups.members(group.name))


def _parse_goal(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text.strip(), re.ASCII):
        raise InvalidInputError(f"the goal is {text[:20]!r}; write a score of 1 to 100, such as 70 or 72.5")
    return float(text)


def _parse_last_day(state: AppState, text: str) -> date | None:
    """Parse the last day of a challenge; None if none is given."""
    if not text.strip():
        return None
    try:
        last_day = date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(f"{text[:20]!r} is not a day; write it as 2026-11-23") from None
    if last_day < state.now().date():
        raise InvalidInputError(f"the challenge cannot end on {last_day}, which is over; choose today or a later day")
    return last_day


def _group_path(name: str) -> str:
    return f"{ACCOUNT_PATH}/groups/{name}"
