"""A local server in the shape of the AT Protocol: identities, a data server and its authorization server (OAuth)."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt

from http_server import RequestHandler, Site, reply

DID, HANDLE = "did:plc:abcdefghijklmnopqrstuvwx", "ada.example"


class BlueskyOAuthServer:
    """
    Names a server for an account, takes pushed requests, and exchanges each code once, bound to a key.

    Parameters
    ----------
    site : Site
        Answers its requests.
    """

    def __init__(self, site: Site) -> None:
        self.site, site.script = site, [self._answer]
        self.sub, self.scope, self.token_type = DID, "atproto", "DPoP"
        self.issuer = site.url
        """Issuer that the metadata names, and that the answer repeats."""
        self.endpoints = site.url
        """Base URL of the endpoints in the metadata."""
        self.nonce = secrets.token_urlsafe(8)
        self.is_down = False
        self.pushed: dict[str, dict[str, str]] = {}
        self.used_proofs: set[str] = set()
        self._codes: dict[str, tuple[dict[str, str], str]] = {}
        self._key_of_request: dict[str, str] = {}

    def allow(self, url: str) -> str:
        """Allow the access that a URL asks for; return the path and query to which the browser is sent."""
        query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        assert query.keys() == {"client_id", "request_uri"}
        request = self.pushed[query["request_uri"]]
        assert request["client_id"] == query["client_id"]
        code = secrets.token_urlsafe(8)
        self._codes[code] = request, self._key_of_request[query["request_uri"]]
        parts = urlsplit(request["redirect_uri"])
        return f"{parts.path}?{urlencode({'code': code, 'state': request['state'], 'iss': self.issuer})}"

    def _answer(self, request: RequestHandler) -> None:
        if self.is_down:
            request.wfile.write(reply(503))
            return
        path = urlsplit(request.path).path
        documents: dict[str, Any] = {
            "/xrpc/app.bsky.actor.getProfile": {"did": DID, "handle": HANDLE, "followersCount": 9},
            f"/plc/{DID}": {
                "id": DID,
                "service": [
                    {"id": "#other", "type": "Other", "serviceEndpoint": "https://other.example"},
                    {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.site.url},
                ],
            },
            "/.well-known/oauth-protected-resource": {"authorization_servers": [self.site.url]},
            "/.well-known/oauth-authorization-server": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.endpoints}/oauth/authorize",
                "token_endpoint": f"{self.endpoints}/oauth/token",
                "pushed_authorization_request_endpoint": f"{self.endpoints}/oauth/par",
                "authorization_response_iss_parameter_supported": True,
            },
        }
        if path in documents:
            kind = "application/did+ld+json" if path.startswith("/plc/") else "application/json"
            request.wfile.write(reply(body=json.dumps(documents[path]).encode(), kind=kind))
        elif path in {"/oauth/par", "/oauth/token"}:
            key = self._check_proof(request)
            handle = self._push if path == "/oauth/par" else self._exchange
            request.wfile.write(handle(key) if key else self._reply(400, {"error": "use_dpop_nonce"}))
        else:
            request.wfile.write(reply(404))

    def _check_proof(self, request: RequestHandler) -> str:
        """Return the thumbprint of the key that signed the request; empty if the nonce is missing (RFC 9449)."""
        text = request.headers["DPoP"]
        header = json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))
        assert ("dpop+jwt", "ES256") == (header["typ"], header["alg"])
        assert "d" not in header["jwk"]
        key = jwk.ECKey.import_key(header["jwk"])
        claims = jwt.decode(text, key).claims
        assert ("POST", f"{self.site.url}{request.path}") == (claims["htm"], claims["htu"])
        assert claims["jti"] not in self.used_proofs
        self.used_proofs.add(claims["jti"])
        return key.thumbprint() if claims.get("nonce") == self.nonce else ""

    def _push(self, key: str) -> bytes:
        form = self._form()
        assert ("code", "S256", "atproto", HANDLE) == tuple(
            form[name] for name in ("response_type", "code_challenge_method", "scope", "login_hint")
        )
        uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(8)}"
        self.pushed[uri], self._key_of_request[uri] = form, key
        return self._reply(201, {"request_uri": uri, "expires_in": 60})

    def _exchange(self, key: str) -> bytes:
        form = self._form()
        request, request_key = self._codes.pop(form["code"], ({}, ""))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        expected = tuple(request.get(name) for name in ("code_challenge", "redirect_uri", "client_id"))
        if (challenge, form["redirect_uri"], form["client_id"]) != expected or key != request_key:
            return self._reply(400, {"error": "invalid_grant"})
        tokens = {"access_token": secrets.token_urlsafe(8), "token_type": self.token_type, "sub": self.sub}
        return self._reply(200, tokens | {"scope": self.scope, "expires_in": 60})

    def _form(self) -> dict[str, str]:
        return {name: value for name, [value] in parse_qs(self.site.bodies[-1].decode()).items()}

    def _reply(self, status: int, body: dict[str, Any]) -> bytes:
        return reply(status, json.dumps(body).encode(), DPoP_Nonce=self.nonce)
