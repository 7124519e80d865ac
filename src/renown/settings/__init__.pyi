from .file import TEMPLATE, load_settings
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
    "load_settings",
    "resolve_home",
]
