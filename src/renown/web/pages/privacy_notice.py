"""The privacy notice and imprint: who is responsible, and what this site really collects, why and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from renown.settings import RetentionSettings
from renown.store.requests import DONE_RETENTION
from renown.store.sessions import ANONYMOUS_LIFETIME, IDLE_TIMEOUT, MAX_LIFETIME
from renown.store.subscriptions import UNCONFIRMED_RETENTION
from renown.text import plural
from renown.web.pages.formatting import network_label
from renown.web.pages.markdown import render_markdown
from renown.web.pages.templates import render
from renown.web.state import AppState, get_app_state

_TABLES = {
    "interactions": "who reacted to whose posts, how and when",
    "tallies": "how many reactions posts got",
    "profiles": "handles, numbers of followers, posts and lists",
}
"""Table of the lake to what it has of an account, in words."""
_UNTIL_ERASED = "until you have it deleted, or the site ends"


@dataclass(frozen=True)
class CollectedNetwork:
    """A network of which this site has data."""

    network: str
    source: str
    """Where the data comes from."""
    kinds: tuple[str, ...]
    """What is stored, in words."""


@dataclass(frozen=True)
class StoredData:
    """One kind of data that the site stores."""

    description: str
    purpose: str
    how_long: str


def show_privacy_notice(request: Request) -> Response:
    """Show the privacy notice and the imprint."""
    state = get_app_state(request)
    return render(
        request,
        "privacy.html",
        operator=state.operator,
        networks=list_collected_networks(state),
        stored=[*_list_account_data(state), *_list_visitor_data(state)],
        shows_everyone=state.can_show_unclaimed,
        has_landmarks=bool(state.landmarks),
        notice=render_markdown(state.notice) if state.notice else "",
    )


def list_collected_networks(state: AppState) -> list[CollectedNetwork]:
    """List the networks with data in the lake, and those whose accounts are read."""
    read = {sync_state.network for sync_state in state.sync_states.all()}
    kinds = state.snapshot_cache.collected_kinds
    return [
        CollectedNetwork(
            network_label(network),
            f"read from {network_label(network)}" if network in read else "from files that the operator imported",
            tuple(_TABLES[table] for table in _TABLES if table in kinds.get(network, ())),
        )
        for network in sorted(read | set(kinds))
    ]


def _list_account_data(state: AppState) -> Iterator[StoredData]:
    """Yield what is stored about accounts on networks, and about people who claimed them."""
    acts = state.retention.acts
    yield StoredData(
        "Reactions, counts and profiles, as listed above; of posts only their ids, never their texts",
        "to compute the scores, and to show what each point comes from",
        f"for {plural(acts, 'day')}, profiles {_UNTIL_ERASED}" if acts else _UNTIL_ERASED,
    )
    yield StoredData(
        "Scores of each day, with the points that they are made of", "to show them, and how they change", _UNTIL_ERASED
    )
    receipts = state.retention.receipts
    yield StoredData(
        "Receipts of past days: the people and posts that a score came from, and why it changed",
        "to show them without a wait",
        f"for {plural(receipts, 'day')}" if receipts else _UNTIL_ERASED,
    )
    yield StoredData(
        "Name, accounts, consent, memberships in groups, and statements that you sign",
        "to show your page, your groups, and who you are",
        _UNTIL_ERASED,
    )
    yield StoredData(
        f"Display names{' and pictures' * state.has_pictures} of the accounts that you claimed",
        "to show them beside your name, unless you hide them",
        "until you opt out, take the account off or have it deleted, or the network deletes them",
    )
    yield StoredData(
        "If you opted out: a keyed hash of your account, from which nobody can read whose it is",
        "to recognize the account, so that it is not collected again",
        "until you return",
    )
    yield StoredData(
        "Requests to hide or delete your data",
        "to show you whether they are done",
        f"until {_days(DONE_RETENTION)} after they are done; once they are done, they name nobody",
    )


def _list_visitor_data(state: AppState) -> Iterator[StoredData]:
    """Yield what is stored about visitors of the site, as far as it is switched on."""
    yield StoredData(
        "A cookie, if you sign in; nothing is stored if you only read",
        "to know that it is you, and for nothing else",
        f"until {_days(IDLE_TIMEOUT)} without a visit, {_days(MAX_LIFETIME)} at most; {_days(ANONYMOUS_LIFETIME)} "
        "if you do not finish signing in",
    )
    yield StoredData(
        "The IP address of each request, in memory only",
        "to limit how many requests one visitor can send",
        "until the server restarts or has forgotten it among others",
    )
    if state.settings.access_log:
        yield StoredData(
            "A log of requests: time, kind of page, status, size and duration; no address and no name",
            "to find errors",
            "as long as the operator's log; there is nothing in it about you",
        )
    if state.settings.keys_per_person:
        yield StoredData(
            "API keys that you make: their names, digests and limits, and about when each was used last",
            "to let your programs read this site",
            "until you revoke them",
        )
    yield from _list_message_data(state, state.retention)


def _list_message_data(state: AppState, retention: RetentionSettings) -> Iterator[StoredData]:
    deliveries = f"messages for {plural(retention.deliveries, 'day')}" if retention.deliveries else "messages, too"
    channels = "Your mail address or web address" if state.can_send_mail else "Your web address"
    yield StoredData(
        f"{channels} for notifications, and the messages to it, if you ask for them",
        "to send them",
        f"until you unsubscribe, or {_days(UNCONFIRMED_RETENTION)} if you do not confirm it; {deliveries}",
    )
    if state.settings.webmentions:
        yield StoredData(
            "Webmentions: the address of a page that links to a blog of somebody here, and who wrote it",
            "to count it as a reaction",
            _UNTIL_ERASED,
        )


def _days(time: timedelta) -> str:
    return plural(time.days, "day")
