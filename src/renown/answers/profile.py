"""
Profiles: receipt, influencers, best posts, confidence range, reach and style of a person, for the profile page.

The style is one of 16: main activity, broad or focused, steady or occasional.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from renown.answers.activity import ActivityPattern
from renown.answers.explain.changes import Changes, StoredChanges
from renown.answers.explain.explanation import Explanation
from renown.answers.explain.posts import PostSummary
from renown.answers.explain.topics import Topic, TopicList
from renown.answers.explain.trust_remark import TrustRemark
from renown.answers.simulate.inputs import ScoringInputs
from renown.answers.simulate.ledger_inputs import LedgerInputs
from renown.answers.simulate.range import ConfidenceRange
from renown.store import FirstScoreStore, ProfileStore, PublishedDay, ServedScore

MAX_NAMED = 100
"""Maximum number of influencers, and of influencees, listed in a profile: those with the highest scores."""

LINES_PER_SIGNAL = 25
"""Actors, and posts, listed per signal in a profile's explanation."""

PRIOR_POSTS = 2
"""Pseudo-count of posts without a repost: one reposted post proves little (Laplace's rule of succession)."""


@dataclass(frozen=True)
class Influencer:
    """A person or account with a score who influences, or is influenced by, the person of a profile."""

    key: int
    """Score key: negative for a claimed person, otherwise an account."""
    name: str
    """Name of the person; ``network:id`` of an account that nobody claimed."""
    score: float
    """1 to 100."""


@dataclass(frozen=True)
class InfluencerList:
    """The influencers, or the influencees, of a person."""

    people: tuple[Influencer, ...]
    """The `MAX_NAMED` with the highest scores, highest first; those without a score are only counted."""
    count: int
    """All of them, with or without a score; of influencees, the published number of people who reacted."""

    def anonymize(self, keys: AbstractSet[int]) -> "InfluencerList":
        """Return a copy without these people; the count stays."""
        return replace(self, people=tuple(influencer for influencer in self.people if influencer.key not in keys))

    def redact_names(self) -> "InfluencerList":
        """Return a copy that names only claimed people."""
        return replace(self, people=tuple(influencer for influencer in self.people if influencer.key < 0))


@dataclass(frozen=True, kw_only=True)
class PersonProfile:
    """Everything on a person's profile page for one day, besides the served score."""

    key: int
    explanation: Explanation
    influencers: InfluencerList
    """People whom the person reacted to in the window."""
    influencees: InfluencerList
    """People who reacted to the person in the window."""
    reach: int
    """Distinct people who reacted and whose trust is above the floor, i.e. of whom something is known."""
    amplification: float
    """0 to 100: share of posts that are reposted, with `PRIOR_POSTS` added to the posts."""
    network: float
    """0 to 100: mean trust of the people in `reach`, in percent."""
    activity: ActivityPattern
    inputs: ScoringInputs | None = None
    """Inputs for simulations; None on days with a ledger, and in profiles that an older version stored."""

    ledger_inputs: LedgerInputs | None = None
    """Inputs for simulations, on days with a ledger."""

    posts: tuple[PostSummary, ...] | None = None
    """Posts with most points; None in profiles that an older version stored."""

    topics: tuple[Topic, ...] = ()
    """What the posts are about, most points first; none in profiles that an older version stored."""

    range: ConfidenceRange | None = None
    """Confidence range of the score; None in profiles that an older version stored."""

    remark: TrustRemark | None = None
    """Who brings the score; None in profiles that an older version stored."""

    hours: tuple[tuple[int, int], ...] = ()
    """Hours since 1970 and reactions in them, in the order of time; without hours in which nobody reacted."""

    reaction_days: tuple[tuple[int, int], ...] = ()
    """Days since 1970 and reactions on them, in the order of time, also of those whose instant is unknown."""

    changes: StoredChanges | None = None
    """Why the score changed since the day that was published before; None if there is none."""

    @property
    def known_range(self) -> ConfidenceRange:
        """Confidence range, of a profile computed by this version."""
        assert self.range is not None  # noqa: S101 - `compute_profiles` always sets it
        return self.range

    @property
    def known_posts(self) -> tuple[PostSummary, ...]:
        """Best posts, of a profile computed by this version."""
        assert self.posts is not None  # noqa: S101 - `compute_profiles` always sets it
        return self.posts

    @property
    def known_inputs(self) -> ScoringInputs | LedgerInputs:
        """Inputs for simulations, of a profile computed by this version."""
        inputs = self.inputs or self.ledger_inputs
        assert inputs is not None  # noqa: S101 - `compute_profiles` always sets one of them
        return inputs

    def matches(self, served: ServedScore) -> bool:
        """Return whether the profile is complete and explains this served score."""
        receipt = self.explanation.receipt
        is_complete = None not in (self.posts, self.range)
        return is_complete and (receipt.day, receipt.score) == (served.day.isoformat(), served.score)

    def anonymize(self, keys: AbstractSet[int]) -> "PersonProfile":
        """Return a copy without the names of these people and accounts."""
        return replace(
            self,
            explanation=self.explanation.anonymize(keys),
            influencers=self.influencers.anonymize(keys),
            influencees=self.influencees.anonymize(keys),
            changes=self.changes and replace(self.changes, changes=self.changes.changes.anonymize(keys)),
        )

    def redact_names(self, allowed_names: AbstractSet[str]) -> "PersonProfile":
        """Return a copy that names only claimed people and the allowed accounts."""
        return replace(
            self,
            explanation=self.explanation.redact_names(allowed_names),
            influencers=self.influencers.redact_names(),
            influencees=self.influencees.redact_names(),
            changes=self.changes and replace(self.changes, changes=self.changes.changes.redact_names(allowed_names)),
        )


def list_topics(name: str, day: date, profile: PersonProfile) -> TopicList:
    """List what the posts of the person or account of a profile are about."""
    return TopicList(name=name, day=day.isoformat(), topics=profile.topics)


def load_current_changes(
    profiles: ProfileStore, served: ServedScore, first: PublishedDay, last: PublishedDay
) -> Changes | None:
    """Load the stored explanation of a score change between two days; None if it is missing or outdated."""
    profile = load_profile(profiles, served.key)
    return profile.changes.changes if profile and profile.changes and profile.changes.matches(first, last) else None


def load_profile(profiles: ProfileStore, key: int) -> PersonProfile | None:
    """Load the stored profile of a person; None if there is none."""
    row = profiles.find(key)
    return deserialize_profile(row[1]) if row else None


def load_current_profile(profiles: ProfileStore, served: ServedScore) -> PersonProfile | None:
    """Load the stored profile that explains a served score; None if it is missing or of another score."""
    profile = load_profile(profiles, served.key)
    return profile if profile and profile.matches(served) else None


def load_current_inputs(profiles: ProfileStore, served: ServedScore) -> ScoringInputs | LedgerInputs | None:
    """Load the simulation inputs from the stored profile of a served score; None if it is missing or outdated."""
    profile = load_current_profile(profiles, served)
    return profile.inputs or profile.ledger_inputs if profile else None


def serialize_profile(profile: PersonProfile) -> bytes:
    """Serialize a profile to JSON for the store."""
    return msgspec.json.encode(profile)


def deserialize_profile(body: bytes) -> PersonProfile:
    """Deserialize a profile from the store's JSON."""
    return msgspec.json.decode(body, type=PersonProfile)


def anonymize_profiles(profiles: ProfileStore, keys: AbstractSet[int]) -> int:
    """Anonymize some people and accounts in everybody's stored profiles; return how many profiles changed."""
    changed_bodies = list(_anonymize_bodies(((key, body) for key, _, body in profiles.all()), keys))
    for key, body in changed_bodies:
        profiles.update(key, body)
    return len(changed_bodies)


def anonymize_first_profiles(first_scores: FirstScoreStore, keys: AbstractSet[int]) -> int:
    """Anonymize some people and accounts in the profiles of everybody's first score; return how many changed."""
    changed_bodies = list(_anonymize_bodies(first_scores.list_profiles(), keys))
    for key, body in changed_bodies:
        first_scores.update_profile(key, body)
    return len(changed_bodies)


def _anonymize_bodies(bodies: Iterable[tuple[int, bytes]], keys: AbstractSet[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the score key and new body of each stored profile that names one of these people or accounts."""
    for key, body in bodies:
        before = deserialize_profile(body)
        after = before.anonymize(keys)
        if after != before:
            yield key, serialize_profile(after)
