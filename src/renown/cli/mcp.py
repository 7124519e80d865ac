"""Serve the tools of assistants (MCP)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from renown.cli.home import open_home
from renown.errors import MissingDependencyError, describe_extra


def mcp(
    context: typer.Context,
    http: Annotated[
        bool, typer.Option("--http", help="Serve at http://127.0.0.1:PORT/mcp instead of standard input and output.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for --http.")] = 8001,
) -> None:
    """
    Let an assistant read scores, receipts, changes and races, by the Model Context Protocol (MCP).

    The assistant starts this command and talks to it on standard input and output. It sees whom the web server shows,
    and changes nothing. Needs the extra `mcp`.

    Example: `renown mcp`
    """
    if find_spec("mcp") is None:
        raise MissingDependencyError(f"the MCP server needs the package mcp; {describe_extra('mcp')}")
    from renown.home.app_state import build_app_state
    from renown.web.mcp_server import create_mcp_server

    server = create_mcp_server(build_app_state(open_home(context)))
    if http:
        server.run("streamable-http", host="127.0.0.1", port=port)
    else:
        server.run("stdio")
