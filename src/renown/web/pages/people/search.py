"""Pages for finding people: start page, leaderboard with pagination, and search."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown.errors import InvalidInputError
from renown.store import ServedScore
from renown.web.account_texts import guess_account, parse_account
from renown.web.api import leaderboard_queries, people
from renown.web.api.cursor import CURSOR_PATTERN
from renown.web.api.models import PeopleResponse
from renown.web.certainties import load_named_certainties
from renown.web.identities import load_identities
from renown.web.pages.formatting import person_path
from renown.web.pages.groups import load_running_challenges
from renown.web.pages.people.first_score import find_unscored_person, redirect_to_person
from renown.web.pages.templates import render
from renown.web.people import find_by_key, find_by_names
from renown.web.ranks import count_ranked_people
from renown.web.state import AppState, get_app_state

CLUB_SCORE = 70
"""Score from which on somebody is in the club that the start page shows."""
_MAX_CLUB, _MAX_LEADERS, _MAX_RISERS, _MAX_GROUPS = 24, 5, 5, 3
"""Maximum people and groups listed on the start page."""
_PAGE_SIZE = 50
_MAX_SEARCH_LENGTH = 300


@dataclass(frozen=True)
class Face:
    """A person on the start page, with a number."""

    name: str
    points: float
    """Score, or the rise."""


def show_home(request: Request) -> Response:
    """Show the start page: a field for a handle or profile link, the highest scores, risers of the week, groups."""
    state = get_app_state(request)
    visibility = state.visibility
    groups = state.groups.all()[:_MAX_GROUPS]
    all_standings = [state.standings_cache.get_standings(group.name, 0, visibility) for group in groups]
    scores = people.list_leaders(state, limit=_MAX_CLUB)
    leaders = [_build_face(score, score.ranked_score) for score in scores]
    club = [leader for leader in leaders if leader.points >= CLUB_SCORE]
    shown_leaders, risers = club or leaders[:_MAX_LEADERS], list(islice(_iter_risers(state), _MAX_RISERS))
    certainties = load_named_certainties(state, (face.name for face in shown_leaders))
    racers = [row.name for standings in all_standings for row in standings.standings[:_MAX_LEADERS]]
    return render(
        request,
        "home.html",
        identities=load_identities(state, {*racers, *(face.name for face in (*shown_leaders, *risers))}),
        certainties=certainties,
        club=shown_leaders,
        has_few_people=all(certainty.has_few_people for certainty in certainties.values()),
        sample=_choose_sample(scores),
        has_club=bool(club),
        club_score=CLUB_SCORE,
        risers=risers,
        races=[(standings, load_running_challenges(state, standings.group)) for standings in all_standings],
        max_rows=_MAX_LEADERS,
        day_served=state.scores.day(),
    )


def show_people(request: Request) -> Response:
    """Show a page of the leaderboard, of all networks or of one."""
    state, query = get_app_state(request), request.query_params
    network, after = query.get("network") or None, _find_cursor(request)
    if state.scores.day() is None:
        return render(
            request,
            "people.html",
            page=None,
            ranked_people=None,
            networks=[],
            groups=[],
            network_filter=network,
            after=after,
        )
    page = leaderboard_queries.load_leaderboard_page(
        state, network, after=leaderboard_queries.parse_cursor(state, after), limit=_PAGE_SIZE
    )
    networks = sorted({network_name for network_name, _ in state.leaderboards.get_comparison_band().signals})
    return render(
        request,
        "people.html",
        identities=load_identities(state, [row.name for row in page.leaders]),
        certainties=load_named_certainties(state, (row.name for row in page.leaders)),
        page=page,
        ranked_people=None if network else count_ranked_people(state),
        networks=networks,
        groups=state.groups.all(),
        network_filter=network,
        after=after,
    )


def search_people(request: Request) -> Response:
    """
    Search people by a profile link, ``network:handle``, or a prefix of their name or handle.

    A single result redirects to its page. A link and ``network:handle`` find nobody but the owner of that account.
    Whoever claimed the account is found, also before their first score is published.
    """
    text = request.query_params.get("q", "").strip()
    if len(text) > _MAX_SEARCH_LENGTH:
        raise InvalidInputError(f"the search text has {len(text)} characters; at most {_MAX_SEARCH_LENGTH} are allowed")
    state = get_app_state(request)
    accounts, (network, handle) = parse_account(text), guess_account(text)
    owner_names = [f"{key}:{name.lstrip('@')}" for key, name in accounts or [(network, handle)] if key]
    for name in filter(None, (text, *owner_names)):
        if person := find_unscored_person(state, name):
            return redirect_to_person(person)
    if accounts and (owner := next(filter(None, find_by_names(state, owner_names)), None)):
        return RedirectResponse(person_path(owner.name), 303)
    after = _find_cursor(request)
    page = _find_page(state, "" if accounts else text.lstrip("@"), after)
    if len(page.people) == 1 and after is None:
        return RedirectResponse(person_path(page.people[0].name), 303)
    names = [result.name for result in page.people]
    return render(
        request,
        "search.html",
        identities=load_identities(state, names),
        certainties=load_named_certainties(state, names),
        text=text,
        page=page,
        is_first_page=after is None,
        network=network,
        handle=handle,
    )


def _find_page(state: AppState, text: str, after: str | None) -> PeopleResponse:
    """Find a page of people by the beginning of a name or handle; without a text, nobody."""
    if not text:
        return PeopleResponse([], None)
    position = leaderboard_queries.parse_cursor(state, after)
    return people.search_people(state, text, network=None, limit=_PAGE_SIZE, after=position)


def _find_cursor(request: Request) -> str | None:
    """
    Return the pagination cursor of a request; None for the first page.

    Raises
    ------
    InvalidInputError
        If it is not one.
    """
    after = request.query_params.get("after")
    if after is not None and not CURSOR_PATTERN.fullmatch(after):
        raise InvalidInputError(f"{after!r} is not a pagination cursor; use the link to the next page of the list")
    return after


def _iter_risers(state: AppState) -> Iterable[Face]:
    """Yield the visible people whose score rose most in the last week."""
    for riser in state.snapshot_cache.list_risers():
        if score := find_by_key(state, riser.key):
            yield _build_face(score, riser.rise)


def _choose_sample(scores: Sequence[ServedScore]) -> str | None:
    """Choose whose page shows best what a page looks like: the highest score whose receipt has people."""
    return next((score.name for score in scores if score.people), scores[0].name if scores else None)


def _build_face(score: ServedScore, points: float) -> Face:
    return Face(score.name, points)
