"""Load what the page of a person shows: stored by the last run, or else built now."""

from datetime import date

from renown import answers
from renown.answers import LedgerInputs, PersonProfile, ScoringInputs
from renown.engines.duckdb import DuckDB
from renown.store import PublishedTables, ServedScore
from renown.web.people import person_not_found_error, resolve_subject
from renown.web.redaction import redact_own_profile, redact_profile
from renown.web.state import AppState


def load_profile(state: AppState, subject: ServedScore) -> PersonProfile:
    """Load a person's profile of the served day, redacted; built now if none is stored for this score."""
    return redact_profile(state, _load_unredacted_profile(state, subject))


def load_own_profile(state: AppState, subject: ServedScore) -> PersonProfile:
    """Load a person's profile of the served day as they see it themselves: with everybody who did not opt out."""
    return redact_own_profile(state, _load_unredacted_profile(state, subject))


def load_first_profile(state: AppState, key: int, *, by_owner: bool) -> PersonProfile | None:
    """Load the profile of a first score, with the names that others, or the person, may see; None if missing."""
    body = state.actions.stores.first_scores.find_profile(key)
    if body is None:
        return None
    profile = answers.deserialize_profile(body)
    return redact_own_profile(state, profile) if by_owner else redact_profile(state, profile)


def load_scoring_inputs(state: AppState, subject: ServedScore) -> ScoringInputs | LedgerInputs:
    """Load a person's scoring inputs of the served day; built now if none are stored for this score."""
    stored = answers.load_current_inputs(state.profiles, subject)
    return stored or _build_served_profile(state, subject).known_inputs


def build_profile(state: AppState, subject: ServedScore, day: date) -> PersonProfile | None:
    """Build a person's profile of a published day, not redacted; None if they had no score."""
    published_day = state.days.find(day)

    def compute_profile(engine: DuckDB) -> PersonProfile | None:
        all_people = state.people.all()
        with PublishedTables(published_day, engine.connection) as published:
            subjects = [resolve_subject(state, subject, engine)]
            profiles = answers.compute_profiles(subjects, all_people, published, engine, state.lake)
            return next(iter(profiles), None)

    return state.computer.compute(("profile", subject, published_day.folder, published_day.inputs), compute_profile)


def _load_unredacted_profile(state: AppState, subject: ServedScore) -> PersonProfile:
    return answers.load_current_profile(state.profiles, subject) or _build_served_profile(state, subject)


def _build_served_profile(state: AppState, subject: ServedScore) -> PersonProfile:
    profile = build_profile(state, subject, subject.day)
    if profile is None:
        raise person_not_found_error(subject.name)  # they were erased from the day since the score was read
    return profile
