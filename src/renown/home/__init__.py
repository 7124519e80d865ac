"""The home: a folder with settings, lake and store."""

from renown.home.check import check_home
from renown.home.folder import create_home, open_demo, open_home
from renown.home.login import CodeReceiver, Login, LoginResult, log_in, prepare_login
from renown.home.parts import Home

__all__ = [
    "CodeReceiver",
    "Home",
    "Login",
    "LoginResult",
    "check_home",
    "create_home",
    "log_in",
    "open_demo",
    "open_home",
    "prepare_login",
]
