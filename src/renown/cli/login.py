"""Sign in at a network, in the browser or by pasting a code."""

from __future__ import annotations

import webbrowser
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.credentials import NetworkArgument, ServerOption
from renown.cli.home import open_home
from renown.cli.output import console, escape_text, notify
from renown.cli.subjects import find_account
from renown.errors import InvalidInputError
from renown.text import suggest_spelling

if TYPE_CHECKING:
    from renown.connectors.oauth import OAuthSpec
    from renown.connectors.oauth_listener import RedirectListener

_WAIT_SECONDS = 600.0
"""How long to wait for somebody to sign in."""


def login(
    context: typer.Context,
    network: NetworkArgument,
    account: Annotated[str, typer.Option(help="Handle of the account that alone is read with the tokens.")] = "",
    server: ServerOption = "",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port of the redirect address that was registered; 0 for any.")
    ] = 0,
    paste: Annotated[bool, typer.Option("--paste", help="Paste the code, on a machine without a browser.")] = False,
) -> None:
    """
    Sign in at a network in the browser, and store the tokens with which it is read.

    Example: `renown login mastodon --account @ada@example.social`
    """
    from renown.connectors import CONNECTORS
    from renown.connectors.oauth_listener import RedirectListener
    from renown.connectors.profile_urls import normalize_name
    from renown.home import log_in, prepare_login

    home = open_home(context)
    connector = CONNECTORS.get(network)
    if connector is None:
        raise InvalidInputError(f"renown cannot read {network!r}; {suggest_spelling(network, CONNECTORS)}")
    account = normalize_name(connector, account)
    # Where only the owner of tokens is read, nobody can be looked up before somebody signed in.
    is_known = account and not (connector.oauth and connector.oauth.is_personal)
    account_id = find_account(home, connector, account, datetime.now(UTC)).account_id if is_known else ""
    attempt = prepare_login(home, connector, server=server, handle=account, account_id=account_id)
    if paste:
        result = log_in(home, attempt, PastedCode(attempt.spec, port))
    else:
        with RedirectListener(port) as listener:
            result = log_in(home, attempt, BrowserRedirect(listener))
    console.print(escape_text(f"signed in; the tokens are stored as {result.credential.name}"))
    if result.missing_scopes:
        notify(f"not granted, so some of it cannot be read: {', '.join(result.missing_scopes)}")


@dataclass(frozen=True)
class BrowserRedirect:
    """Opens the browser, and waits for the redirect to this machine."""

    listener: RedirectListener

    @property
    def redirect_uri(self) -> str:
        """Address of the listener."""
        return self.listener.redirect_uri

    def receive(self, url: str, state: str) -> str:
        """Open the URL and wait; the URL is printed for those who have another browser on this machine."""
        from renown.connectors.oauth import parse_redirect

        notify(f"open this address, if the browser does not: {url}")
        webbrowser.open(url)
        return self.listener.wait(partial(parse_redirect, state=state), seconds=_WAIT_SECONDS)


@dataclass(frozen=True)
class PastedCode:
    """Prints the URL, and asks for the code."""

    spec: OAuthSpec
    port: int

    @property
    def redirect_uri(self) -> str:
        """Address that makes the network show the code; else one of this machine, whose page cannot be loaded."""
        from renown.connectors.oauth_listener import loopback_uri

        return self.spec.manual_redirect or loopback_uri(self.port)

    def receive(self, url: str, state: str) -> str:
        """Ask for the code, or the address that has it."""
        from renown.connectors.oauth import parse_pasted_code

        notify(f"open this address: {url}")
        return parse_pasted_code(typer.prompt("Code, or address that the browser was sent to"), state)
