"""Explain scores of published days and what changed between them: from stored receipts, or else computed now."""

from datetime import date

from renown import answers
from renown.answers import Changes, Explanation, MethodSwitch, PersonProfile
from renown.answers.explain.stored_receipt import find_stored_receipt, load_stored_changes, load_stored_explanation
from renown.answers.profile import LINES_PER_SIGNAL
from renown.engines.duckdb import DuckDB
from renown.errors import DayNotPublishedError, HomeError, InvalidMethodError, PersonNotFoundError
from renown.store import PublishedDay, PublishedTables, ServedScore
from renown.web.people import resolve_subject
from renown.web.redaction import find_page_names, redact_explanation
from renown.web.state import AppState


def explain_day(state: AppState, subject: ServedScore, day: date) -> Explanation | None:
    """Explain the score of a published day, with names redacted as in profiles; None if there was no score."""
    published_day = state.days.find(day)

    def compute_explanation(engine: DuckDB) -> Explanation | None:
        if stored := find_stored_receipt(state.profiles, subject.key, published_day):
            return load_stored_explanation(stored, engine, state.lake)
        with PublishedTables(published_day, engine.connection) as published:
            if published.read_score(subject.key) is None:
                return None
            who = resolve_subject(state, subject, engine)
            return answers.explain(who, published, engine, state.lake, top=LINES_PER_SIGNAL)

    explanation = state.computer.compute_once(
        ("explanation", subject, published_day, state.visibility.version), compute_explanation
    )
    return redact_explanation(state, explanation) if explanation else None


def load_redacted_changes(state: AppState, subject: ServedScore, first: PublishedDay, last: PublishedDay) -> Changes:
    """Load or compute why a score changed between two published days, with names redacted as in profiles."""
    changes = load_changes(state, subject, first, last)
    return changes.redact_names(find_page_names(state, changes.actors()).keys())


def load_changes(state: AppState, subject: ServedScore, first: PublishedDay, last: PublishedDay) -> Changes:
    """Load or compute why a score changed between two published days, with all names."""

    def compute_changes(engine: DuckDB) -> Changes:
        stored = find_stored_receipt(state.profiles, subject.key, last)
        if stored and (changes := load_stored_changes(stored, first, last, engine, state.lake)):
            return changes
        with (
            PublishedTables(first, engine.connection) as before,
            PublishedTables(last, engine.connection) as after,
        ):
            who = resolve_subject(state, subject, engine)
            return answers.explain_changes(who, before, after, engine, state.lake)

    return answers.load_current_changes(state.profiles, subject, first, last) or state.computer.compute_once(
        ("changes", subject, first, last, state.visibility.version), compute_changes
    )


def load_past_changes(state: AppState, subject: ServedScore, first: date, last: date) -> Changes | None:
    """Load why a score changed between two days, with all names; None if their data or steps are gone."""
    try:
        return load_changes(state, subject, state.days.find(first), state.days.find(last))
    except (HomeError, DayNotPublishedError, InvalidMethodError, PersonNotFoundError):
        return None


def load_latest_changes(state: AppState, subject: ServedScore, profile: PersonProfile) -> Changes | None:
    """Return why a score changed on the served day, as stored, with all names; None if it is not stored."""
    last = state.days.find()
    previous = state.days.find_previous(last)
    if not (profile.changes and previous and profile.changes.matches(previous, last) and last.day == subject.day):
        return None
    return profile.changes.changes


def explain_method_switch(state: AppState, subject: ServedScore) -> MethodSwitch | None:
    """Explain what the latest switch of the method did to a served score; None if there was none lately."""
    switch = answers.find_switch_days(state.days, subject.day)
    return state.snapshot_cache.explain_switch(switch, subject.key) if switch else None
