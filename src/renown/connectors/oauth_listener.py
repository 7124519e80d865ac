"""Receive the redirect with which a network answers an authorization request, on this machine (RFC 8252, 7.3)."""

import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self

from renown.connectors.url_parts import split_url
from renown.errors import CredentialError, InvalidInputError, RenownError, describe_io_error

_HOST = "127.0.0.1"
_READ_SECONDS = 5.0
"""Time limit of a request: one at a time is served."""
_DONE = b"<!doctype html><title>renown</title><p>Signed in. You can close this window.</p>"
_REFUSED = b"<!doctype html><title>renown</title><p>Not signed in: see the terminal.</p>"


class RedirectListener:
    """
    A web server for one redirect, open as a context manager.

    Parameters
    ----------
    port : int
        Port to listen on; 0 for any free one.

    Raises
    ------
    InvalidInputError
        If the port is in use.
    """

    def __init__(self, port: int) -> None:
        try:
            self._server = _Server((_HOST, port), _Handler)
        except OSError as error:
            raise InvalidInputError(
                f"cannot listen on port {port}: {describe_io_error(error)}; choose another --port"
            ) from error

    def __enter__(self) -> Self:
        """Return the listener itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._server.server_close()

    @property
    def redirect_uri(self) -> str:
        """Address to which the network has to send the browser."""
        return loopback_uri(self._server.server_port)

    def wait(self, parse_query: Callable[[str], str], *, seconds: float) -> str:
        """
        Wait for the redirect.

        Parameters
        ----------
        parse_query : callable
            Query string to the code; an `InvalidInputError` for what is not the answer, which is waited for further.
        seconds : float

        Returns
        -------
        str
            The code.

        Raises
        ------
        CredentialError
            If the access was denied, or nothing arrived in time.
        """
        self._server.parse_query = parse_query
        deadline = time.monotonic() + seconds
        while (time_left := deadline - time.monotonic()) > 0:
            self._server.timeout = time_left
            self._server.handle_request()
            if self._server.failure:
                raise self._server.failure
            if self._server.code:
                return self._server.code
        raise CredentialError(f"nobody signed in within {seconds:.0f} s; sign in again")


def loopback_uri(port: int) -> str:
    """
    Return the redirect URI of a port on this machine; 0 for none.

    Examples
    --------
    >>> loopback_uri(4000), loopback_uri(0)
    ('http://127.0.0.1:4000/', 'http://127.0.0.1/')
    """
    return f"http://{_HOST}{f':{port}' if port else ''}/"


class _Server(HTTPServer):
    code: str = ""
    failure: RenownError | None = None
    parse_query: Callable[[str], str]

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore browsers that hang up."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _READ_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Answer the redirect; refuse other pages, names of this machine (DNS rebinding) and other answers."""
        url = split_url(self.path)
        if url.path != "/" or self.headers.get("Host") != f"{_HOST}:{self.server.server_port}":
            self._answer(HTTPStatus.NOT_FOUND, _REFUSED)
            return
        try:
            self.server.code = self.server.parse_query(url.query)
        except InvalidInputError:
            self._answer(HTTPStatus.BAD_REQUEST, _REFUSED)
        except CredentialError as error:
            self.server.failure = error
            self._answer(HTTPStatus.OK, _REFUSED)
        else:
            self._answer(HTTPStatus.OK, _DONE)

    def _answer(self, status: HTTPStatus, page: bytes) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", "text/html"), ("Content-Length", str(len(page))), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_args: object) -> None:
        """Log nothing: the path has the code."""
