"""Read the settings file of a home; environment variables override it."""

import logging
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from renown.errors import InvalidSettingsError, describe_io_error
from renown.settings.convert import convert_table
from renown.settings.home import SETTINGS_FILE
from renown.settings.tables import NetworkSettings, Settings
from renown.text import find_nearest, suggest_spelling

TEMPLATE = files(__package__).joinpath("template.toml").read_text(encoding="utf-8")
"""The settings file of a new home, with all settings at their defaults."""

_TABLES = {name: kind for name, kind in get_type_hints(Settings).items() if name not in {"home", "networks"}}
"""Table of the settings file to the dataclass with its settings."""
_FORMER_NAMES = {("serve", "proxies"): "trusted_proxy"}
"""Settings that had another name, which settings files of earlier homes still have."""
_FILE_ONLY = {("spark", "conf")}
"""Settings without an environment variable."""
_OWN_VARIABLES = {("engine", "name"): "ENGINE", ("method", "file"): "METHOD", ("store", "url"): "STORE"}
_TABLES_WITHOUT_PREFIX = {"engine", "serve", "collect"}
_NETWORK_VARIABLE = re.compile(r"RENOWN_([A-Z0-9]+)_(SERVER|TOKEN|PRIVATE|QUOTA|CLIENT_ID|CLIENT_SECRET|MAX_DOLLARS)$")
_PREFIX = "RENOWN_"
_OTHER_VARIABLES = ("RENOWN_HOME", "RENOWN_CREDENTIALS_KEY")
"""Documented variables that override no setting."""
_VARIABLE_LIKENESS = 0.75
"""How much a variable has to resemble a known one to be taken for it: a warning of another program's would be wrong."""
_log = logging.getLogger(__name__)
_NETWORK_KEYS = tuple(field.name for field in fields(NetworkSettings))


def load_settings(home: Path, environment: Mapping[str, str]) -> Settings:
    """
    Read the settings file of a home; environment variables override it.

    Raises
    ------
    InvalidSettingsError
        If the file cannot be read, or a setting is unknown or not valid.
    """
    for variable in _find_unknown_variables(name for name in environment if name.startswith(_PREFIX)):
        # Without a similar name, it may be meant for another program.
        if nearest := _find_nearest_variable(variable):
            _log.warning("the variable %s is unknown and ignored; did you mean %s?", variable, nearest)
    path = home / SETTINGS_FILE
    tables = _read_tables(path)
    networks = _load_networks(tables.pop("networks", {}), environment, path)
    for name, table in tables.items():
        if name not in _TABLES or not isinstance(table, dict):
            raise InvalidSettingsError(
                f"{str(path)!r} has an unknown table {name!r}; {suggest_spelling(name, [*_TABLES, 'networks'])}"
            )
        _rename_former_keys(name, table)
        _reject_unknown_keys(name, table, path)
    for variable, name, key in list_variables():
        if variable in environment:
            tables.setdefault(name, {})[key] = environment[variable]
    converted: dict[str, Any] = {
        name: convert_table(_TABLES[name], name, table, home) for name, table in tables.items()
    }
    return Settings(home=home, networks=networks, **converted)


def _read_tables(path: Path) -> dict[str, Any]:
    """Read the tables of a settings file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidSettingsError(
            f"the settings file {str(path)!r} is missing; write one with all defaults: "
            f"`renown --home {shlex.quote(str(path.parent))} init`"
        ) from None
    except PermissionError:
        raise InvalidSettingsError(
            f"the settings file {str(path)!r} may not be read; run renown as the user of the home, or give the file to "
            "that user"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettingsError(
            f"cannot read the settings {str(path)!r}: {describe_io_error(error)}; correct the file, or remove it and "
            f"write one with all defaults: `renown --home {shlex.quote(str(path.parent))} init`"
        ) from error


def check_variables(variables: Iterable[str]) -> None:
    """
    Check that there is a setting, or another use, for each of some environment variables.

    Raises
    ------
    InvalidSettingsError
        If one is unknown.
    """
    for variable in _find_unknown_variables(variables):
        nearest = _find_nearest_variable(variable)
        hint = f"did you mean {nearest!r}?" if nearest else f"the comments in {SETTINGS_FILE} name the variables"
        raise InvalidSettingsError(f"there is no environment variable {variable!r}; {hint}")


def _find_unknown_variables(variables: Iterable[str]) -> Iterator[str]:
    known = {*_OTHER_VARIABLES, *(variable for variable, _, _ in list_variables())}
    for variable in variables:
        if variable not in known and not _NETWORK_VARIABLE.match(variable):
            yield variable


def _find_nearest_variable(variable: str) -> str | None:
    names = [known.removeprefix(_PREFIX) for known, _, _ in list_variables()]
    nearest = find_nearest(variable.removeprefix(_PREFIX), names, likeness=_VARIABLE_LIKENESS)
    return nearest and _PREFIX + nearest


def list_variables() -> Iterator[tuple[str, str, str]]:
    """Yield the environment variables that override settings, with the table and the key of each."""
    for name, table_type in _TABLES.items():
        for field in fields(table_type):
            setting = (name, field.name)
            prefix = "" if name in _TABLES_WITHOUT_PREFIX else f"{name.upper()}_"
            if setting not in _FILE_ONLY:
                yield f"RENOWN_{_OWN_VARIABLES.get(setting, prefix + field.name.upper())}", *setting


def _rename_former_keys(name: str, table: dict[str, Any]) -> None:
    for (former_table, former_key), key in _FORMER_NAMES.items():
        if former_table == name and former_key in table:
            table.setdefault(key, table.pop(former_key))


def _reject_unknown_keys(name: str, table: Mapping[str, Any], path: Path) -> None:
    names = [f"{other}.{field.name}" for other, table_type in _TABLES.items() for field in fields(table_type)]
    for key in table:
        if f"{name}.{key}" not in names:
            hint = (
                f"{', '.join(_NETWORK_KEYS)} belong to one network: write them below [networks.mastodon] or the like"
                if key in _NETWORK_KEYS
                else suggest_spelling(f"{name}.{key}", names)
            )
            raise InvalidSettingsError(f"{str(path)!r} has an unknown setting {name}.{key}; {hint}")


def _load_networks(raw: Any, environment: Mapping[str, str], path: Path) -> dict[str, NetworkSettings]:
    if not isinstance(raw, dict) or not all(isinstance(table, dict) for table in raw.values()):
        raise InvalidSettingsError(
            f"{str(path)!r}: networks must have a table for each network, such as [networks.mastodon]"
        )
    tables = {name: dict(table) for name, table in raw.items()}
    others = {variable for variable, _, _ in list_variables()}
    for variable, value in environment.items():
        # RENOWN_METRICS_TOKEN is no token of a network.
        if variable not in others and (match := _NETWORK_VARIABLE.match(variable)):
            tables.setdefault(match[1].lower(), {})[match[2].lower()] = value
    return {name: _load_network(name, table, path.parent) for name, table in tables.items()}


def _load_network(name: str, table: Mapping[str, Any], home: Path) -> NetworkSettings:
    for key in table:
        if key not in _NETWORK_KEYS:
            raise InvalidSettingsError(
                f"networks.{name}.{key} is not a setting; {suggest_spelling(key, _NETWORK_KEYS)}"
            )
    network = convert_table(NetworkSettings, f"networks.{name}", table, home)
    if set(network.server) & set("@?"):
        raise InvalidSettingsError(
            f"the server of networks.{name} contains a password or query, which would be shown; write https://HOST"
        )
    if network.private and not network.server:
        raise InvalidSettingsError(f'networks.{name} is private, but has no server; add its server = "https://…"')
    return network
