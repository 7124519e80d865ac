"""Application state: the stores that routes read from, the actions of signed-in visitors, and who is visible."""

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request

from renown import answers, scoring
from renown.answers import (
    Certainty,
    Changes,
    Explanation,
    HiddenRanks,
    Landmark,
    LeaderboardIndex,
    LedgerInputs,
    MethodSwitch,
    PersonProfile,
    Riser,
    ScoringInputs,
    Standing,
    Standings,
    StandingsCache,
    SwitchDays,
    TopScore,
    Visibility,
    VisibilityCache,
)
from renown.answers.explain.people_change import Reactor
from renown.answers.explain.receipt_lines import ReceiptLine
from renown.answers.explain.stored_receipt import find_stored_receipt, load_stored_changes, load_stored_explanation
from renown.answers.profile import LINES_PER_SIGNAL
from renown.engines.duckdb import DuckDB
from renown.engines.pool import EnginePool
from renown.errors import (
    DayNotPublishedError,
    HomeError,
    InvalidInputError,
    InvalidMethodError,
    PersonNotFoundError,
)
from renown.lake import Lake
from renown.method.file import Method
from renown.privacy import PersonalDataStores
from renown.records import Profile
from renown.scoring import Subject
from renown.settings import OperatorSettings, RetentionSettings, ServeSettings
from renown.store import (
    DEFAULT_TIME_ZONE,
    ApiKeyStore,
    ClaimStore,
    GroupStore,
    IdentityStore,
    OAuthStore,
    PeopleStore,
    Person,
    ProfileStore,
    PublishedDay,
    PublishedDayStore,
    PublishedTables,
    ServedScore,
    ServedScoreStore,
    SignInRequest,
    Subscription,
    SyncStateStore,
)
from renown.text import suggest_spelling
from renown.web.concurrency import ConcurrencyLimiter, WeightSandboxPool

if TYPE_CHECKING:
    from renown.store.statement_keys import StatementKeys

Answer = TypeVar("Answer")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]{1,255})(:\d{1,5})?", re.ASCII | re.IGNORECASE)
"""Host and port of a request that may stand in a URL."""
_MAX_PEOPLE = 2**31 - 1
"""Page size that includes all people."""

_MAX_LATEST_ANSWERS = 256
"""Plans and explanations in the cache; a plan takes about 20 kilobytes, an explanation up to 100."""

_MAX_EXPLAINED_SWITCHES = 4096
"""Explanations of a switch of the method in the cache, one per person; each takes about a kilobyte."""


@dataclass(frozen=True, kw_only=True)
class AccountActions:
    """Callables for the account pages; the code that opens the home provides them."""

    stores: PersonalDataStores
    """Stores with personal data."""
    claims: ClaimStore
    networks: Mapping[str, str]
    """Networks whose accounts can be verified, each with an example of a handle."""
    link_networks: frozenset[str]
    """Networks where a link to the person's page also verifies an account."""
    server_url: Callable[[str, str], str]
    """Return the URL of the server that is requested for a network and handle."""
    find_profile: Callable[[str, str], Profile]
    """Look up an account by its handle on a network."""
    find_proof: Callable[[str, str, str, str, str], str]
    """Look for a token or a link to a page in an account's profile; return the kind of proof, or an empty string."""
    oauth: OAuthStore
    """Sign-ins at networks that wait for their answer."""
    sign_in_networks: tuple[str, ...]
    """Networks at which visitors can sign in."""
    begin_sign_in: Callable[[str, str], tuple[SignInRequest, str]]
    """Begin to sign in at a network with a handle; return what to store, and the URL at which the visitor allows it."""
    complete_sign_in: Callable[[SignInRequest, Mapping[str, str]], tuple[str, str]]
    """Return id and handle of the account that signed in, from the parameters of the answer."""
    sign_in_redirect_uri: Callable[[str, str], str]
    """Return the URL to which a network, or one of its servers, sends visitors back."""
    client_metadata: Callable[[], Mapping[str, object]]
    """Return the document that describes this application to networks."""
    opt_out: Callable[[Person], None]
    """Opt a person out: hide them from now on."""
    opt_in: Callable[[Person], None]
    """Opt a person in again: show them from now on."""
    start_request_processing: Callable[[], None]
    """Start a background process that handles pending privacy requests; do not wait for it."""
    send_confirmation: Callable[[Subscription, str], None]
    """Send the mail that asks a subscriber with this name for confirmation."""
    start_first_fetch: Callable[[], None]
    """Start a background process that fetches accounts that were never fetched; do not wait for it."""
    start_webmention_processing: Callable[[], None]
    """Start a background process soon that verifies webmentions; calls in the meantime share it."""
    start_first_scores: Callable[[], None]
    """Start a background process that computes the first scores in the queue; do not wait for it."""


@dataclass(frozen=True, kw_only=True)
class AppState:
    """Opened stores and settings, shared by all requests."""

    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    sync_states: SyncStateStore
    scores: ServedScoreStore
    profiles: ProfileStore
    api_keys: ApiKeyStore
    groups: GroupStore
    identities: IdentityStore
    has_pictures: bool
    """Whether pictures of people are shown."""
    can_send_mail: bool
    """Whether the settings have a mail server."""
    load_statement_keys: Callable[[], "StatementKeys"]
    """Return the keys that sign and verify statements."""
    load_method: Callable[[], Method]
    open_engine: Callable[[], DuckDB]
    """Opens a session of the engine."""
    now: Callable[[], datetime]
    actions: AccountActions
    """Actions of signed-in visitors."""
    settings: ServeSettings = field(default_factory=ServeSettings)
    """Visibility and other settings of `[serve]`."""
    landmarks: Sequence[Landmark] = ()
    """Public figures on the operator's list, the highest first; others must not see those who opted out."""
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    """Who is responsible for the site."""
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    notice: str = ""
    """Markdown text that the operator adds to the privacy notice."""
    sandboxes: WeightSandboxPool = field(default_factory=WeightSandboxPool)
    """Sandboxes for custom weights."""
    limiter: ConcurrencyLimiter = field(default_factory=ConcurrencyLimiter)
    """Limit of concurrent computations."""
    last_run: Callable[[], Mapping[str, Any] | None] = lambda: None
    """The record of the last run, as its JSON; None if there is none."""
    list_runs: Callable[[], list[Mapping[str, Any]]] = list
    """Return the records of the last runs, latest first."""
    next_update: Callable[[], datetime | None] = lambda: None
    """When the next scheduled run publishes a day; None if unknown."""

    @cached_property
    def statement_keys(self) -> "StatementKeys":
        """Keys that sign and verify statements."""
        return self.load_statement_keys()

    @property
    def base_url(self) -> str:
        """URL of this site without a path: that of the settings, or else the address that it listens on."""
        return self.settings.base_url

    @property
    def can_show_unclaimed(self) -> bool:
        """Whether unclaimed accounts are visible, too."""
        return self.settings.visibility == "everyone"

    @property
    def visibility(self) -> Visibility:
        """Who is visible to others now."""
        return self._visibility_cache.get()

    @cached_property
    def _visibility_cache(self) -> VisibilityCache:
        return VisibilityCache(self.people, self.settings)

    @cached_property
    def cursor_secret(self) -> bytes:
        """Secret that pagination cursors are encrypted with."""
        return self.people.opt_outs.derive_key("pagination cursors")

    def last_modified(self) -> int | None:
        """
        Return when what is served, or who is visible, last changed, in seconds since 1970; None if nothing is served.

        Copies from before must not be used any longer.
        """
        published_at = self.scores.published_at()
        if published_at is None:
            return None
        return max(math.ceil(published_at.timestamp()), self.people.visibility.version().changed_at)

    def find_by_name(self, text: str) -> ServedScore:
        """
        Find a score by a person's name, ``network:handle`` or ``network:id``.

        Raises
        ------
        PersonNotFoundError
            If nobody has that name, they have no score, or they are hidden; the error does not reveal which.
        """
        [score] = self.find_by_names([text])
        if score is None:
            raise person_not_found_error(text)
        return score

    def find_by_names(self, texts: Sequence[str]) -> list[ServedScore | None]:
        """Find the scores of many names, as `find_by_name` does for one; None where nobody is visible."""
        scores = {text: self._find_claimed(text) for text in texts if is_storable_text(text)}
        unclaimed = tuple(text for text, score in scores.items() if score is None and ":" in text)
        if unclaimed and self.can_show_unclaimed:
            scores |= dict(zip(unclaimed, self._find_unclaimed(unclaimed), strict=True))
        visibility = self.visibility
        return [
            score if (score := scores.get(text)) and visibility.includes(score.key, score.name) else None
            for text in texts
        ]

    def require_visible(self, score: ServedScore | None, text: str) -> ServedScore:
        """
        Return a score if it is visible.

        Raises
        ------
        PersonNotFoundError
            If it is hidden, as if nobody had that name.
        """
        if score is None or not self.visibility.includes(score.key, score.name):
            raise person_not_found_error(text)
        return score

    def compute(self, key: Hashable, function: Callable[[DuckDB], Answer]) -> Answer:
        """
        Compute an answer in an engine session under the concurrency limit; do not nest, since that could deadlock.

        Parameters
        ----------
        key : hashable
            What is computed; requests with the same key share the answer.
        function : callable
            Computes it in a session of the engine.

        Raises
        ------
        ServerBusyError
            If too many sessions are open.
        """

        def compute_in_session() -> Answer:
            with self.engines.session() as engine:
                return function(engine)

        return self.limiter.compute(key, compute_in_session)

    def compute_once(self, key: Hashable, function: Callable[[DuckDB], Answer]) -> Answer:
        """Compute an answer as `compute`, unless it is among the latest; the key has all that the answer depends on."""
        answer: Answer | None = self._latest_answers.get(key)
        if answer is None:
            answer = self._latest_answers[key] = self.compute(key, function)
            # Threads share the answers, and each operation is atomic: at worst one is computed again.
            for old_key in list(self._latest_answers)[:-_MAX_LATEST_ANSWERS]:
                self._latest_answers.pop(old_key, None)
        return answer

    @cached_property
    def _latest_answers(self) -> dict[Hashable, Any]:
        """Answers of `compute_once`, the oldest first."""
        return {}

    @cached_property
    def engines(self) -> EnginePool:
        """Sessions of the engine that are reused."""
        return EnginePool(self.open_engine)

    @cached_property
    def leaderboards(self) -> LeaderboardIndex:
        """Cached leaderboards and similar people of the served day."""
        return LeaderboardIndex(self.open_engine, self.days, self.scores)

    @cached_property
    def standings_cache(self) -> StandingsCache:
        """Cached standings of groups and challenges."""
        return StandingsCache(self.groups, self.scores, self.days)

    def find_by_key(self, key: int) -> ServedScore | None:
        """Return the score of a key if it is visible, else None."""
        score = self.scores.find(key)
        return score if score and self.visibility.includes(key, score.name) else None

    def list_visible_scores(self) -> list[ServedScore]:
        """List the scores of all visible people with claimed accounts, by rank."""
        visibility = self.visibility
        return [score for score in self.scores.list_claimed(_MAX_PEOPLE) if visibility.includes(score.key)]

    @property
    def risers(self) -> list[Riser]:
        """Claimed people whose score rose most in the week before the served day; others must not see hidden ones."""
        snapshot_id, day = self.scores.snapshot_id(), self.scores.day()
        # The start page is shown even if the files of the day are damaged.
        with suppress(HomeError, DayNotPublishedError):
            return self._find_risers(snapshot_id, day) if snapshot_id and day else []
        return []

    @cached_property
    def _find_risers(self) -> Callable[[str, date], list[Riser]]:
        """Function that finds the risers of a served day, cached until another snapshot is served."""
        return lru_cache(maxsize=2)(lambda _, day: answers.find_risers(self.days, self.scores.recomputed, day))

    def list_landmarks(self, subject: ServedScore) -> tuple[Landmark, ...]:
        """Return the landmarks that others may see beside a person's score: not the person themself."""
        visibility, shown = self.visibility, []
        for landmark in self.landmarks:
            owner = self.profiles.find_owner(landmark.network, landmark.account_id)
            if landmark.is_visible(visibility, owner) and owner != subject.key:
                shown.append(landmark)
        return tuple(shown)

    def list_top_scores(self, subject: ServedScore) -> tuple[TopScore, ...]:
        """Return the scores that shares of all people reach on the day of a score, without hidden people."""
        # Pages are shown even if the files of the day are damaged.
        with suppress(HomeError, DayNotPublishedError):
            return self._find_top_scores(self.visibility, subject.snapshot_id, subject.day)
        return ()

    @cached_property
    def _find_top_scores(self) -> Callable[[Visibility, str, date], tuple[TopScore, ...]]:
        """Function that finds the top scores of a served day, cached until it or the visibility changes."""
        return lru_cache(maxsize=2)(
            lambda visibility, snapshot_id, day: answers.find_top_scores(
                self.days, day, self._find_hidden_ranks(visibility, snapshot_id)
            )
        )

    def present(self, score: ServedScore, visibility: Visibility | None = None) -> ServedScore:
        """Return a score as others see it: with its rank and percentile among everybody but hidden people."""
        return self._find_hidden_ranks(visibility or self.visibility, score.snapshot_id).exclude(score)

    def top_percent(self, score: ServedScore) -> float:
        """Return the percent of people, without hidden ones, whose score is at least as high (top N %)."""
        return self._hidden_ranks(score.snapshot_id).top_percent(self.scores, score.rank)

    def compute_standing(self, subject: ServedScore, goal: float, in_a_row: int) -> Standing:
        """Compute a person's standing as others see it."""
        hidden = self._hidden_ranks(subject.snapshot_id)
        return answers.compute_standing(self.scores, subject.key, goal=goal, in_a_row=in_a_row, hidden=hidden)

    @property
    def collected_kinds(self) -> Mapping[str, frozenset[str]]:
        """Networks with data in the lake, each with the tables that have it; as of the served day."""
        return self._find_collected_kinds(self.scores.snapshot_id())

    @cached_property
    def _find_collected_kinds(self) -> Callable[[str | None], Mapping[str, frozenset[str]]]:
        """Function that lists the data of the lake, cached until another snapshot is served."""

        def find_collected_kinds(_: str | None) -> Mapping[str, frozenset[str]]:
            networks_by_table = {table: set(self.lake.days(table)) for table in ("interactions", "tallies", "profiles")}
            networks = set().union(*networks_by_table.values())
            return {
                network: frozenset(table for table, names in networks_by_table.items() if network in names)
                for network in networks
            }

        return lru_cache(maxsize=1)(find_collected_kinds)

    def count_ranked_people(self) -> int:
        """Return how many people and unclaimed accounts the ranks over all networks count."""
        snapshot_id = self.scores.snapshot_id()
        return self._hidden_ranks(snapshot_id).count_people(self.scores, 1) if snapshot_id else 0

    def check_network(self, network: str | None) -> None:
        """
        Reject a network that is neither in the data nor one whose accounts can be claimed; None stands for all.

        Raises
        ------
        InvalidInputError
            The message names the known networks.
        """
        known = self.actions.networks.keys() | self.collected_kinds.keys()
        if network is not None and network not in known:
            excerpt = network[:40]
            raise InvalidInputError(f"unknown network {excerpt!r}; {suggest_spelling(excerpt, sorted(known))}")

    def _hidden_ranks(self, snapshot_id: str) -> HiddenRanks:
        return self._find_hidden_ranks(self.visibility, snapshot_id)

    @cached_property
    def _find_hidden_ranks(self) -> Callable[[Visibility, str], HiddenRanks]:
        """Function that finds the ranks of hidden people in a snapshot, cached until either changes."""
        return lru_cache(maxsize=2)(lambda visibility, _: answers.find_hidden_ranks(visibility, self.scores))

    def load_certainties(self, scores: Sequence[ServedScore]) -> dict[str, Certainty]:
        """Tell how sure served scores are, by the people's names."""
        if not scores:
            return {}
        latest = scores[0]
        ranges = self.scores.ranges.read_of_day({score.key for score in scores}, latest.day)
        return answers.judge_certainties(scores, ranges, self._find_minimums(latest.snapshot_id, latest.day))

    def load_named_certainties(self, names: Iterable[str]) -> dict[str, Certainty]:
        """Tell how sure the scores of visible people are, by name; who has none is left out."""
        return self.load_certainties([score for score in self.find_by_names(list(names)) if score])

    @cached_property
    def _find_minimums(self) -> Callable[[str, date], tuple[float, float]]:
        """Function that returns how much data is enough by the method of a served day, cached."""
        return lru_cache(maxsize=2)(lambda _, day: answers.find_minimums(self.days.find(day)))

    def load_profile(self, subject: ServedScore) -> PersonProfile:
        """Load a person's profile of the served day, redacted; built now if none is stored for this score."""
        return self.redact_profile(
            answers.load_current_profile(self.profiles, subject) or self._build_served_profile(subject)
        )

    def load_own_profile(self, subject: ServedScore) -> PersonProfile:
        """Load a person's profile of the served day as they see it themselves: with everybody who did not opt out."""
        profile = answers.load_current_profile(self.profiles, subject) or self._build_served_profile(subject)
        return self._show_to_owner(profile)

    def load_first_profile(self, key: int, *, by_owner: bool) -> PersonProfile | None:
        """Load the profile of a first score, with the names that others, or the person, may see; None if missing."""
        body = self.actions.stores.first_scores.find_profile(key)
        if body is None:
            return None
        profile = answers.deserialize_profile(body)
        return self._show_to_owner(profile) if by_owner else self.redact_profile(profile)

    def load_scoring_inputs(self, subject: ServedScore) -> ScoringInputs | LedgerInputs:
        """Load a person's scoring inputs of the served day; built now if none are stored for this score."""
        return answers.load_current_inputs(self.profiles, subject) or self._build_served_profile(subject).known_inputs

    def build_profile(self, subject: ServedScore, day: date) -> PersonProfile | None:
        """Build a person's profile of a published day, not redacted; None if they had no score."""
        published_day = self.days.find(day)

        def compute_profile(engine: DuckDB) -> PersonProfile | None:
            all_people = self.people.all()
            with PublishedTables(published_day, engine.connection) as published:
                profiles = answers.compute_profiles(
                    [self.resolve_subject(subject, engine)], all_people, published, engine, self.lake
                )
                return next(iter(profiles), None)

        return self.compute(("profile", subject, published_day.folder, published_day.inputs), compute_profile)

    def resolve_subject(self, subject: ServedScore, engine: DuckDB) -> Subject:
        """Return somebody with a score as the subject of an explanation, which reads the accounts that were scored."""
        if subject.key < 0:
            return Subject(subject.key, subject.name, ())
        return scoring.resolve_subject(subject.name, engine, self.lake, self.people, suggest=False)

    def list_account_networks(self, subject: ServedScore) -> set[str]:
        """Return the networks on which a person with a score has accounts."""
        person = self.people.by_key(subject.key)
        return {network for network, _ in person.accounts} if person else {subject.name.partition(":")[0]}

    def find_time_zone(self, subject: ServedScore) -> str:
        """Return the name of a person's own time zone; UTC unless they chose one."""
        person = self.people.by_key(subject.key)
        return person.time_zone if person else DEFAULT_TIME_ZONE

    def load_handles(self, key: int) -> dict[tuple[str, str], str]:
        """Return the handles of a person's accounts by network and id; the id where no handle is known."""
        names = self.profiles.names(key)
        return {
            (name.network, name.account_id): name.original_name
            for name in sorted(names, key=lambda name: name.original_name != name.account_id)
        }

    def redact_profile(self, profile: PersonProfile) -> PersonProfile:
        """Redact the names of people without a visible page: they never agreed to appear, or no longer do."""
        visibility = self.visibility
        hidden_keys = {
            influencer.key
            for influencers in (profile.influencers, profile.influencees)
            for influencer in influencers.people
            if not visibility.includes(influencer.key, influencer.name)
        }
        return replace(profile.anonymize(hidden_keys), explanation=self._redact_explanation(profile.explanation))

    def explain_day(self, subject: ServedScore, day: date) -> Explanation | None:
        """Explain the score of a published day, with names redacted as in profiles; None if there was no score."""
        published_day = self.days.find(day)

        def compute_explanation(engine: DuckDB) -> Explanation | None:
            if stored := find_stored_receipt(self.profiles, subject.key, published_day):
                return load_stored_explanation(stored, engine, self.lake)
            with PublishedTables(published_day, engine.connection) as published:
                if published.read_score(subject.key) is None:
                    return None
                who = self.resolve_subject(subject, engine)
                return answers.explain(who, published, engine, self.lake, top=LINES_PER_SIGNAL)

        explanation = self.compute_once(
            ("explanation", subject, published_day, self.visibility.version), compute_explanation
        )
        return self._redact_explanation(explanation) if explanation else None

    def explain_changes(self, subject: ServedScore, first: PublishedDay, last: PublishedDay) -> Changes:
        """Explain a score change between two published days, with names redacted as in profiles."""
        changes = self.load_changes(subject, first, last)
        return changes.redact_names(self.names_for_others(changes.actors()))

    def load_changes(self, subject: ServedScore, first: PublishedDay, last: PublishedDay) -> Changes:
        """Load or compute why a score changed between two published days, with all names."""

        def compute_changes(engine: DuckDB) -> Changes:
            stored = find_stored_receipt(self.profiles, subject.key, last)
            if stored and (changes := load_stored_changes(stored, first, last, engine, self.lake)):
                return changes
            with (
                PublishedTables(first, engine.connection) as before,
                PublishedTables(last, engine.connection) as after,
            ):
                return answers.explain_changes(self.resolve_subject(subject, engine), before, after, engine, self.lake)

        return answers.load_current_changes(self.profiles, subject, first, last) or self.compute_once(
            ("changes", subject, first, last, self.visibility.version), compute_changes
        )

    def load_past_changes(self, subject: ServedScore, first: date, last: date) -> Changes | None:
        """Load why a score changed between two days, with all names; None if their data or steps are gone."""
        try:
            return self.load_changes(subject, self.days.find(first), self.days.find(last))
        except (HomeError, DayNotPublishedError, InvalidMethodError, PersonNotFoundError):
            return None

    def read_past_standing(self, subject: ServedScore, day: date) -> tuple[int | None, int | None]:
        """Return the rank on a published day, without people who are hidden now, and how many people had reacted."""
        visibility = self.visibility
        hidden = [person.key for person in self.people.all() if person.key not in visibility.people]
        with suppress(HomeError, DayNotPublishedError), PublishedTables(self.days.find(day)) as published:
            score = published.read_score(subject.key)
            rank = published.read_rank(subject.key, [*hidden, *visibility.opted_out_keys])
            return rank, score.people if score else None
        return None, None

    def list_group_standings(self, subject: ServedScore) -> list[Standings]:
        """Return the standings of a person's groups, as others see them."""
        visibility = self.visibility
        return [
            self.standings_cache.get_standings(group.name, 0, visibility)
            for group in self.groups.by_member(subject.key)
        ]

    def load_latest_changes(self, subject: ServedScore, profile: PersonProfile) -> Changes | None:
        """Return why a score changed on the served day, as stored, with all names; None if it is not stored."""
        last = self.days.find()
        previous = self.days.find_previous(last)
        if not (profile.changes and previous and profile.changes.matches(previous, last) and last.day == subject.day):
            return None
        return profile.changes.changes

    def explain_method_switch(self, subject: ServedScore) -> MethodSwitch | None:
        """Explain what the latest switch of the method did to a served score; None if there was none lately."""
        switch = answers.find_switch_days(self.days, subject.day)
        return self._explain_switch_days(switch, subject.key) if switch else None

    @cached_property
    def _explain_switch_days(self) -> Callable[[SwitchDays, int], MethodSwitch | None]:
        """Function that explains a switch to a person, cached: pages of stored profiles rarely wait for it."""

        def explain_switch(switch: SwitchDays, key: int) -> MethodSwitch | None:
            return self.limiter.compute(("switch", switch, key), lambda: answers.explain_method_switch(switch, key))

        return lru_cache(maxsize=_MAX_EXPLAINED_SWITCHES)(explain_switch)

    def _show_to_owner(self, profile: PersonProfile) -> PersonProfile:
        redacted, actors = self.redact_profile(profile), profile.explanation.actors()
        return replace(redacted, explanation=profile.explanation.redact_names(self.names_for_owner(actors)))

    def _redact_explanation(self, explanation: Explanation) -> Explanation:
        return explanation.redact_names(self.names_for_others(explanation.actors()))

    def _build_served_profile(self, subject: ServedScore) -> PersonProfile:
        profile = self.build_profile(subject, subject.day)
        if profile is None:
            raise person_not_found_error(subject.name)  # they were erased from the day since the score was read
        return profile

    def _find_claimed(self, text: str) -> ServedScore | None:
        network, colon, name = text.partition(":")
        if not colon:
            return self.scores.by_name(text)
        key = self.profiles.find_owner(network, name)
        return self.scores.find(key) if key else None

    def _find_unclaimed(self, texts: tuple[str, ...]) -> list[ServedScore | None]:
        """Return the scores of accounts that nobody claimed; None where there is none."""

        def resolve(text: str, engine: DuckDB) -> int | None:
            with suppress(PersonNotFoundError):
                return scoring.resolve_subject(text, engine, self.lake, self.people, suggest=False).key
            return None

        keys = self.compute(("accounts", texts), lambda engine: [resolve(text, engine) for text in texts])
        return [None if key is None else self.scores.find(key) for key in keys]

    def names_for_others(self, actors: Iterable[ReceiptLine | Reactor]) -> set[str]:
        """Return the names, as ``network:handle`` or ``network:id``, of actors with a page here."""
        visibility = self.visibility
        return {line.name for line in _distinct(actors) if self._can_name(line, visibility)}

    def names_for_owner(self, actors: Iterable[ReceiptLine | Reactor]) -> set[str]:
        """Return the names of actors that the person on whom they acted may see: of everybody who did not opt out."""
        visibility = self.visibility
        return {
            line.name
            for line in _distinct(actors)
            if ":" in line.name
            and line.account not in visibility.opted_out_keys
            and self._is_owner_shown(line, visibility)
        }

    def _is_owner_shown(self, line: ReceiptLine | Reactor, visibility: Visibility) -> bool:
        """Return whether nobody claimed an account, or whoever did is visible."""
        network, _, account = line.name.partition(":")
        owner = self.profiles.find_owner(network, account)
        return owner is None or visibility.includes(owner)

    def _can_name(self, line: ReceiptLine | Reactor, visibility: Visibility) -> bool:
        network, colon, account = line.name.partition(":")
        owner = self.profiles.find_owner(network, account) if colon else None
        if owner is not None:
            return visibility.includes(owner)
        return bool(colon) and visibility.includes(line.account, line.name)


def _distinct(actors: Iterable[ReceiptLine | Reactor]) -> Iterable[ReceiptLine | Reactor]:
    """Return one line of each account: many react in several ways, and looking each up takes a query."""
    return {(line.account, line.name): line for line in actors}.values()


def get_app_state(request: Request) -> AppState:
    """Return the application state of a request."""
    state: AppState = request.app.state.site
    return state


def get_site_url(request: Request) -> str:
    """
    Return the URL of this site without a path: that of the settings, or else the one that a request was sent to.

    The scheme is that of the visitor's connection, which a trusted proxy names in X-Forwarded-Proto.
    """
    settings, host = get_app_state(request).settings, request.headers.get("host", "")
    if settings.url or not _HOST.fullmatch(host):
        return settings.base_url
    return f"{request.url.scheme}://{host}"


def is_storable_text(text: str) -> bool:
    """Return whether a database can store a text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def person_not_found_error(text: str) -> PersonNotFoundError:
    """Build the same error for everybody who is not visible: unknown, unclaimed or without a score."""
    excerpt = text if len(text) <= 100 else text[:100] + "…"  # noqa: PLR2004 - a line of text
    return PersonNotFoundError(
        f"nobody with a page here is called {excerpt!r}; write a person's name, network:handle or network:id"
    )
