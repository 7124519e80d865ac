"""Pages of signed statements: show one, verify one, and publish the keys that verify them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from renown.errors import InvalidInputError
from renown.web.pages.templates import render
from renown.web.state import get_app_state
from renown.web.statements import find_statement, verify_statement


def show_statement(request: Request) -> Response:
    """Show a statement, with its signed text to download."""
    issued, verified = find_statement(get_app_state(request), request.path_params["statement_id"])
    return render(
        request, "statement.html", verified=verified, statement_id=issued.statement_id, token=issued.token, problem=""
    )


def download_statement(request: Request) -> Response:
    """Return a statement's signed text as a file."""
    issued, verified = find_statement(get_app_state(request), request.path_params["statement_id"])
    file_name = f"renown-statement-{verified.statement.day}.jwt"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return PlainTextResponse(f"{issued.token}\n", headers=headers, media_type="application/jwt")


def show_verification(request: Request) -> Response:
    """Verify a statement that a visitor pasted; without one, show the form."""
    token = request.query_params.get("statement", "").strip()
    verified, problem = None, ""
    if token:
        try:
            verified = verify_statement(get_app_state(request), token)
        except InvalidInputError as error:
            problem = error.public_message
    return render(
        request,
        "verify.html",
        status=400 if problem else 200,
        verified=verified,
        problem=problem,
        text=token,
        keys=get_app_state(request).statement_keys.public_keys()["keys"],
    )


def serve_keys(request: Request) -> Response:
    """Return the public keys that verify statements, as a JSON Web Key Set (RFC 7517)."""
    return JSONResponse(get_app_state(request).statement_keys.public_keys(), media_type="application/jwk-set+json")
