"""
Decode the JSON response to a request.

A request without a usable response raises the error that says why, and whether a retry may succeed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import responses
from typing import Any

import msgspec

from renown.connectors.decode import DecodedJson, decode_json
from renown.connectors.http.error_rules import ERROR_TYPES, Action, ErrorRule, find_rule, find_values, parse_json
from renown.connectors.http.headers import (
    clamp_wait,
    parse_links,
    parse_rate_limit_reset,
    parse_retry_after,
    parse_validator,
)
from renown.connectors.http.request import RETRY_STATUSES, HttpContext, HttpRequest, RawResponse, send_request
from renown.errors import (
    NetworkRefusedError,
    NetworkUnavailableError,
    QuotaExceededError,
    RateLimitedError,
    RenownError,
)

_JSON = re.compile(r"application/([\w.+-]+\+)?json", re.IGNORECASE)
"""JSON, or a type that is written as JSON (RFC 6839), such as DID documents: ``application/did+ld+json``."""
_EMPTY_STATUSES = frozenset({202, 204, 205})
"""Statuses of a complete response without content (RFC 9110, 15.3)."""
_ADVICE: Mapping[Action, str] = {
    Action.WAIT: "try again later",
    Action.STOP: "the next run continues",
    Action.SIGN_IN: "renew the token of this network",
    Action.REFUSE: "check that it exists",
}


@dataclass(frozen=True, kw_only=True)
class WebPage:
    """A response that is no JSON, such as HTML or a feed."""

    url: str
    """After redirects."""
    media_type: str
    """Lower-case type and subtype, such as ``text/html``; empty if the server tells none."""
    charset: str
    """Name of the encoding, as the server tells it; empty if it does not."""
    content: bytes

    @property
    def text(self) -> str:
        """The content as text; characters that cannot be decoded are replaced."""
        try:
            return self.content.decode(self.charset or "utf-8", "replace")
        except (LookupError, UnicodeError):
            return self.content.decode("utf-8", "replace")


@dataclass(frozen=True, kw_only=True)
class HttpResult:
    """The response to one request: a page."""

    body: Any
    """Decoded JSON, of the response type requested, or a `WebPage`; None if `not_modified`."""
    links: Mapping[str, str]
    """Relation (``next``, ``prev``) to URL, from the Link header, for pagination."""
    headers: Mapping[str, str]
    """Response headers; names are case-insensitive."""
    dropped: tuple[str, ...] = ()
    """Unreadable elements of lists, which `body` lacks: where and why."""
    validator: str = ""
    """What a later request sends to learn whether the response changed; empty if the server has none."""
    not_modified: bool = False
    """Whether nothing changed since the response with the validator that was sent."""
    wait: float = 0.0
    """Seconds that the network asks to wait before the next request."""
    is_quota_used_up: bool = False
    """Whether the network says that nothing is left of its quota."""


def fetch_json(
    context: HttpContext,
    request: HttpRequest,
    *,
    response_type: Any,
    rules: Sequence[ErrorRule],
    on_headers: Callable[[Mapping[str, str]], None],
) -> HttpResult:
    """
    Send a request once, without retry, and decode the JSON of the response, or return it as a page.

    Parameters
    ----------
    context : HttpContext
    request : HttpRequest
    response_type : type
        Of the JSON; `WebPage` for a page that is no JSON.
    rules : sequence of ErrorRule
        What error responses to this request mean, before those of the API.
    on_headers : callable
        See `send_request`.

    Raises
    ------
    NetworkUnavailableError
        If a retry may succeed.
    NetworkRefusedError
        If the request, or a redirect, is refused.
    QuotaExceededError
        If the network's quota of the credential is used up.
    """
    all_rules = (*rules, *context.api.errors)
    response = send_request(
        context,
        request,
        has_error_body=lambda status: any(
            rule.needs_body and (not rule.statuses or status in rule.statuses) for rule in all_rules
        ),
        on_headers=on_headers,
    )
    links = parse_links(response.headers.get("link", ""), response.url)
    if response.status == HTTPStatus.NOT_MODIFIED and request.headers.keys() & {"If-None-Match", "If-Modified-Since"}:
        return HttpResult(body=None, links=links, headers=response.headers, not_modified=True)
    if not 200 <= response.status < 300:  # noqa: PLR2004 - "successful", RFC 9110, 15.3
        raise _response_error(context, response, all_rules)
    is_page = response_type is WebPage
    decoded = DecodedJson(_to_page(response)) if is_page else _decode_json(context, response, response_type)
    return HttpResult(
        body=decoded.value,
        links=links,
        headers=response.headers,
        dropped=decoded.dropped,
        validator=parse_validator(response.headers),
        wait=clamp_wait(max(_find_numbers(response, context.api.backoff), default=0.0)),
        is_quota_used_up=any(number <= 0 for number in _find_numbers(response, context.api.remaining)),
    )


def _find_numbers(response: RawResponse, path: str) -> list[float]:
    """Return the number at a path of a response; none without a path."""
    values = find_values(parse_json(response.body), [path]) if path else []
    return [float(value) for value in values if isinstance(value, int | float)]


def _response_error(context: HttpContext, response: RawResponse, rules: Sequence[ErrorRule]) -> RenownError:
    status, details = response.status, context.api.error_format.parse(response.body)
    rule = find_rule(rules, status, response.headers, details)
    if rule is None and status in RETRY_STATUSES:
        is_limit = status == HTTPStatus.TOO_MANY_REQUESTS
        message = f"{context.redact_url(response.url)} answered {_status_text(status)}; try again later"
        wait = _parse_wait(context, response) or 0.0
        return (RateLimitedError if is_limit else NetworkUnavailableError)(message, status=status, wait=wait)
    action, reason = (rule.action, rule.reason) if rule else (Action.REFUSE, "")
    is_login = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and action is Action.REFUSE
    advice = "check the token and what it permits" if is_login else _ADVICE.get(action, "")
    text = "; ".join(filter(None, (reason or context.redact(details.text), advice)))
    message = f"{context.redact_url(response.url)} answered {_status_text(status)}: {text}"
    wait = _parse_wait(context, response) or clamp_wait(details.wait or (rule.wait if rule else 0.0))
    if action is Action.STOP:
        return QuotaExceededError(message, wait=wait)
    if action is Action.WAIT:
        return RateLimitedError(message, status=status, wait=wait, reason=reason)
    code = details.code and context.redact(details.code)[1:-1]
    return ERROR_TYPES[action](message, status=status, code=code)


def _parse_wait(context: HttpContext, response: RawResponse) -> float | None:
    """Return the seconds that the headers ask to wait; None if they do not."""
    now = context.clock()
    wait = parse_retry_after(response.headers, now)
    return parse_rate_limit_reset(response.headers, now) if wait is None else wait


def _to_page(response: RawResponse) -> WebPage:
    content_type = Message()
    content_type["content-type"] = response.headers.get("content-type", "")
    return WebPage(
        url=str(response.url),
        media_type=content_type.get_content_type() if "content-type" in response.headers else "",
        charset=str(content_type.get_content_charset("")),
        content=response.body,
    )


def _decode_json(context: HttpContext, response: RawResponse, response_type: Any) -> DecodedJson:
    redacted_url, status = context.redact_url(response.url), response.status
    content_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if response.body and not _JSON.fullmatch(content_type):
        detail = f"{context.redact(content_type)}, not JSON: {context.redact(response.text)}"
        raise NetworkRefusedError(
            f"{redacted_url} answered with {detail}; is the address right, or is a proxy or login page in between?",
            status=status,
        )
    if not response.body and status in _EMPTY_STATUSES:
        raise NetworkRefusedError(
            f"{redacted_url} answered {_status_text(status)} without content; try again later", status=status
        )
    failure: Exception
    try:
        return decode_json(response.body, response_type)
    except msgspec.ValidationError as error:
        detail = context.redact(str(error))
        failure = NetworkRefusedError(
            f"{redacted_url} answered with an unexpected JSON schema: {detail}; has the API changed?", status=status
        )
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if "truncated" in str(error):
            failure = NetworkUnavailableError(f"{redacted_url} answered with truncated JSON; try again later")
        else:
            detail = context.redact(response.text)
            failure = NetworkRefusedError(
                f"{redacted_url} answered with invalid JSON: {detail}; is the address right?", status=status
            )
    raise failure


def _status_text(status: int) -> str:
    return f"{status} {responses.get(status, '')}".strip()
