from .file import TEMPLATE, check_variables, load_settings
from .home import DEFAULT_HOME, DEMO_HOME, SETTINGS_FILE, resolve_home
from .tables import (
    CollectSettings,
    EngineSettings,
    MailSettings,
    MethodSettings,
    NetworkSettings,
    OperatorSettings,
    RetentionSettings,
    RunSettings,
    ServeSettings,
    Settings,
    SparkSettings,
    StoreSettings,
)

__all__ = [
    "DEFAULT_HOME",
    "DEMO_HOME",
    "SETTINGS_FILE",
    "TEMPLATE",
    "CollectSettings",
    "EngineSettings",
    "MailSettings",
    "MethodSettings",
    "NetworkSettings",
    "OperatorSettings",
    "RetentionSettings",
    "RunSettings",
    "ServeSettings",
    "Settings",
    "SparkSettings",
    "StoreSettings",
    "check_variables",
    "load_settings",
    "resolve_home",
]
