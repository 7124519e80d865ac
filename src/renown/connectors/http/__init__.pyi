from .api import ApiSpec
from .client import Client
from .error_rules import Action, ErrorFormat, ErrorRule
from .options import ClientOptions
from .quota import Charge, Quota
from .rate_limiter import RequestBudget
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
]
