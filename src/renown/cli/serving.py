"""The commands around the web: serve it, and hand out keys."""

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from renown import jobs
from renown.assembly import open_home
from renown.cli.prints import console, operating, plain
from renown.errors import BadInput

key_app = typer.Typer(help="Hand out keys of the API and take them back.", no_args_is_help=True)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; the settings' without it.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any that is free.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(help="hour or day: collect, score and publish that often, too, as `renown run` does.")
    ] = None,
) -> None:
    """Serve the pages, our API under /api and Klout's under /1 and /v2; ends at Ctrl-C."""
    import uvicorn  # noqa: PLC0415 - other commands do not wait for it

    from renown.web import make_app  # noqa: PLC0415 - as above
    from renown.web.limits import Allowance  # noqa: PLC0415 - as above

    home = open_home(context.obj, os.environ)
    told = home.settings.serve
    app = make_app(home.site(every), Allowance(told.per_second, told.per_day), clock=time.time)
    config = uvicorn.Config(
        app,
        access_log=False,  # addresses and keys are nobody's business
        server_header=False,
        proxy_headers=False,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    where = host or told.host
    listening = _listen(where, told.port if port is None else port)
    at = f"http://{where}:{listening.getsockname()[1]}"
    if home.wishes.open():
        jobs.wishes.hasten(home.settings.home, home.settings.store)
    with _runs(context.obj, every):
        console.print(f"open {at} (the API is at /api; Ctrl-C ends it)", soft_wrap=True)
        # What was imported stays: the collector need not look through it again and again.
        gc.freeze()
        server.run([listening])


def _listen(host: str, port: int) -> socket.socket:
    """
    Take a port.

    Raises
    ------
    BadInput
        If it is taken, or the address is none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0].lower()
        msg = f"cannot listen on {host}, port {port}: {why}; try another --port, 0 for any that is free"
        raise BadInput(msg) from error


@contextlib.contextmanager
def _runs(home: Path, every: str | None) -> Iterator[None]:
    """Let runs go on beside the server, in a process of their own: scoring a day is not to hold up answers."""
    if every is None:
        yield
        return
    if every not in jobs.EVERY:
        msg = f"--every is {every!r}; write --every hour or --every day"
        raise BadInput(msg)
    # The server ends by the signal that it was sent, once it has answered whom it heard: runs would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    beside = subprocess.Popen([sys.executable, "-m", "renown", "--home", str(home), "run", "--every", every])  # noqa: S603 - our own
    try:
        yield
    finally:
        beside.terminate()
        beside.wait()


@key_app.command("create")
def key_create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    per_second: Annotated[int, typer.Option(min=1, help="Requests a second.")] = 10,
    per_day: Annotated[int, typer.Option(min=1, help="Requests a UTC day.")] = 10_000,
) -> None:
    """Make a key and print it, this once; only a digest is kept."""
    home = open_home(context.obj, os.environ)
    print(home.keys.make(name, per_second=per_second, per_day=per_day, at=datetime.now(UTC)))  # noqa: T201 - for programs


@key_app.command("list")
def key_list(context: typer.Context) -> None:
    """Print who has a key and what it allows."""
    operating.keys(open_home(context.obj, os.environ).keys.all())


@key_app.command("revoke")
def key_revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="Whose key.")]) -> None:
    """Take a key back; a server that knows it answers it for five seconds more."""
    open_home(context.obj, os.environ).keys.revoke(name)
    console.print(f"the key of {plain(name)} is none any more")
