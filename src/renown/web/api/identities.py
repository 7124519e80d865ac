"""Answers that name people, with display name and picture of each: the same two fields wherever there is a name."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, TypeVar

from renown.answers import Certainty, CustomWeightsResult, LeaderboardPage, Ruler, SimilarPerson, Standings
from renown.answers.landmarks import Landmark
from renown.answers.leaderboard import LeaderboardEntry
from renown.answers.member_standings import MemberStanding
from renown.answers.profile import Influencer, PersonProfile
from renown.answers.simulate.custom_weights import CustomScore
from renown.store import ServedScore
from renown.web.certainties import load_named_certainties
from renown.web.identities import PublicIdentity, load_identities, load_owner_names
from renown.web.state import AppState


@dataclass(frozen=True, kw_only=True)
class IdentityFields:
    """How a person presents themselves; the registered name stands beside it."""

    display_name: str | None
    """Name that the person has on a network, which may imitate anybody's; null if there is none, or it is `name`."""
    avatar_url: str | None
    """URL of the person's picture, WebP of at most 192 pixels, relative if `serve.url` is not set; null without one."""


@dataclass(frozen=True, kw_only=True)
class CertaintyFields:
    """How sure a person's score is."""

    range_low: float | None
    """Lower end of the 90% confidence range of the score; null if no range is known."""
    range_high: float | None
    has_enough_data: bool | None
    """Whether enough people reacted, by name, on enough days; the receipt has the reasons. Null without a score."""


Row = TypeVar("Row", bound=IdentityFields)


@dataclass(frozen=True, kw_only=True)
class LeaderResponse(IdentityFields, CertaintyFields, LeaderboardEntry):
    """One row of a leaderboard."""


@dataclass(frozen=True)
class LeadersResponse:
    """A page of a leaderboard of the served day, highest score first."""

    day: str
    """UTC day, as 2026-11-23."""
    network: str | None
    """Null for all networks together."""
    leaders: list[LeaderResponse]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; null on the last page."""


@dataclass(frozen=True, kw_only=True)
class MemberResponse(IdentityFields, CertaintyFields, MemberStanding):
    """A member's rank, rise and odds."""


@dataclass(frozen=True, kw_only=True)
class StandingsResponse(Standings):
    """Standings of a group, or of one of its challenges."""

    standings: tuple[MemberResponse, ...]


@dataclass(frozen=True, kw_only=True)
class InfluencerResponse(IdentityFields, Influencer):
    """A person or account with a score who influences, or is influenced by, another."""


@dataclass(frozen=True)
class InfluenceResponse:
    """A person's influencers and influencees; each list has the visible ones of the 100 with the highest scores."""

    name: str
    influencers: list[InfluencerResponse]
    """Highest score first; `influencers_count` tells of all."""
    influencees: list[InfluencerResponse]
    """Highest score first; `influencees_count` tells of all."""
    influencers_count: int
    """All the people the person reacted to in the window, with or without a score."""
    influencees_count: int
    """All the people who reacted to the person in the window, with or without a score."""


@dataclass(frozen=True, kw_only=True)
class SimilarPersonResponse(IdentityFields, SimilarPerson):
    """A person compared with the most similar one at or above a target score."""

    similar_display_name: str | None
    """`display_name` of the similar person; null, too, if there is nobody."""
    similar_avatar_url: str | None


@dataclass(frozen=True, kw_only=True)
class LandmarkResponse(IdentityFields, Landmark):
    """A public figure with a score that the method computed from public counts."""

    person: str | None
    """Name of the person with a page here who claimed the account; null if nobody did, and so is how they present."""


@dataclass(frozen=True, kw_only=True)
class RulerResponse(IdentityFields, Ruler):
    """A person's score among others."""

    landmarks: tuple[LandmarkResponse, ...]


@dataclass(frozen=True, kw_only=True)
class CustomScoreResponse(IdentityFields, CustomScore):
    """A person's score and rank, as published and with custom weights."""


@dataclass(frozen=True, kw_only=True)
class CustomWeightsResponse(CustomWeightsResult):
    """A ranking by custom weights compared with the published one; it is not stored."""

    ranking: tuple[CustomScoreResponse, ...]
    largest_rises: tuple[CustomScoreResponse, ...]
    largest_falls: tuple[CustomScoreResponse, ...]
    selected: CustomScoreResponse | None


def describe_identity(state: AppState, identity: PublicIdentity | None) -> dict[str, Any]:
    """Return the values of `IdentityFields`."""
    path = identity and identity.avatar_path
    return {
        "display_name": identity and identity.display_name,
        "avatar_url": path and f"{state.settings.url.rstrip('/')}{path}",
    }


def describe_certainty(certainty: Certainty | None) -> dict[str, Any]:
    """Return the values of `CertaintyFields`."""
    names = [field.name for field in fields(CertaintyFields)]
    return {name: certainty and getattr(certainty, name) for name in names}


def show_leaders(state: AppState, page: LeaderboardPage) -> LeadersResponse:
    """Return a page of a leaderboard with display names and pictures, and how sure the overall scores are."""
    leaders = _show_rows(state, page.leaders, LeaderResponse, has_certainty=True)
    return LeadersResponse(page.day, page.network, leaders, page.next)


def show_standings(state: AppState, standings: Standings) -> StandingsResponse:
    """Return the standings of a group or challenge with display names and pictures, and how sure scores are."""
    members = _show_rows(state, standings.standings, MemberResponse, has_certainty=True)
    return StandingsResponse(**(vars(standings) | {"standings": tuple(members)}))


def show_influence(state: AppState, subject: ServedScore, profile: PersonProfile) -> InfluenceResponse:
    """Return a person's influencers and influencees with display names and pictures."""
    influencers, influencees = profile.influencers, profile.influencees
    people = _show_rows(state, (*influencers.people, *influencees.people), InfluencerResponse)
    middle = len(influencers.people)
    return InfluenceResponse(subject.name, people[:middle], people[middle:], influencers.count, influencees.count)


def show_similar_person(state: AppState, similar: SimilarPerson) -> SimilarPersonResponse:
    """Return a comparison with a similar person with both display names and pictures."""
    identities = load_identities(state, [similar.name, *filter(None, [similar.similar_name])])
    other = describe_identity(state, identities.get(similar.similar_name or ""))
    return SimilarPersonResponse(
        **vars(similar),
        **describe_identity(state, identities.get(similar.name)),
        **{f"similar_{name}": value for name, value in other.items()},
    )


def show_ruler(state: AppState, ruler: Ruler) -> RulerResponse:
    """Return a ruler with display names and pictures: of the person, and of those who claimed landmarks."""
    accounts = [f"{landmark.network}:{landmark.account_id}" for landmark in ruler.landmarks]
    owners = load_owner_names(state, accounts)
    identities = load_identities(state, {ruler.name, *owners.values()})
    landmarks = [
        LandmarkResponse(**vars(landmark), person=owner, **describe_identity(state, identities.get(owner or "")))
        for landmark, owner in zip(ruler.landmarks, map(owners.get, accounts), strict=True)
    ]
    return RulerResponse(
        **(vars(ruler) | {"landmarks": tuple(landmarks)}), **describe_identity(state, identities.get(ruler.name))
    )


def show_custom_weights(state: AppState, result: CustomWeightsResult) -> CustomWeightsResponse:
    """Return a ranking by custom weights with display names and pictures."""
    scores = (*result.ranking, *result.largest_rises, *result.largest_falls, *filter(None, [result.selected]))
    rows = iter(_show_rows(state, scores, CustomScoreResponse))
    lists = {
        name: tuple(islice(rows, len(getattr(result, name)))) for name in ("ranking", "largest_rises", "largest_falls")
    }
    return CustomWeightsResponse(**(vars(result) | lists | {"selected": next(rows, None)}))


def _show_rows(state: AppState, rows: Iterable[Any], model: type[Row], *, has_certainty: bool = False) -> list[Row]:
    """Return rows that have a `name` as rows of a model with the fields of the same names and the identity's."""
    rows = list(rows)
    names = {row.name for row in rows}
    identities = load_identities(state, names)
    certainties = load_named_certainties(state, names) if has_certainty else {}
    return [
        model(
            **vars(row),
            **describe_identity(state, identities.get(row.name)),
            **(describe_certainty(certainties.get(row.name)) if has_certainty else {}),
        )
        for row in rows
    ]
