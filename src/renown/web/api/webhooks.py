"""API routes of webhooks: an application lists, adds and removes those of its own key."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from renown.connectors.http.webhook import format_secret
from renown.errors import InvalidInputError
from renown.store import ApiKey, ApplicationWebhook
from renown.store.secret_hash import hash_secret
from renown.web.api.models import AddedWebhook, WebhookList, WebhookRequest, WebhookResponse
from renown.web.middleware.auth import read_api_key
from renown.web.state import AppState, get_app_state
from renown.web.webhook_addresses import check_webhook_address

router = APIRouter()

_MAX_BODY_BYTES = 8_192
_, _SCHEMAS = msgspec.json.schema_components((WebhookRequest,))
_REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": _SCHEMAS["WebhookRequest"],
            "example": {"address": "https://app.example/hook", "events": ["person.departed"]},
        }
    },
}
_NEEDS_KEY: dict[str, Any] = {"security": [{"bearer": []}, {"header": []}]}


@router.get("/webhooks", openapi_extra=_NEEDS_KEY)
def list_webhooks(request: Request, response: Response) -> WebhookList:
    """List the webhooks of the API key that the request has, oldest first."""
    state = get_app_state(request)
    key = _require_key(request, state)
    response.headers["Cache-Control"] = "private, no-cache"
    return WebhookList(list(map(_describe, state.actions.stores.webhooks.list_of(key.digest))))


@router.post(
    "/webhooks",
    status_code=201,
    responses={
        200: {"model": AddedWebhook, "description": "The key had a webhook to this address; it has these events now."}
    },
    openapi_extra={**_NEEDS_KEY, "requestBody": _REQUEST_BODY},
)
async def add_webhook(request: Request, response: Response) -> AddedWebhook:
    """
    Add a webhook to the key, for what happens from now on; its secret is in this answer only.

    If the key has a webhook to this address already, its events are changed.
    """
    state = get_app_state(request)
    key = await run_in_threadpool(_require_key, request, state)
    webhook_request = await _read_body(request)
    added, is_new = await run_in_threadpool(_add, state, key, webhook_request)
    if not is_new:
        response.status_code = 200
    return AddedWebhook(**vars(_describe(added)), secret=format_secret(added.secret) if is_new else None)


@router.delete("/webhooks/{webhook_id}", status_code=204, openapi_extra=_NEEDS_KEY)
def remove_webhook(
    request: Request,
    webhook_id: Annotated[int, Path(ge=1, lt=2**31, description="Number of the webhook, its `id`.", examples=[1])],
) -> None:
    """Remove a webhook of the key with what is queued for it."""
    state = get_app_state(request)
    key = _require_key(request, state)
    webhooks = state.actions.stores.webhooks
    webhook = next((row for row in webhooks.list_of(key.digest) if row.webhook_id == webhook_id), None)
    if webhook is None:
        raise HTTPException(404, f"the key has no webhook {webhook_id}; /api/webhooks lists those that it has")
    webhooks.remove(webhook)


def _require_key(request: Request, state: AppState) -> ApiKey:
    """
    Return the API key of a request, which access control has accepted.

    Raises
    ------
    HTTPException
        If it has none.
    """
    secret = read_api_key(request.scope)
    key = state.api_keys.find(hash_secret(secret)) if secret else None
    if key is None:
        raise HTTPException(401, "webhooks belong to an API key; send one, as Authorization: Bearer KEY")
    return key


async def _read_body(request: Request) -> WebhookRequest:
    """
    Read the JSON of a request, by hand: FastAPI reads a body of any size, before the key is checked.

    Raises
    ------
    InvalidInputError
        If it is too long, not JSON, or not what is expected.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                raise InvalidInputError(f"the body is longer than {_MAX_BODY_BYTES} bytes; send less")
        return msgspec.json.decode(body, type=WebhookRequest)
    except ClientDisconnect as error:
        raise InvalidInputError("the body is not complete; send it again") from error
    except msgspec.DecodeError as error:
        raise InvalidInputError(f"body: {error}; see /api/openapi.json") from error


def _add(state: AppState, key: ApiKey, webhook_request: WebhookRequest) -> tuple[ApplicationWebhook, bool]:
    """Add a webhook, or change its events; return whether it is new."""
    webhooks, address = state.actions.stores.webhooks, check_webhook_address(state, webhook_request.address)
    known = {row.webhook_id for row in webhooks.list_of(key.digest)}
    added = webhooks.add(key, address, webhook_request.events, at=state.now())
    return added, added.webhook_id not in known


def _describe(webhook: ApplicationWebhook) -> WebhookResponse:
    return WebhookResponse(
        id=webhook.webhook_id, address=webhook.address, events=webhook.events, created_at=webhook.created_at
    )
