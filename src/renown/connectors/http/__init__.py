"""HTTP: the one polite client that all connectors ask networks with."""

from renown.connectors.http.addresses import INTERNET, Network
from renown.connectors.http.client import Budget, Client, Manners, nobody
from renown.connectors.http.exchange import Answer, Means
from renown.connectors.http.servers import Server

__all__ = ["INTERNET", "Answer", "Budget", "Client", "Manners", "Means", "Network", "Server", "nobody"]
