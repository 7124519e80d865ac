"""Consent: opt a person out of collection, scoring and display, or back in."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from renown.engines.duckdb import DuckDB
from renown.privacy.erase import add_opt_outs, unpublish_people
from renown.privacy.stores import PersonalDataStores
from renown.scoring import Subject, load_account_ids, load_subject
from renown.store import CONSENT_GIVEN, CONSENT_WITHDRAWN, PeopleStore, Person


def opt_out_people(engine: DuckDB, stores: PersonalDataStores, subjects: Sequence[Subject], *, now: datetime) -> int:
    """
    Stop collecting, scoring and showing people, and delete them from published days.

    Their rows in the lake stay, unused, in case they opt in again; `erase_people` deletes them.

    Parameters
    ----------
    engine : DuckDB
        A new session.
    stores : PersonalDataStores
    subjects : sequence of Subject
    now : datetime

    Returns
    -------
    int
        Number of published rows deleted.
    """
    people = [(subject, load_account_ids(subject, engine, stores.lake, stores.people)) for subject in subjects]
    for subject, account_ids in people:
        stores.people.set_consent(subject.key, CONSENT_WITHDRAWN, at=now)
        add_opt_outs(stores, account_ids)
    row_count = unpublish_people(stores, people)
    stores.people.purge()
    return row_count


def hide(engine: DuckDB, stores: PersonalDataStores, person: Person, *, now: datetime) -> None:
    """
    Stop showing and collecting a person at once: the fast part of `opt_out_people`.

    `opt_out_people` must follow: it rewrites the files of published days, which may take long.
    """
    stores.people.set_consent(person.key, CONSENT_WITHDRAWN, at=now)
    subject = load_subject(person, engine, stores.lake)
    add_opt_outs(stores, load_account_ids(subject, engine, stores.lake, stores.people))
    stores.days.hide(person.key)
    stores.profiles.erase(person.key)
    stores.first_scores.erase(person.key)
    stores.groups.erase(person.key)
    stores.identities.erase(person.key)


def opt_in(people: PeopleStore, person: Person | None, accounts: Iterable[tuple[str, str]], *, now: datetime) -> int:
    """
    Collect, score and show a person again, at their request.

    Parameters
    ----------
    people : PeopleStore
    person : Person or None
        Owner of the accounts, if they were claimed.
    accounts : iterable of (network, account_id)
    now : datetime

    Returns
    -------
    int
        Number of accounts that had been opted out.
    """
    restored_count = sum(people.opt_outs.remove(*account) for account in accounts)
    if person:
        people.set_consent(person.key, CONSENT_GIVEN, at=now)
    return restored_count
