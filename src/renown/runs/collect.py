"""Collect what is new about people, all or some."""

from collections.abc import Callable, Sequence
from datetime import datetime

from renown.errors import InvalidInputError
from renown.ingest.account_fetcher import FetchSummary
from renown.progress import Progress, ignore_message
from renown.runs.claimed_accounts import fetch_accounts, list_readable_accounts
from renown.runs.resources import RunResources
from renown.runs.webmentions import process_webmentions
from renown.store import PeopleStore, Person


def find_people(people: PeopleStore, names: Sequence[str]) -> list[Person]:
    """
    Return the people with these names, or everybody who consents if there are none.

    Raises
    ------
    InvalidInputError
        If nobody has a name, or somebody opted out.
    """
    people_by_name = {name: people.by_name(name) for name in names}
    if unknown_names := [name for name, person in people_by_name.items() if person is None]:
        raise InvalidInputError(
            f"no person is named {unknown_names[0]!r}; add them with `renown add {unknown_names[0]} --bluesky HANDLE`"
        )
    if opted_out := [name for name, person in people_by_name.items() if person and not person.has_consented]:
        raise InvalidInputError(
            f"{opted_out[0]!r} opted out, so nothing is collected; "
            f"if they ask to return, run `renown opt-in {opted_out[0]}`"
        )
    return [person for person in people_by_name.values() if person] if names else people.all_consenting()


def collect(
    resources: RunResources,
    names: Sequence[str],
    *,
    now: Callable[[], datetime],
    notify: Callable[[str], None] = ignore_message,
    progress: Progress | None = None,
) -> list[FetchSummary]:
    """
    Fetch what is new about the accounts of people; without names, of everybody, and verify webmentions.

    Raises
    ------
    InvalidInputError
        If nobody has a name, somebody opted out, or there is no account that can be read.
    """
    people = find_people(resources.people, names)
    accounts = list_readable_accounts(resources.open_reader, resources.lake, people, resources.can_read)
    if not accounts:
        raise InvalidInputError(
            "nobody claimed an account on a network that can be read; add one with `renown add NAME --bluesky HANDLE`"
        )
    summaries = fetch_accounts(resources, accounts, now=now, notify=notify, progress=progress)
    if not names:
        process_webmentions(resources, now=now, notify=notify, progress=progress)
    return summaries
