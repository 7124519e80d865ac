"""The state of the web application, built from the opened parts of a home."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from renown import privacy, runs
from renown.connectors import CONNECTORS
from renown.connectors.bluesky.authorization_server import PLC_URL
from renown.connectors.http import Client, ClientOptions, RequestBudget
from renown.connectors.http.urls import Server
from renown.home.parts import Home
from renown.runs import first_scores, notifications, privacy_requests, verify
from renown.runs.processes import DelayedCall
from renown.runs.sign_in import NetworkSignIn
from renown.store import OPT_OUT, Person
from renown.web.account_actions import AccountActions
from renown.web.state import AppState

WEBMENTION_DELAY = 10.0
"""Seconds from a webmention until it is verified, together with those that arrive in between."""


def build_app_state(home: Home, every: str | None = None, *, plc_url: str = PLC_URL) -> AppState:
    """
    Build the state of the web application.

    Parameters
    ----------
    home : Home
    every : str, optional
        Interval of the scheduled runs beside the server, a key of `INTERVALS`; without it, pages do not say when
        the next day is published.
    plc_url : str, optional
        Directory of Bluesky's identities.
    """

    def next_publication() -> datetime | None:
        if not every:
            return None
        return runs.next_publication(_now(), interval=runs.INTERVALS[every], offset=home.settings.run.offset)

    return AppState(
        lake=home.lake,
        people=home.people,
        days=home.days,
        sync_states=home.sync_states,
        scores=home.served_scores,
        profiles=home.profiles,
        api_keys=home.api_keys,
        groups=home.groups,
        identities=home.identities,
        has_pictures=home.settings.collect.pictures,
        can_send_mail=bool(home.settings.mail.host),
        load_statement_keys=lambda: home.statement_keys,
        load_method=lambda: home.method,
        open_engine=home.reader,
        now=_now,
        actions=_build_account_actions(home, plc_url),
        settings=home.settings.serve,
        landmarks=home.load_landmarks(),
        operator=home.settings.operator,
        retention=home.settings.retention,
        notice=home.settings.operator.read_notice(),
        last_run=lambda: runs.load_last_run(home.settings.home),
        list_runs=lambda: runs.load_runs(home.settings.home),
        next_update=next_publication,
    )


def _build_account_actions(home: Home, plc_url: str) -> AccountActions:
    """Build the actions that signed-in visitors can take."""
    lookup_settings = home.settings.replace_limits(pages=verify.MAX_LOOKUP_REQUESTS, seconds=verify.LOOKUP_TIMEOUT)
    open_client = partial(replace(home, settings=lookup_settings).client, max_bytes=verify.MAX_LOOKUP_BYTES)
    lookup = runs.NetworkLookup(open_client, home.server_url, _now)

    sign_in = _build_sign_in(home, lookup, plc_url)

    def hide(person: Person) -> None:
        with home.reader() as engine:
            privacy.hide(engine, home.personal_data, person, now=_now())

    def opt_in(person: Person) -> None:
        home.privacy_requests.withdraw(person.key, OPT_OUT)
        privacy.opt_in(home.people, person, person.accounts, now=_now())

    folder, store = home.settings.home, home.settings.store.url
    return AccountActions(
        stores=home.personal_data,
        claims=home.claims,
        networks={network: connector.example for network, connector in CONNECTORS.items()},
        link_networks=frozenset(network for network, connector in CONNECTORS.items() if connector.has_rel_me),
        server_url=lookup.server_url,
        find_profile=lookup.find_account,
        find_proof=lookup.find_proof,
        oauth=home.oauth,
        sign_in_networks=sign_in.networks,
        begin_sign_in=sign_in.begin,
        complete_sign_in=sign_in.complete,
        sign_in_redirect_uri=sign_in.redirect_uri,
        client_metadata=sign_in.client_metadata,
        opt_out=hide,
        opt_in=opt_in,
        start_request_processing=lambda: privacy_requests.process_requests_in_background(folder, store),
        send_confirmation=lambda subscription, name: notifications.send_confirmation(home.settings, subscription, name),
        start_first_scores=lambda: first_scores.process_first_scores_in_background(folder, store),
        start_first_fetch=lambda: runs.run_in_background(folder, store, "collect", "--new"),
        start_webmention_processing=DelayedCall(
            lambda: runs.run_in_background(folder, store, "collect", "--webmentions"),
            seconds=WEBMENTION_DELAY,
        ),
    )


def _build_sign_in(home: Home, lookup: runs.NetworkLookup, plc_url: str) -> NetworkSignIn:
    """Build what signs visitors in at networks."""

    def open_client(network: str, url: str, *, token: str | None = None) -> Client:
        parts = urlsplit(url)
        server = Server(
            f"{parts.scheme}://{parts.netloc}", token=token, private_ok=home.settings.network(network).private
        )
        options = ClientOptions(
            contact=home.settings.collect.contact, max_attempts=1, max_bytes=verify.MAX_LOOKUP_BYTES
        )
        budget = RequestBudget(verify.MAX_LOOKUP_REQUESTS, verify.LOOKUP_TIMEOUT)
        return Client(server, budget, clock=time.time, sleep=time.sleep, seed=0, options=options)

    return NetworkSignIn(
        site_url=home.settings.serve.url,
        store=home.oauth,
        open_client=open_client,
        server_url=lookup.server_url,
        find_account=lookup.find_account,
        now=_now,
        plc_url=plc_url,
    )


def _now() -> datetime:
    return datetime.now(UTC)
