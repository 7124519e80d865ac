"""The HTTP client of all connectors: pages of JSON and WebSockets of one server, within a request budget."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self
from urllib.parse import urlencode

import httpcore2
import httpx2
import msgspec

from renown.connectors.http import urls
from renown.connectors.http.api import ApiSpec
from renown.connectors.http.error_rules import ErrorRule
from renown.connectors.http.guarded_socket import SocketPolicy, open_guarded_socket, socket_url
from renown.connectors.http.headers import conditional_headers
from renown.connectors.http.options import ClientOptions
from renown.connectors.http.quota import DOLLAR, Charge, QuotaMeter
from renown.connectors.http.rate_limiter import ClientRateLimiter, RequestBudget
from renown.connectors.http.request import HttpContext, HttpRequest
from renown.connectors.http.response import HttpResult
from renown.connectors.http.retry import Exchange, RetryingSender
from renown.connectors.http.ssrf import INTERNET, SsrfGuardBackend, Transport
from renown.connectors.http.urls import Server
from renown.connectors.http.websocket import WebSocket
from renown.progress import ignore_message
from renown.text import plural


class Client:
    """
    Sends requests to one server: within a budget, throttled as the server asks, with retry if that may help.

    Parameters
    ----------
    server : Server
    budget : RequestBudget
        For the whole life of this client.
    clock : callable
        Returns now, in seconds since 1970; ``time.time``.
    sleep : callable
        Waits for seconds; ``time.sleep``.
    seed : int
        Seed of the jitter, so that runs that have to wait do not all retry at the same moment.
    notify : callable, optional
        Called with one line for each wait.
    meter : QuotaMeter, optional
        Counts the requests against the network's quota, and remembers waits that the server asks for.
    options : ClientOptions, optional
    transport : Transport, optional
        DNS and TCP.

    Raises
    ------
    InvalidSettingsError
        If the server's URL or token is invalid, or the contact cannot be sent in a header.

    Notes
    -----
    Proxies from the environment are not used: behind a proxy the SSRF check cannot see the address connected to.

    References
    ----------
    RFC 9110, 10.2.3 (Retry-After) and 15.6 (statuses of servers); RFC 6585, 4 (429); RFC 8288 (links).
    """

    def __init__(
        self,
        server: Server,
        budget: RequestBudget,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        seed: int,
        notify: Callable[[str], None] = ignore_message,
        meter: QuotaMeter | None = None,
        options: ClientOptions | None = None,
        transport: Transport = INTERNET,
    ) -> None:
        self._server, self._base = server, server.url()
        self._transport = transport
        self._clock, self._sleep, self._notify = clock, sleep, notify
        self._rng = random.Random(seed)  # noqa: S311 - no secret: it spreads requests
        self._options = options or ClientOptions()
        self._meter = meter
        self._limiter = ClientRateLimiter(
            server, budget, clock=clock, sleep=sleep, rng=self._rng, notify=notify, meter=meter
        )
        _, host, port = urls.origin(self._base)
        backend = SsrfGuardBackend((host, port), self.time_left, transport, allow_private=server.private_ok)
        pool = httpcore2.ConnectionPool(max_connections=4, keepalive_expiry=30, network_backend=backend)
        self._context = HttpContext(
            server=server,
            api=self._options.api,
            pool=pool,
            clock=clock,
            user_agent=self._options.user_agent(),
            timeout=self._options.timeout,
            max_bytes=self._options.max_bytes,
        )
        self._sender = RetryingSender(self._context, self._limiter, meter, max_attempts=self._options.max_attempts)

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._context.pool.close()

    @property
    def requests(self) -> int:
        """Number of pages requested so far, with those of clients of other servers that this one opened."""
        return self._limiter.page_count

    def __repr__(self) -> str:
        """Show the host and the budget used, no secret."""
        return f"<Client of {self._base.host}, {self._limiter.page_count} of {self._limiter.budget.pages} pages>"

    @property
    def host(self) -> str:
        """The server's host name."""
        return self._base.host

    @property
    def base_url(self) -> str:
        """Base URL of the server's interface."""
        return str(self._base)

    @property
    def authority(self) -> str:
        """The server's ASCII host name, with the port if it is not the default one (RFC 3986, 3.2)."""
        return self._base.netloc.decode("ascii")

    @property
    def is_private(self) -> bool:
        """Whether the settings mark the server as one's own (``private = true``)."""
        return self._server.private_ok

    @property
    def has_token(self) -> bool:
        """Whether requests are authenticated with a token."""
        return self._server.token is not None

    @property
    def credential_name(self) -> str:
        """Name of the credential with which requests are authenticated; empty without one."""
        return self._server.credential_name

    def open_client(
        self,
        base_url: str,
        *,
        other_urls: Sequence[str] = (),
        seconds: float = math.inf,
        max_bytes: int | None = None,
        max_attempts: int | None = None,
    ) -> "Client":
        """
        Open a client of another server that may redirect back here, or of this one; no token, the rest of this budget.

        Parameters
        ----------
        base_url : str
        other_urls : sequence of str, optional
            Where else it may redirect to.
        seconds : float, optional
            Most seconds of the rest that it may take.
        max_bytes : int, optional
            Maximum size of one response.
        max_attempts : int, optional
            Attempts of one request.
        """
        private_ok = self._server.private_ok and base_url == self.base_url
        return Client(
            Server(base_url, other_urls=(self.base_url, *other_urls), private_ok=private_ok),
            RequestBudget(
                self._limiter.budget.pages - self._limiter.page_count,
                min(self.time_left(), seconds),
                self._limiter.increment_page_count,
            ),
            clock=self._clock,
            sleep=self._sleep,
            seed=self._rng.getrandbits(32),
            notify=self._notify,
            options=replace(
                self._options,
                api=ApiSpec(),
                max_bytes=max_bytes or self._options.max_bytes,
                max_attempts=max_attempts or self._options.max_attempts,
            ),
            transport=self._transport,
        )

    @property
    def socket_urls(self) -> tuple[str, ...]:
        """URLs of the WebSockets of the server and of the others of the settings, the first one first."""
        return tuple(dict.fromkeys(map(socket_url, (self._server.base_url, *self._server.other_urls))))

    def open_socket(self, url: str) -> WebSocket:
        """
        Open a WebSocket to a server of the settings, or to another one on the public internet.

        Raises
        ------
        NetworkUnavailableError, NetworkRefusedError
            If that is not possible, now or at all.
        """
        policy = SocketPolicy(
            transport=self._transport,
            time_left=self.time_left,
            allow_private=self._server.private_ok and url in self.socket_urls,
            max_bytes=self._options.max_bytes,
            user_agent=self._context.user_agent,
        )
        return open_guarded_socket(url, policy)

    def count_request(self, url: str) -> None:
        """
        Count a request that is sent over a WebSocket.

        Raises
        ------
        BudgetExceededError
            If the budget has no page or time left for it, or the network's quota is used up.
        """
        self._limiter.count_page(httpx2.URL(url))
        self._limiter.check_time()
        if self._meter:
            self._meter.spend(1)

    def now(self) -> float:
        """Return now, in seconds since 1970, by the clock of the client."""
        return self._clock()

    def time_left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self._limiter.time_left()

    def check_time(self) -> None:
        """
        Check that time is left, before work on what was fetched.

        Raises
        ------
        BudgetExceededError
        """
        self._limiter.check_time()

    def get(
        self,
        path: str,
        params: urls.QueryParams | None = None,
        *,
        response_type: Any = Any,
        errors: Sequence[ErrorRule] = (),
        headers: Mapping[str, str] | None = None,
        validator: str = "",
        cost: int = 1,
        charge: Charge | None = None,
    ) -> HttpResult:
        """
        Fetch one page of JSON.

        Parameters
        ----------
        path : str
            Relative to the server's base URL, or an absolute URL such as the pagination link of the last page.
            The caller percent-encodes values from elsewhere in it.
        params : mapping, optional
            Query parameters; added to those that `path` has.
        response_type : type, optional
            The expected type of the JSON for msgspec: a Struct, ``list[Post]``; without it anything is accepted.
            `WebPage` for a page that is no JSON.
        errors : sequence of ErrorRule, optional
            What error responses to this request mean; they take precedence over those of the API.
        headers : mapping, optional
            Headers of this request, such as ``Accept``.
        validator : str, optional
            `HttpResult.validator` of an earlier response: if nothing changed since, the result is `not_modified`.
        cost : int, optional
            What the request takes, at most, of the network's quota in its own unit.
        charge : Charge, optional
            What it costs, where the network charges for what it returns; counts in place of `cost`.

        Raises
        ------
        NetworkUnavailableError
            If every attempt failed.
        NetworkRefusedError
            If the server, or one of our own rules, refuses this request.
        BudgetExceededError
            If the budget has no pages or time left for it, or the network's quota is used up.
        """
        request = HttpRequest(
            url=urls.resolve_path(self._server, path, params),
            headers={**(headers or {}), **conditional_headers(validator)},
        )
        return self._sender.send(
            Exchange(request=request, response_type=response_type, errors=errors, cost=cost, charge=charge)
        )

    def post(
        self,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        response_type: Any = Any,
        errors: Sequence[ErrorRule] = (),
        headers: Mapping[str, str] | None = None,
        on_headers: Callable[[Mapping[str, str]], None] | None = None,
        cost: int = 1,
    ) -> HttpResult:
        """
        Post JSON or the fields of a form, and fetch the JSON of the response.

        It is retried like `get`: post only what reads, or open a client with one attempt.

        Parameters
        ----------
        path, response_type, errors, headers, cost
            See `get`.
        json : object, optional
            What to send as JSON.
        form : mapping of str to str, optional
            Fields to send as a form, in place of `json`.
        on_headers : callable, optional
            Called with the headers of the response, also of one that is an error.
        """
        content = msgspec.json.encode(json) if form is None else urlencode(form).encode("ascii")
        content_type = "application/json" if form is None else "application/x-www-form-urlencoded"
        request = HttpRequest(
            url=urls.resolve_path(self._server, path),
            method="POST",
            headers={**(headers or {}), "Content-Type": content_type},
            content=content,
        )
        return self._sender.send(
            Exchange(request=request, response_type=response_type, errors=errors, cost=cost, on_headers=on_headers)
        )

    def check_quota(self, resources: Mapping[str, int]) -> None:
        """Check that kinds and numbers of resources can be paid for; raise `QuotaExceededError` if not."""
        if self._meter:
            self._meter.check(self._meter.sum_prices(resources))

    def announce_cost(self, resources: Mapping[str, int]) -> None:
        """Report what a run is expected to cost, by kind and number of resources, if the network charges for them."""
        if self._meter and (cost := self._meter.sum_prices(resources)):
            parts = ", ".join(plural(count, kind) for kind, count in resources.items())
            self._notify(f"expected cost at {self._base.host}: {self._meter.describe_cost(cost)} ({parts})")

    def report_cost(self) -> float:
        """Report what this client's requests have cost, if the network charges for them; return it in dollars."""
        if self._meter is None or not self._meter.is_charged:
            return 0.0
        self._notify(f"cost at {self._base.host}: {self._meter.describe_cost(self._meter.spent)}")
        return self._meter.spent / DOLLAR
