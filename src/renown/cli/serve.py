"""Web: serve pages and APIs, manage API keys."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import logging
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renown.cli.home import open_home
from renown.cli.output import console, escape_text
from renown.cli.output import settings as output_settings
from renown.errors import InvalidInputError, RenownError, describe_io_error
from renown.settings import SETTINGS_FILE

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from renown.home import Home
    from renown.settings import ServeSettings

_OTHER_FILES = 512
"""Files that the server opens besides connections: databases, tables, networks."""

_DELIVERY_SECONDS = 30.0
"""Seconds between two looks for notifications that are due."""
_OWN_ADDRESSES = ("127.0.0.1", "::1", "localhost")
"""Addresses to listen on that only this machine can reach."""
_log = logging.getLogger(__name__)

key_app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: the setting serve.host.")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one. Default: the setting serve.port."),
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="hour or day: also collect and publish on this schedule, as `renown run` does.")
    ] = None,
) -> None:
    """
    Serve the web pages, the API (/api) and Klout's API (/1 and /v2), until interrupted (Ctrl-C).

    Example: `renown serve --every day`
    """
    import uvicorn

    from renown.home.app_state import build_app_state
    from renown.runs import check_retention
    from renown.web.app import make_app
    from renown.web.middleware.rate_limit import Allowance

    home = open_home(context)
    method = home.method  # a wrong file stops the server here, instead of failing pages
    if every:
        check_retention(home.settings.retention, method)  # each run would fail, and nobody would see it here
    serve_settings = home.settings.serve
    app = make_app(
        build_app_state(home, every), Allowance(serve_settings.per_second, serve_settings.per_day), clock=time.time
    )
    _raise_file_limit(serve_settings.connections)
    if serve_settings.access_log:
        _log_requests()
    server = uvicorn.Server(_build_server_config(app, serve_settings))
    address = host or serve_settings.host
    listener = _open_listener(address, serve_settings.port if port is None else port)
    url = f"http://{address}:{listener.getsockname()[1]}"
    _continue_open_tasks(home)
    with _background_runs(context.obj, every), _background_deliveries(home):
        _print_address(serve_settings.url.rstrip("/"), url)
        _hint_at_missing_operator(home, address)
        # Imported modules stay for good: exempt them from garbage collection.
        gc.freeze()
        server.run([listener])


def _build_server_config(app: Starlette, serve_settings: ServeSettings) -> uvicorn.Config:
    """Configure the web server: limits of connections, trusted proxies, and no log of its own."""
    import uvicorn

    from renown.web.connections import ConnectionLimits, ConnectionRegistry, LimitedHttpProtocol

    limits = ConnectionLimits(
        total=serve_settings.connections,
        per_address=serve_settings.connections_per_address,
        request_seconds=serve_settings.request_seconds,
        proxies=[ipaddress.ip_network(address) for address in serve_settings.trusted_proxy],
    )
    protocol: Any = partial(LimitedHttpProtocol, ConnectionRegistry(limits))
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",  # its connections would escape the limits
        access_log=False,  # it would hold IP addresses and API keys
        server_header=False,
        proxy_headers=bool(serve_settings.trusted_proxy),
        forwarded_allow_ips=list(serve_settings.trusted_proxy),
        log_level="warning",
    )


def _continue_open_tasks(home: Home) -> None:
    """Process in the background what a server that was stopped left open: privacy requests and first scores."""
    from renown.runs import first_scores, privacy_requests

    if home.privacy_requests.list_open():
        privacy_requests.process_requests_in_background(home.settings.home, home.settings.store.url)
    if home.first_scores.list_open():
        first_scores.process_first_scores_in_background(home.settings.home, home.settings.store.url)


def _print_address(public_url: str, own_url: str) -> None:
    """Print where to open the pages: with a reverse proxy at its URL, since the cookies work there only."""
    listening = f"listening on {own_url}, " if public_url else ""
    url = public_url or own_url
    console.print(f"open {escape_text(url)} (API: {escape_text(url)}/api, {listening}stop: Ctrl-C)", soft_wrap=True)


def _hint_at_missing_operator(home: Home, address: str) -> None:
    """Tell an operator who serves others that the page /privacy names nobody."""
    operator, url = home.settings.operator, home.settings.serve.url
    is_public = bool(url) or address not in _OWN_ADDRESSES
    if is_public and not (operator.name and operator.mail):
        console.print(
            "hint: /privacy names nobody who is responsible; set operator.name, operator.address and operator.mail in "
            f"{escape_text(str(home.settings.home / SETTINGS_FILE))}",
            soft_wrap=True,
        )


def _log_requests() -> None:
    """Write the access log to standard error, a line of JSON for each request."""
    from renown.web.middleware.observe import ACCESS_LOG

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    access_log = logging.getLogger(ACCESS_LOG)
    access_log.addHandler(handler)
    access_log.setLevel(logging.INFO)
    access_log.propagate = False


def _raise_file_limit(connections: int) -> None:
    """Raise the limit of open files, as far as the system allows: each connection needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    required_files = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < required_files:
        resource.setrlimit(
            resource.RLIMIT_NOFILE,
            (required_files if hard == resource.RLIM_INFINITY else min(required_files, hard), hard),
        )


def _open_listener(host: str, port: int) -> socket.socket:
    """
    Listen on a port.

    Raises
    ------
    InvalidInputError
        If the port is in use, or the address does not belong to this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # Python adds the address in brackets, which the message has.
        reason = describe_io_error(error).partition(" (")[0]
        raise InvalidInputError(
            f"cannot listen on {host}, port {port}: {reason}; try another --port, or 0 for any free one"
        ) from error


@contextlib.contextmanager
def _background_runs(home: Path, every: str | None) -> Iterator[None]:
    """Keep `renown run --every …` running in a separate process: scoring must not slow down the server."""
    from renown import runs

    if every is None:
        yield
        return
    if every not in runs.INTERVALS:
        raise InvalidInputError(f"--every is {every!r}; write --every hour or --every day")
    # After its shutdown uvicorn raises the signal again; the default action would end us without stopping the child.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    command = [sys.executable, "-m", "renown", "--home", str(home), "run", "--every", every]
    process = runs.SupervisedProcess(command, notify=_log.warning)
    try:
        yield
    finally:
        process.terminate()


@contextlib.contextmanager
def _background_deliveries(home: Home) -> Iterator[None]:
    """Send notifications that become due, such as those that waited for the end of quiet hours, until the end."""
    from renown.runs.application_events import queue_events
    from renown.runs.notifications import deliver_due

    stop = threading.Event()

    def deliver_until_stopped() -> None:
        while not stop.wait(_DELIVERY_SECONDS):
            # The database may be unavailable for a while; the next round tries again.
            with contextlib.suppress(RenownError):
                queue_events(home.notification_resources, at=datetime.now(UTC))
                deliver_due(home.notification_resources, now=lambda: datetime.now(UTC), notify=_log.warning)

    thread = threading.Thread(target=deliver_until_stopped, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_DELIVERY_SECONDS)


@key_app.command("create")
def key_create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the key, such as who uses it.")],
    per_second: Annotated[int, typer.Option(min=1, help="Rate limit: requests per second.")] = 10,
    per_day: Annotated[int, typer.Option(min=1, help="Rate limit: requests per UTC day.")] = 10_000,
) -> None:
    """
    Create an API key and print it. Only its hash is stored, so it is shown once.

    Example: `renown key create "my app" --per-second 50`
    """
    home = open_home(context)
    print(home.api_keys.create(name, per_second=per_second, per_day=per_day, at=datetime.now(UTC)))  # noqa: T201 - for programs


@key_app.command("list")
def key_list(context: typer.Context) -> None:
    """List the API keys with their rate limits."""
    output_settings.print_api_keys(open_home(context).api_keys.all())


@key_app.command("revoke")
def key_revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the key.")]) -> None:
    """Revoke an API key. A running server may accept it for five more seconds."""
    open_home(context).api_keys.revoke(name)
    console.print(f"revoked the key of {escape_text(name)}")
