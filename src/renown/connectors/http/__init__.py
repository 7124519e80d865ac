"""HTTP: the client that all connectors use, with a request budget, rate limits, retry and SSRF protection."""

from renown.connectors.http.client import Client, ClientOptions, RequestBudget, ignore
from renown.connectors.http.request import ErrorTypes, HttpResult
from renown.connectors.http.ssrf import INTERNET, Transport
from renown.connectors.http.urls import Server

__all__ = [
    "INTERNET",
    "Client",
    "ClientOptions",
    "ErrorTypes",
    "HttpResult",
    "RequestBudget",
    "Server",
    "Transport",
    "ignore",
]
