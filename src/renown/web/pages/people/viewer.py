"""Who looks at a page of a person: the person themselves sees who reacted to them; others see counts."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from starlette.requests import Request
from starlette.responses import Response

from renown.answers import PersonProfile
from renown.store import Person, ServedScore
from renown.web.pages.account.session import get_visitor
from renown.web.profiles import load_own_profile, load_profile
from renown.web.redaction import Actor, list_names_for_owner
from renown.web.state import AppState

MAX_POSTS, MAX_PEOPLE, MAX_TOPICS = 5, 10, 10
"""Posts, and people who react or are reacted to, on the page of a person."""


def is_owner(request: Request, subject: ServedScore | Person) -> bool:
    """Return whether the visitor is signed in as the person of a page."""
    session = get_visitor(request).session
    return session is not None and session.key == subject.key


def load_seen_profile(state: AppState, subject: ServedScore, *, by_owner: bool) -> PersonProfile:
    """Load a profile with the names that the visitor may see."""
    return load_own_profile(state, subject) if by_owner else load_profile(state, subject)


def list_seen_names(
    state: AppState, actors: Iterable[Actor], names_with_page: AbstractSet[str], *, by_owner: bool
) -> AbstractSet[str]:
    """Return the names of actors that the visitor may see: with a page here, or for the owner of all."""
    return list_names_for_owner(state, actors) if by_owner else names_with_page


def mark_private(response: Response, *, by_owner: bool) -> Response:
    """Mark what only the owner sees as private for caches, and that a page depends on who is signed in."""
    response.headers["Vary"] = f"{response.headers['Vary']}, Cookie"
    if by_owner:
        response.headers["Cache-Control"] = "private, no-store"
    return response
