"""HTTP: the client that all connectors use, with a request budget, rate limits, retry and SSRF protection."""

from renown.connectors.http.api import ApiSpec
from renown.connectors.http.client import Client, ClientOptions, RequestBudget, ignore
from renown.connectors.http.error_rules import Action, ErrorFormat, ErrorRule
from renown.connectors.http.quota import Charge, Quota
from renown.connectors.http.response import HttpResult, WebPage
from renown.connectors.http.ssrf import INTERNET, Transport
from renown.connectors.http.urls import Server

__all__ = [
    "INTERNET",
    "Action",
    "ApiSpec",
    "Charge",
    "Client",
    "ClientOptions",
    "ErrorFormat",
    "ErrorRule",
    "HttpResult",
    "Quota",
    "RequestBudget",
    "Server",
    "Transport",
    "WebPage",
    "ignore",
]
