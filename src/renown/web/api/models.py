"""Response models of the API that `answers` does not provide: frozen dataclasses, serialized as JSON."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from renown.answers import (
    ConfidenceRange,
    History,
    MethodSwitch,
    PostSummary,
    Shares,
    Style,
    TrustRemark,
)
from renown.answers.groups import GroupSummary
from renown.answers.person_changes import ChangeEntry
from renown.store import EVENTS, ServedScore
from renown.web.api.identities import CertaintyFields, IdentityFields


@dataclass(frozen=True, kw_only=True)
class ScoreFields:
    """A person's score of the served day, without how they present themselves."""

    id: str | None
    """Identifies the person in the list of changes, also after they departed; null for an account nobody claimed."""
    name: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    day: date
    score: float
    """1 to 100."""
    verified_score: float | None
    """The score without accounts whose figures the person provided (archives); null if there is no other account."""
    percentile: float | None
    """Percent of the people with a score that day whose verified score is not higher; null without a verified score."""
    rank: int | None
    """1 for the highest verified score; equal ones share it; null without one, and no place in lists."""
    audience: int | None
    """Followers over all accounts; null if unknown."""
    peers: float | None
    """Percentile among people with a similar number of followers; null if unknown."""
    people: int
    """People reached in the window."""
    days: int
    """Observed days of the window."""
    networks: int
    accounts: int
    strength: float
    """Follower-equivalents."""


@dataclass(frozen=True, kw_only=True)
class ScoreResponse(IdentityFields, CertaintyFields, ScoreFields):
    """A person's score of the served day."""

    @classmethod
    def from_served_score(cls, score: ServedScore, *, public_id: str | None, **others: Any) -> "ScoreResponse":
        """Build the response from a served score, with the id and the values of the other fields."""
        is_ranked = score.verified_score is not None
        return cls(
            id=public_id,
            name=score.name,
            day=score.day,
            score=score.score,
            verified_score=score.verified_score,
            percentile=score.percentile if is_ranked else None,
            rank=score.rank if is_ranked else None,
            audience=score.audience,
            peers=score.peers,
            people=score.people,
            days=score.days,
            networks=score.networks,
            accounts=score.accounts,
            strength=score.strength / 1e9,
            **others,
        )


@dataclass(frozen=True)
class AccountResponse:
    """An account that a person claimed."""

    network: str
    name: str
    """Its handle, or its id if it has none."""
    account_id: str
    is_verified: bool
    """Whether the claim was verified."""
    proof: str
    """Kind of proof: `sign-in`, `token`, `link`, `domain`; `archive`, which does not verify; or empty."""


@dataclass(frozen=True, kw_only=True)
class PersonResponse:
    """A person: score, accounts, score changes, reach and style."""

    score: ScoreResponse
    accounts: list[AccountResponse]
    score_changes: dict[str, float | None]
    """Points gained over `day`, `week` and `month`; null if there was no score then."""
    reach: int
    amplification: float
    network: float
    style: Style
    shares: Shares
    """The score split by network and by signal."""
    range: ConfidenceRange
    """Confidence range of the score."""
    remark: TrustRemark | None
    """Who brings the score; null in profiles that an older version stored."""
    method_switch: MethodSwitch | None
    """What the latest switch of the method did to the score; null if there was none in 30 days."""


@dataclass(frozen=True)
class PeopleResponse:
    """A page of people."""

    people: list[ScoreResponse]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; null on the last page."""
    missing: list[str] = field(default_factory=list)
    """Requested ids without a visible person who matches the other parameters, of this page."""


@dataclass(frozen=True)
class ChangesResponse:
    """A page of changes, oldest first."""

    changes: list[ChangeEntry]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; null on the last page."""
    resume: str
    """Cursor of whatever changes after this page, to pass as `after` later."""


@dataclass(frozen=True)
class GroupsResponse:
    """A page of groups, by name."""

    groups: list[GroupSummary]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; null on the last page."""


@dataclass(frozen=True)
class PostsResponse:
    """A person's posts of the window with the most points."""

    name: str
    day: date
    posts: list[PostSummary]
    """Most points first."""


@dataclass(frozen=True, kw_only=True)
class PublishedDayResponse:
    """A published day."""

    day: date
    method: str
    method_digest: str
    inputs: str
    """Digest of all input data."""
    people: int
    is_default: bool
    """Whether this is the day's default: published first, shown unless another method is requested."""


@dataclass(frozen=True)
class DaysResponse:
    """A page of published days, oldest first."""

    days: list[PublishedDayResponse]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; null on the last page."""


@dataclass(frozen=True, kw_only=True)
class ComparisonResponse:
    """People side by side, each with history and points by signal."""

    people: list[ScoreResponse]
    histories: list[History]
    signals: list[dict[str, float]]
    """Points by signal, over all networks."""
    ranges: list[ConfidenceRange]
    """Confidence range of each score."""
    base: float
    """The 1 point that every score starts with; with it, the points of all signals sum to the score."""
    warnings: list[tuple[str, ...]]
    """Reasons why there is not enough data about each; empty if there is."""


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook that an application wants."""

    address: Annotated[str, msgspec.Meta(description="URL that receives the webhooks.")]
    events: Annotated[tuple[str, ...], msgspec.Meta(description="What to tell of; everything if omitted.")] = tuple(
        EVENTS
    )


@dataclass(frozen=True, kw_only=True)
class WebhookResponse:
    """A webhook of an API key."""

    id: int
    address: str
    events: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class WebhookList:
    """The webhooks of an API key, oldest first."""

    webhooks: list[WebhookResponse]


@dataclass(frozen=True, kw_only=True)
class AddedWebhook(WebhookResponse):
    """A webhook that was added."""

    secret: str | None
    """What its signatures are checked with; null if the key had a webhook to this address already."""
