from .check import check_home
from .folder import create_home, open_demo, open_home, restore_settings
from .login import CodeReceiver, Login, LoginResult, log_in, prepare_login
from .parts import Home

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
    "restore_settings",
]
