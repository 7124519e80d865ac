"""OAuth 2: renew an access token with a refresh token."""

import base64
from http import HTTPStatus

import msgspec

from renown.connectors.http.client import Client
from renown.connectors.http.error_rules import Action, ErrorRule
from renown.errors import CredentialError, NetworkRefusedError

_ENDED = (ErrorRule(action=Action.SIGN_IN, statuses={HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}),)
"""How token endpoints refuse a refresh token (RFC 6749, 5.2)."""


class AccessTokens(msgspec.Struct):
    """The response of a token endpoint (RFC 6749, 5.1)."""

    access_token: str
    expires_in: int = 0
    """Seconds; 0 if the server does not tell."""
    refresh_token: str = ""
    """A new refresh token; empty if the old one stays valid."""

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<AccessTokens for {self.expires_in} s>"


def renew_access(
    client: Client, token_url: str, refresh_token: str, client_id: str, client_secret: str
) -> AccessTokens:
    """
    Renew an access token.

    Parameters
    ----------
    client : Client
        Of the server of `token_url`, with one attempt: a refresh token that is accepted once must not be sent twice.
    token_url, refresh_token : str
    client_id, client_secret : str
        Of the registered application; the secret is empty for a public client (RFC 6749, 2.1).

    Raises
    ------
    CredentialError
        If the server no longer accepts the refresh token.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    headers = {}
    if client_secret:
        pair = f"{client_id}:{client_secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    elif client_id:
        form["client_id"] = client_id
    try:
        tokens: AccessTokens = client.post(
            token_url, form=form, headers=headers, response_type=AccessTokens, errors=_ENDED
        ).body
    except NetworkRefusedError as error:
        # The server's text is not quoted: it may repeat a secret of the request.
        status = f" ({error.status})" if error.status else ""
        raise CredentialError(
            f"{client.host} refuses to renew the access{status}; set a new token with `renown credentials set`",
            status=error.status,
        ) from None
    return tokens
