"""Settings: read the settings file of a home and environment variables, validate them, freeze them."""

from renown.settings.file import DEFAULT_HOME, DEMO_HOME, SETTINGS_FILE, TEMPLATE, load_settings, resolve_home
from renown.settings.tables import (
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
