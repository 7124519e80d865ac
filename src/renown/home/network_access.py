"""Access of a home to networks: servers, credentials, quotas and HTTP clients, as its settings describe them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from renown.connectors import CONNECTORS
from renown.errors import InvalidInputError, InvalidSettingsError
from renown.home.stores import Stores
from renown.progress import ignore_message
from renown.text import suggest_spelling

if TYPE_CHECKING:
    from renown.connectors.base import Account, Connector
    from renown.connectors.http.client import Client
    from renown.connectors.http.quota import QuotaMeter
    from renown.connectors.http.urls import Server
    from renown.store import Credential


@dataclass(frozen=True, kw_only=True)
class NetworkAccess(Stores):
    """The stores of a home, and the clients of networks that its settings and credentials describe."""

    def server_url(self, connector: "Connector", name: str) -> str:
        """Return the URL of the server that knows a name on a network, or of its first relay."""
        return self.server_urls(connector, name)[0]

    def server_urls(self, connector: "Connector", name: str) -> tuple[str, ...]:
        """Return the URL of the server that knows a name on a network, or of all its relays."""
        from renown.connectors.http.guarded_socket import base_url  # noqa: PLC0415 - see `NetworkAccess.client`

        own_server = self.settings.network(connector.network).server
        if not connector.relays:
            return (own_server or connector.server_url(name),)
        return tuple(map(base_url, own_server.replace(",", " ").split())) or connector.relays

    def check_credential(self, credential: "Credential") -> None:
        """
        Check that a new credential is valid and for one server.

        Raises
        ------
        InvalidInputError
            If accounts of its network live on many servers, and it names none.
        InvalidSettingsError
            If it has characters that no token has, or would be sent unencrypted.
        """
        from renown.connectors.http.urls import Server  # noqa: PLC0415 - see `NetworkAccess.client`

        network_settings = self.settings.network(credential.network)
        if CONNECTORS[credential.network].has_many_servers and not (credential.server or network_settings.server):
            raise InvalidInputError(
                f"{credential.network} has many servers, and a token is for one of them; add --server HOST"
            )
        Server("https://token.invalid", token=credential.access_token).url()
        if credential.token_url:
            Server(credential.token_url, token=credential.refresh_token, private_ok=network_settings.private).url()

    def account_client(
        self, connector: "Connector", account: "Account", *, notify: Callable[[str], None] | None = None
    ) -> "Client":
        """Open an HTTP client for the server of an account, with the account's own credential if there is one."""
        return self.client(connector, account.handle, account_id=account.account_id, notify=notify)

    def client(
        self,
        connector: "Connector",
        name: str,
        *,
        account_id: str = "",
        notify: Callable[[str], None] | None = None,
        max_bytes: int | None = None,
    ) -> "Client":
        """Open an HTTP client for the server that knows a name on a network."""
        # Reading scores needs no HTTP library.
        from renown.connectors.http import Client, ClientOptions, RequestBudget  # noqa: PLC0415
        from renown.connectors.http.request import MAX_BYTES  # noqa: PLC0415
        from renown.connectors.http.urls import Server  # noqa: PLC0415

        network_settings = self.settings.network(connector.network)
        first_url, *other_urls = self.server_urls(connector, name)
        server = Server(first_url, other_urls=tuple(other_urls), private_ok=network_settings.private)
        credential = self._find_credential(connector, server, account_id)
        server = replace(
            server,
            token=credential.access_token if credential else network_settings.token or None,
            credential_name=credential.name if credential else connector.network,
        )
        meter = self.open_meter(connector, server, credential)
        return Client(
            server,
            RequestBudget(self.settings.collect.pages, self.settings.collect.seconds),
            clock=time.time,
            sleep=time.sleep,
            seed=time.time_ns(),
            notify=notify or ignore_message,
            meter=meter,
            options=ClientOptions(
                contact=self.settings.collect.contact, max_bytes=max_bytes or MAX_BYTES, api=connector.api
            ),
        )

    def open_meter(self, connector: "Connector", server: "Server", credential: "Credential | None") -> "QuotaMeter":
        """Return what counts the usage of a network's quota; dollars are those of all credentials together."""
        from renown.connectors.http.quota import DOLLAR, QuotaKey, QuotaMeter  # noqa: PLC0415 - see `NetworkAccess.client`

        network_settings, quota = self.settings.network(connector.network), connector.api.quota
        own_limit, account_id = network_settings.quota or None, credential.account_id if credential else ""
        if quota and quota.prices:
            dollars, account_id = network_settings.max_dollars, ""
            own_limit = None if dollars is None else round(dollars * DOLLAR)
            quota = replace(quota, prices=_override_prices(connector.network, quota.prices, network_settings.prices))
        return QuotaMeter(
            self.quotas,
            QuotaKey(connector.network, server.url().host, account_id),
            clock=time.time,
            quota=quota,
            has_credential=server.token is not None,
            own_limit=own_limit,
        )

    def _find_credential(self, connector: "Connector", server: "Server", account_id: str) -> "Credential | None":
        """Find the credential for an account at a server; one for no certain server is for the network's only one."""
        from renown.home.credentials import renew_if_expiring, renew_long_lived_if_due  # noqa: PLC0415 - see `NetworkAccess.client`

        host, network_settings = server.url().host, self.settings.network(connector.network)
        credential = self.credentials.find(connector.network, host, account_id)
        if credential is None or (connector.has_many_servers and not credential.server and not network_settings.server):
            return None
        credential = renew_if_expiring(
            self.credentials,
            credential,
            needed_seconds=self.settings.collect.seconds,
            private_ok=network_settings.private,
        )
        return renew_long_lived_if_due(self.credentials, credential, connector, server)

    def can_read(self, connector: "Connector", account_id: str) -> bool:
        """Tell whether an account can be read: where tokens read their owner's account only, if it has one."""
        if connector.oauth is None or not connector.oauth.is_personal or self.settings.network(connector.network).token:
            return True
        return any(
            key.network == connector.network and key.account_id in {"", account_id}
            for key in self.credentials.list_keys()
        )

    def list_token_owners(self, connector: "Connector") -> list[str]:
        """Return the accounts with whose tokens names can be looked up, where tokens are their owner's only."""
        if connector.oauth is None or not connector.oauth.is_personal:
            return [""]
        keys = [key for key in self.credentials.list_keys() if key.network == connector.network]
        has_common_token = self.settings.network(connector.network).token or not keys
        return sorted({key.account_id for key in keys} | ({""} if has_common_token else set()))


def _override_prices(network: str, prices: Mapping[str, float], own_prices: Mapping[str, float]) -> dict[str, float]:
    """Return the prices of a network, some of them from the settings."""
    for kind in own_prices.keys() - prices.keys():
        raise InvalidSettingsError(f"networks.{network}.prices has {kind!r}; {suggest_spelling(kind, prices)}")
    return {**prices, **own_prices}
