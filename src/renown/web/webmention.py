"""
The endpoint that receives webmentions for claimed blogs: they are queued here, and verified by another process.

References
----------
W3C Webmention, 3.2 "Receiving Webmentions".
"""

from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from renown.connectors.blog.mentions import NETWORK
from renown.connectors.blog.sites import is_part_of, page_id
from renown.errors import InvalidInputError
from renown.store import Webmention
from renown.web.errors import error_response
from renown.web.middleware.rate_limit import Allowance, RateLimiter
from renown.web.people import is_storable_text
from renown.web.state import AppState, get_app_state

_MAX_FORM_BYTES, _MAX_URL_CHARACTERS = 8_192, 1_024
PER_ADDRESS, PER_SOURCE = Allowance(5, 2_000), Allowance(5, 1_000)
"""Webmentions from one IP address, and for sources on one host."""


async def receive_webmention(request: Request) -> Response:
    """Queue a webmention: 202 if it will be verified, 400 if its target is no claimed blog."""
    state = get_app_state(request)
    if not state.settings.webmentions:
        return error_response(404, "this server receives no webmentions; the operator can set serve.webmentions")
    source, target = await _read_form(request)
    return await run_in_threadpool(_queue, request, state, source, target)


def _queue(request: Request, state: AppState, source: str, target: str) -> Response:
    host = page_id(source).partition("/")[0]
    limiter: RateLimiter = request.app.state.webmention_limiter
    address = request.client.host if request.client else ""
    for caller, allowance in ((f"address {address}", PER_ADDRESS), (f"source {host}", PER_SOURCE)):
        decision = limiter.count_request(caller, allowance, state.now().timestamp())
        if decision.exceeded:
            return _too_many(decision.retry_after)
    mention = Webmention(
        source=source,
        target=target,
        account_id=_find_account(state, target),
        source_host=host,
        received_at=state.now(),
    )
    if not state.actions.stores.webmentions.add(mention):
        return _too_many(3_600)
    state.actions.start_webmention_processing()
    return JSONResponse({"message": "the source will be fetched to verify that it links the target"}, 202)


def _too_many(retry_after: int) -> Response:
    message = f"too many webmentions are waiting; retry in {retry_after} s"
    return error_response(429, message, {"Retry-After": str(retry_after)})


def _find_account(state: AppState, target: str) -> str:
    """Return the blog that a target belongs to, the closest one; the blogs of hidden people are as unknown ones."""
    visibility = state.visibility
    accounts = [
        account_id
        for person in state.people.all_consenting()
        for network, account_id in person.accounts
        if network == NETWORK and visibility.includes(person.key) and is_part_of(page_id(target), account_id)
    ]
    if not accounts:
        raise InvalidInputError("this server receives no webmentions for the target; is its blog claimed here?")
    return max(accounts, key=len)


async def _read_form(request: Request) -> tuple[str, str]:
    """Return source and target; they must be the addresses of two different pages."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_FORM_BYTES:
                raise InvalidInputError(f"the form is longer than {_MAX_FORM_BYTES} bytes; send only source and target")
        fields = dict(reversed(parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=10)))
    except (ValueError, ClientDisconnect):
        fields = {}
    urls = [fields.get(name, "").strip() for name in ("source", "target")]
    for name, url in zip(("source", "target"), urls, strict=True):
        if len(url) > _MAX_URL_CHARACTERS or not is_storable_text(url) or not page_id(url):
            raise InvalidInputError(
                f"{name} is no address of a public page; send a form with source=https://… and target=https://…"
            )
    if page_id(urls[0]) == page_id(urls[1]):
        raise InvalidInputError("source and target are the same page; send the address of the page that links it")
    return urls[0], urls[1]
