"""API routes of lists, as JSON or CSV, each with the same pagination."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from renown import answers
from renown.answers import Timeline, TopicList
from renown.store import PeopleFilter
from renown.web.api import changes, identities, leaderboard_queries, people, queries
from renown.web.api.cursor import decode_cursor, paginate_rows
from renown.web.api.identities import LeadersResponse
from renown.web.api.list_route import CSV_RESPONSES, ListRoute
from renown.web.api.models import (
    ChangesResponse,
    DaysResponse,
    GroupsResponse,
    PeopleResponse,
    PostsResponse,
    PublishedDayResponse,
)
from renown.web.api.params import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    AfterParam,
    ChangesAfterParam,
    IdsParam,
    NetworkParam,
    PageSizeParam,
    SubjectParam,
    set_last_modified,
)
from renown.web.people import find_by_name, list_account_networks
from renown.web.profiles import load_profile
from renown.web.state import get_app_state

router = APIRouter(route_class=ListRoute)


def read_people_filter(
    min_score: Annotated[float | None, Query(ge=1, le=100, description="Lowest score.")] = None,
    max_score: Annotated[float | None, Query(ge=1, le=100, description="Highest score.")] = None,
    network: NetworkParam = None,
    group: Annotated[str | None, Query(max_length=40, description="Group whose members are listed.")] = None,
) -> PeopleFilter:
    """Read the conditions for people in a list."""
    return PeopleFilter(min_score=min_score, max_score=max_score, network=network, group=group)


@router.get("/people", responses=CSV_RESPONSES)
def list_people(
    request: Request,
    response: Response,
    ids: IdsParam,
    people_filter: Annotated[PeopleFilter, Depends(read_people_filter)],
    after: AfterParam = None,
    limit: Annotated[int | None, Query(ge=1, le=MAX_PAGE_SIZE, description="Default: 20, or all `ids`.")] = None,
) -> PeopleResponse:
    """List people by rank, highest score first, or those with the given ids, in their order."""
    state = get_app_state(request)
    set_last_modified(state, response)
    position = decode_cursor(after, state.cursor_secret)
    if ids:
        texts = people.parse_ids(state, ids)
        return people.look_up_people(
            state, texts, after=position, limit=limit or MAX_PAGE_SIZE, people_filter=people_filter
        )
    return people.list_people(state, after=position, limit=limit or DEFAULT_PAGE_SIZE, people_filter=people_filter)


@router.get("/leaders", responses=CSV_RESPONSES)
def get_leaderboard(
    request: Request,
    response: Response,
    network: NetworkParam = None,
    after: AfterParam = None,
    limit: PageSizeParam = DEFAULT_PAGE_SIZE,
) -> LeadersResponse:
    """Return the leaderboard of visible people, by the score from one network alone or over all networks."""
    state = get_app_state(request)
    set_last_modified(state, response)
    position = decode_cursor(after, state.cursor_secret)
    page = leaderboard_queries.load_leaderboard_page(state, network, after=position, limit=limit)
    return identities.show_leaders(state, page)


@router.get("/search", responses=CSV_RESPONSES)
def search_people(
    request: Request,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=300,
            description="Prefix of a word of a name, of a handle or id; or network:handle, or the link of a profile.",
            examples=["ad"],
        ),
    ],
    network: NetworkParam = None,
    after: AfterParam = None,
    limit: PageSizeParam = DEFAULT_PAGE_SIZE,
) -> PeopleResponse:
    """Search people by a prefix of a word of their name, or of a handle or id on any network."""
    state = get_app_state(request)
    return people.search_people(state, q, network=network, limit=limit, after=decode_cursor(after, state.cursor_secret))


@router.get("/changes", responses=CSV_RESPONSES)
def list_changes(
    request: Request, after: ChangesAfterParam = None, limit: PageSizeParam = DEFAULT_PAGE_SIZE
) -> ChangesResponse:
    """List whose score, claims or consent changed since an instant, and who departed; oldest change first."""
    return changes.list_changes(get_app_state(request), after=after, limit=limit)


@router.get("/people/{who:path}/history", responses=CSV_RESPONSES)
def get_history(
    request: Request,
    who: SubjectParam,
    days: Annotated[int, Query(ge=1, le=3660, description="Days up to the served one.")] = 90,
) -> Timeline:
    """Return past scores by day, with changes of the method and gaps in the data of a network."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    return answers.load_timeline(
        state.scores, state.days, state.lake, subject.key, networks=list_account_networks(state, subject), days=days
    )


@router.get("/people/{who:path}/posts", responses=CSV_RESPONSES)
def list_posts(request: Request, response: Response, who: SubjectParam) -> PostsResponse:
    """Return a person's posts of the window with the most points, over all signals."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return PostsResponse(subject.name, subject.day, list(load_profile(state, subject).known_posts))


@router.get("/people/{who:path}/topics", responses=CSV_RESPONSES)
def list_topics(request: Request, response: Response, who: SubjectParam) -> TopicList:
    """Return what a person's posts of the window are about: their tags, by the points of the posts that have them."""
    state = get_app_state(request)
    subject = find_by_name(state, who)
    set_last_modified(state, response)
    return queries.list_topics(state, subject)


@router.get("/groups", responses=CSV_RESPONSES)
def list_groups(request: Request, after: AfterParam = None, limit: PageSizeParam = DEFAULT_PAGE_SIZE) -> GroupsResponse:
    """List the groups, by name."""
    state = get_app_state(request)
    rows = answers.list_groups(state.groups, state.visibility).groups
    return GroupsResponse(
        *paginate_rows(
            rows, lambda group: group.name, decode_cursor(after, state.cursor_secret), limit, state.cursor_secret
        )
    )


@router.get("/days", responses=CSV_RESPONSES)
def list_days(request: Request, after: AfterParam = None, limit: PageSizeParam = DEFAULT_PAGE_SIZE) -> DaysResponse:
    """List the published days, oldest first."""
    state = get_app_state(request)
    rows = [
        PublishedDayResponse(
            day=day.day,
            method=day.method,
            method_digest=day.method_digest,
            inputs=day.inputs,
            people=day.people,
            is_default=day.is_default,
        )
        for day in state.days.all()
    ]
    return DaysResponse(
        *paginate_rows(
            rows,
            lambda day: f"{day.day} {day.method}",
            decode_cursor(after, state.cursor_secret),
            limit,
            state.cursor_secret,
        )
    )
