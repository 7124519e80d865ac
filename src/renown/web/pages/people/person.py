"""Page of a person: score, today, history, what the score is made of, posts, people, trust."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import MemberStanding, PersonProfile, PostSummary, Share, Timeline
from renown.errors import InvalidInputError
from renown.store import ServedScore
from renown.web.api import goal_queries, queries
from renown.web.api.identities import show_ruler
from renown.web.explanations import load_latest_changes
from renown.web.identities import load_account_identities, load_identities
from renown.web.pages.charts.bars import BarSegment, build_bar
from renown.web.pages.charts.figure import Figure, build_figure
from renown.web.pages.charts.line import DayNotes
from renown.web.pages.charts.ring import build_ring
from renown.web.pages.charts.ruler import build_ruler_chart
from renown.web.pages.formatting import network_label
from renown.web.pages.people.receipt_levels import build_levels
from renown.web.pages.people.viewer import (
    MAX_PEOPLE,
    MAX_POSTS,
    MAX_TOPICS,
    is_owner,
    list_seen_names,
    load_seen_profile,
    mark_private,
)
from renown.web.pages.templates import render
from renown.web.people import find_by_name, list_account_networks
from renown.web.ranks import compute_standing
from renown.web.redaction import find_page_names
from renown.web.state import AppState, get_app_state, get_site_url

_SPANS = {"30": 30, "90": 90, "all": 3660}
"""Days that the chart can show, by the value of the query parameter `days`."""
_DEFAULT_SPAN = "90"
_SPLITS = ("signal", "network")
"""What the bar of the score can be split by: the values of the query parameter `by`."""
_MAX_NEW_PEOPLE = 5
_FIRST_PUBLISHED = "published from here on; the days before were computed later, so this step can come from that alone"
"""At the border of two kinds of days."""
_MARKED_POINTS = 0.3
"""Points from which on a post is marked in the chart."""


@dataclass(frozen=True)
class _SharePart:
    """A part of the score, with its segment of the bar."""

    share: Share
    segment: BarSegment


@dataclass(frozen=True)
class _GroupPlace:
    """A group of the person, with their place in it."""

    name: str
    title: str
    member: MemberStanding


def show_person(request: Request) -> Response:
    """Show a person's score, and everything that explains it."""
    state = get_app_state(request)
    span = _choose(request, "days", _SPANS, _DEFAULT_SPAN)
    split = _choose(request, "by", _SPLITS, _SPLITS[0])
    served_score = find_by_name(state, request.path_params["who"])
    by_owner = is_owner(request, served_score)
    profile = load_seen_profile(state, served_score, by_owner=by_owner)
    changes = load_latest_changes(state, served_score, profile)
    actors = [*profile.explanation.actors(), *(changes.actors() if changes else ())]
    page_names = find_page_names(state, actors)
    person = queries.build_person(state, served_score, profile)
    score_range, shares = person.range, person.shares
    timeline = _load_timeline(state, served_score, _SPANS[span])
    reactors = answers.rank_reactors(profile.explanation)
    changes = changes and changes.redact_names(list_seen_names(state, actors, page_names.keys(), by_owner=by_owner))
    new_people = changes.people.new_people[:_MAX_NEW_PEOPLE] if changes else ()
    accounts = page_names.keys() & ({row.name for row in reactors[:MAX_PEOPLE]} | {row.name for row in new_people})
    standing = compute_standing(state, served_score, answers.DEFAULT_GOAL, answers.DEFAULT_STREAK_DAYS)
    influencers = [influencer.name for influencer in profile.influencers.people[:MAX_PEOPLE]]
    ruler = show_ruler(state, goal_queries.build_ruler(state, served_score, profile))
    owners = {landmark.person for landmark in ruler.landmarks if landmark.person}
    response = render(
        request,
        "person.html",
        identities=load_identities(state, {served_score.name, *influencers, *owners})
        | load_account_identities(state, accounts),
        site_url=get_site_url(request),
        is_owner=by_owner,
        page_names=page_names,
        person=person,
        standing=standing,
        ring=build_ring(served_score.score, low=score_range.low, high=score_range.high, goal=answers.DEFAULT_GOAL),
        groups=list(_find_groups(state, served_score.name)),
        changes=changes,
        previous_day=state.days.find_previous(state.days.find()),
        figure=_build_history_figure(timeline, profile, _SPANS[span]),
        span=span,
        spans=list(_SPANS),
        week=answers.format_week(served_score.day),
        split=split,
        parts=_build_parts(shares.networks if split == "network" else shares.signals, shares.base),
        ruler=build_ruler_chart(ruler),
        networks=build_levels(profile.explanation, shares),
        unjudged_networks=", ".join(map(network_label, profile.explanation.unjudged_networks)),
        receipt=profile.explanation.receipt,
        posts=profile.known_posts[:MAX_POSTS],
        topics=profile.topics[:MAX_TOPICS],
        reactors=reactors,
        new_people=new_people,
        influencers=profile.influencers,
        influencees=profile.influencees,
        max_people=MAX_PEOPLE,
        max_named=answers.MAX_NAMED,
        top=answers.round_top(standing.top_percent) if standing.top_percent else None,
    )
    return mark_private(response, by_owner=by_owner)


def _choose(request: Request, name: str, values: Sequence[str] | dict[str, int], default: str) -> str:
    """Return a query parameter that has only some values."""
    value = request.query_params.get(name, default)
    if value not in values:
        raise InvalidInputError(f"{name} is {value!r}; choose one of {', '.join(values)}")
    return value


def _build_parts(shares: Sequence[Share], base: Share) -> list[_SharePart]:
    """Build the parts of a stacked bar whose points sum to the score."""
    parts = [*shares, base]
    return [
        _SharePart(share, segment)
        for share, segment in zip(parts, build_bar([share.points for share in parts]), strict=True)
    ]


def _find_groups(state: AppState, name: str) -> Iterator[_GroupPlace]:
    """Yield the groups in which a person is shown to everybody."""
    visibility = state.visibility
    for group in state.groups.all():
        standings = state.standings_cache.get_standings(group.name, 0, visibility)
        for member in standings.standings:
            if member.name == name:
                yield _GroupPlace(group.name, standings.title, member)


def _load_timeline(state: AppState, subject: ServedScore, days: int) -> Timeline:
    networks = list_account_networks(state, subject)
    return answers.load_timeline(state.scores, state.days, state.lake, subject.key, networks=networks, days=days)


def _build_history_figure(timeline: Timeline, profile: PersonProfile, days: int) -> Figure:
    """Build the chart of the last days: all of them, also those before the first score, up to the length of a tab."""
    is_whole_history = days == max(_SPANS.values())
    last_day = date.fromisoformat(timeline.last_day)
    first_scored = date.fromisoformat(timeline.first_day)
    first_day = first_scored if is_whole_history else last_day - timedelta(days=days - 1)
    past_days = [past_day for past_day in timeline.days if date.fromisoformat(past_day.day) >= first_day]
    gaps = [gap for gap in _list_gaps(timeline) if gap[1] >= first_day.isoformat()]
    if first_day < first_scored:
        gaps.append((first_day.isoformat(), (first_scored - timedelta(days=1)).isoformat(), "not measured"))
    score_range = profile.known_range
    return build_figure(
        [("score", past_days)],
        goal=answers.DEFAULT_GOAL,
        first_day=first_day,
        score_range=(score_range.low, score_range.high) if score_range.sample_size else None,
        notes=DayNotes(
            marks=[
                (post.posted_at[:10], _describe_mark(post)) for post in _list_marked_posts(profile) if post.posted_at
            ],
            annotations=[
                (change.day, f"method {change.before} was replaced by method {change.method}")
                for change in timeline.method_changes
                if change.day >= first_day.isoformat()
            ]
            + [(day, _FIRST_PUBLISHED) for day in answers.find_first_published_days(past_days)],
            gaps=gaps,
        ),
    )


def _list_marked_posts(profile: PersonProfile) -> list[PostSummary]:
    return [post for post in profile.known_posts if post.points >= _MARKED_POINTS]


def _describe_mark(post: PostSummary) -> str:
    return f"a post that brings {post.points:.1f} points"


def _list_gaps(timeline: Timeline) -> Iterator[tuple[str, str, str]]:
    """Yield spans without data as (first day, last day, label), those of several networks at the same time as one."""
    networks_by_span: dict[tuple[str, str], list[str]] = {}
    for gap in timeline.coverage_gaps:
        networks_by_span.setdefault((gap.first_day, gap.last_day), []).append(network_label(gap.network))
    for (first, last), networks in sorted(networks_by_span.items()):
        yield first, last, f"no data from {' and '.join(filter(None, [', '.join(networks[:-1]), networks[-1]]))}"
