"""Pages of people without a published score yet: the progress of their first score, and that score."""

import json
from collections.abc import AsyncIterator, Callable
from functools import wraps
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from renown import answers
from renown.answers import FirstScore
from renown.errors import PersonNotFoundError
from renown.store import FirstScoreJob, Person, Stage
from renown.store.first_scores import PROBLEMS
from renown.web.identities import load_account_identities, load_identities
from renown.web.pages.charts.figure import build_figure
from renown.web.pages.charts.ring import build_ring
from renown.web.pages.formatting import network_label, person_path
from renown.web.pages.people.receipt_levels import build_first_score_lines, build_levels
from renown.web.pages.people.viewer import MAX_PEOPLE, MAX_POSTS, MAX_TOPICS, is_owner, mark_private
from renown.web.pages.templates import render
from renown.web.people import is_storable_text, person_not_found_error
from renown.web.profiles import load_first_profile
from renown.web.redaction import find_page_names
from renown.web.state import AppState, get_app_state

MAX_STREAMS = 200
"""Maximum event streams that are open at a time; other pages reload themselves."""
_POLL_SECONDS = 0.5
_STREAM_SECONDS = 60.0
"""Seconds after which a stream ends; browsers then open another."""
_RETRY_AFTER_SECONDS = 5
_STEPS = (Stage.READING, Stage.ENTERING, Stage.SCORING)

Handler = Callable[[Request], Response]


def or_first_score(show: Handler) -> Handler:
    """Wrap the page of a person: whoever claimed an account and has no published score gets their first score."""
    return _wrap(show, _show_first_score)


def or_redirect(show: Handler) -> Handler:
    """Wrap a page below that of a person: without a published score there is only the page of the person."""
    return _wrap(show, lambda _request, _state, person: redirect_to_person(person))


def _wrap(show: Handler, show_unscored: Callable[[Request, AppState, Person], Response]) -> Handler:
    @wraps(show)
    def show_page(request: Request) -> Response:
        try:
            return show(request)
        except PersonNotFoundError:
            state = get_app_state(request)
            person = find_unscored_person(state, request.path_params["who"])
            if person is None:
                raise
            return show_unscored(request, state, person)

    return show_page


def find_unscored_person(state: AppState, text: str) -> Person | None:
    """Find a visible person without a published score by their name, ``network:handle`` or ``network:id``."""
    if not is_storable_text(text):
        return None
    network, colon, name = text.partition(":")
    key = state.profiles.find_owner(network, name) if colon else None
    people = state.people
    person = (
        people.by_key(key) if key else people.by_account(network, name) if colon else people.by_name_in_any_case(text)
    )
    is_unscored = person is not None and person.claims and state.scores.find(person.key) is None
    return person if person and is_unscored and state.visibility.includes(person.key) else None


def redirect_to_person(person: Person) -> Response:
    """Redirect to the page of a person."""
    return RedirectResponse(person_path(person.name), 303)


def show_progress(request: Request) -> Response:
    """Show how far the first score of a person is; the page follows by itself, with and without scripts."""
    state = get_app_state(request)
    person = _require_person(state, request.path_params["who"])
    job = state.actions.stores.first_scores.find(person.key)
    if job is None or job.stage is Stage.DONE or state.scores.find(person.key):
        return redirect_to_person(person)
    _resume_if_abandoned(request, state, job)
    return render(
        request,
        "progress.html",
        person=person,
        job=job,
        steps=_STEPS,
        step=_current_step(job),
        people_before=state.actions.stores.first_scores.count_before(job) if job.stage is Stage.WAITING else 0,
        next_update=state.next_update(),
        problem=PROBLEMS.get(job.problem, ""),
    )


async def stream_progress(request: Request) -> Response:
    """Stream the progress of a first score as server-sent events, until it is done or a minute is over."""
    state = get_app_state(request)
    person = await run_in_threadpool(_require_person, state, request.path_params["who"])
    open_streams: anyio.CapacityLimiter = request.app.state.progress_streams
    if not open_streams.available_tokens:
        raise HTTPException(
            503,
            "Many people are watching their first score. Reload the page.",
            {"Retry-After": str(_RETRY_AFTER_SECONDS)},
        )
    events = _iter_events(request, state, person.key, open_streams)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _iter_events(
    request: Request, state: AppState, key: int, open_streams: anyio.CapacityLimiter
) -> AsyncIterator[str]:
    """Yield an event whenever the progress changed."""
    previous, deadline, stream = "", anyio.current_time() + _STREAM_SECONDS, object()
    await open_streams.acquire_on_behalf_of(stream)
    try:
        while anyio.current_time() < deadline and not await request.is_disconnected():
            job = await run_in_threadpool(state.actions.stores.first_scores.find, key)
            event = json.dumps(_to_event(job))
            if event != previous:
                yield f"data: {event}\n\n"
            if job is None or not job.stage.is_open:
                return
            if event == previous:
                await run_in_threadpool(_resume_if_abandoned, request, state, job)
            previous = event
            await anyio.sleep(_POLL_SECONDS)
    finally:
        open_streams.release_on_behalf_of(stream)


def _to_event(job: FirstScoreJob | None) -> dict[str, object]:
    if job is None:
        return {"stage": Stage.DONE.value}
    figures = {"posts": job.posts, "people": job.people, "days": job.days}
    return {"stage": job.stage.value, "step": _current_step(job), **figures}


def _current_step(job: FirstScoreJob) -> int:
    """Return the number of the step that is in progress: 0 while the job waits."""
    return _STEPS.index(job.stage) + 1 if job.stage in _STEPS else 0


def _require_person(state: AppState, text: str) -> Person:
    """
    Return a visible person who claimed an account.

    Raises
    ------
    PersonNotFoundError
        If there is none, or they are hidden.
    """
    person = state.people.by_name_in_any_case(text) if is_storable_text(text) else None
    if person is None or not state.visibility.includes(person.key):
        raise person_not_found_error(text)
    return person


def _resume_if_abandoned(request: Request, state: AppState, job: FirstScoreJob) -> None:
    """Start a process if nobody works on a job, such as after a kill; not more often than a lease lasts."""
    now = state.now()
    if job.is_abandoned(now) and request.app.state.action_limits.can_resume(job.person_id, now.timestamp()):
        state.actions.start_first_scores()


def _show_first_score(request: Request, state: AppState, person: Person) -> Response:
    """Show the first score of a person; while it is being computed, its progress."""
    job = state.actions.stores.first_scores.find(person.key)
    today, points = state.now().date(), job.points if job else ()
    first_score = answers.load_first_score(state.scores, person.key, today=today, points=points)
    if job and job.stage.is_open and first_score is None:
        return RedirectResponse(person_path(person.name, "progress"), 303)
    by_owner = is_owner(request, person)
    response = render(
        request,
        "first_score.html",
        person=person,
        is_owner=by_owner,
        goal=answers.DEFAULT_GOAL,
        first_score=first_score,
        figure=build_figure([(person.name, first_score.days)], goal=answers.DEFAULT_GOAL) if first_score else None,
        accounts=_list_accounts(state, person),
        lines=build_first_score_lines(first_score.points if first_score else ()),
        is_computing=bool(job and job.stage.is_open),
        problem=PROBLEMS.get(job.problem, "") if job else "",
        next_update=state.next_update(),
        served_day=state.scores.day(),
        **_explain_first_score(state, person, first_score, by_owner=by_owner),
    )
    return mark_private(response, by_owner=by_owner)


def _explain_first_score(
    state: AppState, person: Person, first_score: FirstScore | None, *, by_owner: bool
) -> dict[str, Any]:
    """Return the variables about who and what is behind a first score; without a profile of it, hardly any."""
    profile = load_first_profile(state, person.key, by_owner=by_owner) if first_score else None
    if first_score is None or profile is None or profile.explanation.receipt.score != first_score.score:
        score = first_score.score if first_score else 1.0
        return {
            "identities": load_identities(state, {person.name}),
            "ring": build_ring(score, low=score, high=score, goal=answers.DEFAULT_GOAL),
            **dict.fromkeys(("receipt", "range", "networks")),
        }
    receipt, score_range = profile.explanation.receipt, profile.known_range
    page_names = find_page_names(state, profile.explanation.actors())
    reactors = answers.rank_reactors(profile.explanation)
    influencers = [influencer.name for influencer in profile.influencers.people[:MAX_PEOPLE]]
    return {
        "identities": load_identities(state, {person.name, *influencers})
        | load_account_identities(state, page_names.keys() & {reactor.name for reactor in reactors[:MAX_PEOPLE]}),
        "page_names": page_names,
        "receipt": receipt,
        "ring": build_ring(first_score.score, low=score_range.low, high=score_range.high, goal=answers.DEFAULT_GOAL),
        "range": score_range if score_range.sample_size else None,
        "networks": build_levels(profile.explanation, answers.compute_shares(receipt)),
        "unjudged_networks": ", ".join(map(network_label, profile.explanation.unjudged_networks)),
        "changes": None,
        "posts": profile.known_posts[:MAX_POSTS],
        "topics": profile.topics[:MAX_TOPICS],
        "reactors": reactors,
        "influencers": profile.influencers,
        "influencees": profile.influencees,
        "max_people": MAX_PEOPLE,
        "max_named": answers.MAX_NAMED,
        "remark": profile.remark,
    }


def _list_accounts(state: AppState, person: Person) -> list[dict[str, object]]:
    """List the accounts of a person, with their handles where they are known."""
    handles = state.profiles.handles(person.key)
    return [
        {
            "network": claim.network,
            "account_id": claim.account_id,
            "name": handles.get((claim.network, claim.account_id), claim.account_id),
            "is_verified": claim.is_verified,
        }
        for claim in person.claims
    ]
