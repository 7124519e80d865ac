"""A local server with OAuth 2 and PKCE in Mastodon's shape, and a browser that allows or denies the access."""

import base64
import hashlib
import json
import secrets
import threading
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from http_server import RequestHandler, Site, reply

APP_SECRET = "4pp-s3cret"  # noqa: S105 - of a test


class OAuthServer:
    """
    Registers applications, hands out codes, and exchanges each code once.

    Parameters
    ----------
    site : Site
        Answers its requests; other paths go to the script that it has.
    """

    def __init__(self, site: Site) -> None:
        self._answer_others = site.script[0] if site.script else reply(404)
        site.script = [self._answer]
        self.site = site
        self.tokens: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": "read:accounts read:statuses read:notifications",
        }
        """Response of the token endpoint, beside the access token."""
        self.owner = {"id": "1", "acct": "ada"}
        """Account that signs in."""
        self.access_tokens: list[str] = []
        self.has_pkce = True
        """Whether requests have a challenge and a verifier; else they must have neither."""
        self.on_owner_request = lambda: None
        """Called when the program asks whom the token belongs to."""
        self._redirect_uris: dict[str, str] = {}
        self._challenges: dict[str, tuple[str, str]] = {}

    def allow(self, url: str) -> str:
        """Allow the access that a URL asks for; return the address to which the browser is sent."""
        query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        assert "code" == query["response_type"]
        assert query.get("code_challenge_method") == ("S256" if self.has_pkce else None)
        assert query["redirect_uri"] == self._redirect_uris.get(query["client_id"], query["redirect_uri"])
        code = secrets.token_urlsafe(8)
        self._challenges[code] = query.get("code_challenge", ""), query["redirect_uri"]
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def _answer(self, request: RequestHandler) -> None:
        path = urlsplit(request.path).path
        if path == "/api/v1/apps":
            self._register(request)
        elif path.endswith(("/oauth/token", "/oauth2/token")):
            self._exchange(request)
        elif path == "/api/v1/accounts/verify_credentials":
            self.on_owner_request()
            is_known = request.headers.get("Authorization", "").removeprefix("Bearer ") in self.access_tokens
            request.wfile.write(reply(200 if is_known else 401, json.dumps(self.owner).encode()))
        elif callable(self._answer_others):
            self._answer_others(request)
        else:
            request.wfile.write(self._answer_others)

    def _form(self) -> dict[str, str]:
        return {name: value for name, [value] in parse_qs(self.site.bodies[-1].decode()).items()}

    def _register(self, request: RequestHandler) -> None:
        client_id = secrets.token_urlsafe(8)
        self._redirect_uris[client_id] = self._form()["redirect_uris"]
        request.wfile.write(reply(body=json.dumps({"client_id": client_id, "client_secret": APP_SECRET}).encode()))

    def _exchange(self, request: RequestHandler) -> None:
        form = self._form()
        assert self.has_pkce == ("code_verifier" in form)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if self.has_pkce else ""
        if (challenge, form["redirect_uri"]) != self._challenges.pop(form["code"], None):
            request.wfile.write(reply(400, json.dumps({"error": "invalid_grant", "error_description": form}).encode()))
            return
        if form.get("client_secret", "") != (APP_SECRET if form["client_id"] in self._redirect_uris else ""):
            request.wfile.write(reply(401, b'{"error": "invalid_client"}'))
            return
        self.access_tokens.append(secrets.token_urlsafe(16))
        answer = self.tokens | {"access_token": self.access_tokens[-1]}
        request.wfile.write(reply(body=json.dumps(answer).encode()))


def visit(*urls: str) -> threading.Thread:
    """Visit addresses one after the other, as a browser does that was sent there; errors are pages, too."""

    def fetch() -> None:
        for url in urls:
            try:
                urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - an address of this machine
            except urllib.error.HTTPError as error:
                error.close()

    thread = threading.Thread(target=fetch)
    thread.start()
    return thread
