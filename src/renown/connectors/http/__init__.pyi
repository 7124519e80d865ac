from .api import ApiSpec
from .client import Client, ClientOptions, RequestBudget, ignore
from .error_rules import Action, ErrorFormat, ErrorRule
from .quota import Charge, Quota
from .response import HttpResult, WebPage
from .ssrf import INTERNET, Transport
from .urls import Server

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
