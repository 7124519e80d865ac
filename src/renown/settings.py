"""Settings: a file in the home and the environment, read once, checked, frozen."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from renown.errors import BadSettings

FILE = "settings.toml"
DEFAULT_HOME = "~/.renown"
DEMO_HOME = "renown-demo"

TEMPLATE = """\
# Settings of this home. Each can be overridden from the environment by the
# name at its right; `--home DIR` or RENOWN_HOME says where the home is.

[engine]
name = "duckdb"       # RENOWN_ENGINE   duckdb, or spark (pip install 'renown[spark]')
memory = "3GB"        # RENOWN_MEMORY   most that tables take before they spill to disk
threads = 0           # RENOWN_THREADS  0: one for every processor

[method]
file = ""             # RENOWN_METHOD   a method file of your own; empty: the one that comes with renown

[store]
url = ""              # RENOWN_STORE    postgresql://USER:PASSWORD@HOST/NAME (pip install 'renown[postgresql]');
                      #                 empty: store.sqlite in the home

[serve]
url = ""              # RENOWN_URL      where people's pages are, as https://renown.example; a link there is a proof
visibility = "claimed"  # RENOWN_VISIBILITY  whom others are shown: claimed people, or everyone
unproven = "mark"     # RENOWN_UNPROVEN  mark people's unproven claims, or hide people who have any

[collect]             # how much `renown collect` asks of a network in one run
pages = 2000          # RENOWN_PAGES    requests
seconds = 900         # RENOWN_SECONDS
actors = 1000         # RENOWN_ACTORS   names read of one list; the rest is counted, as acts of unknown actors
contact = ""          # RENOWN_CONTACT  a mail or web address that the networks' people can turn to

# A network that needs it has a table of its own; RENOWN_MASTODON_TOKEN and the like go before it.
# [networks.mastodon]
# server = "https://example.social"   # who is asked; without it the server of the account, or the public one
# token = "…"                         # for that server alone: adds what it shows to you; never shown or logged
# private = false                     # true: the server may lie in a private network, as one of your own does

[spark]
master = "local[*]"   # RENOWN_SPARK_MASTER   also spark://HOST:7077 or sc://HOST:15002 (Connect)

[spark.conf]          # any of Spark's own settings
# "spark.executor.memory" = "4g"
"""

_ENVIRONMENT = {
    "RENOWN_ENGINE": ("engine", "name"),
    "RENOWN_MEMORY": ("engine", "memory"),
    "RENOWN_THREADS": ("engine", "threads"),
    "RENOWN_METHOD": ("method", "file"),
    "RENOWN_STORE": ("store", "url"),
    "RENOWN_URL": ("serve", "url"),
    "RENOWN_VISIBILITY": ("serve", "visibility"),
    "RENOWN_UNPROVEN": ("serve", "unproven"),
    "RENOWN_PAGES": ("collect", "pages"),
    "RENOWN_SECONDS": ("collect", "seconds"),
    "RENOWN_ACTORS": ("collect", "actors"),
    "RENOWN_CONTACT": ("collect", "contact"),
    "RENOWN_SPARK_MASTER": ("spark", "master"),
}
_NETWORK = {"server": "", "token": "", "private": False}
_TRUTHS = {"true": True, "false": False}
_OF_NETWORK = re.compile(r"RENOWN_([A-Z0-9]+)_(SERVER|TOKEN|PRIVATE)$")
_CHOICES = {"visibility": ("claimed", "everyone"), "unproven": ("mark", "hide")}
_URL = re.compile(r"https?://[\w.\[\]:-]+(/[^?#@\s]*)?")
_SIZE = re.compile(r"\d+(\.\d+)?\s*(MB|GB|TB|MiB|GiB|TiB)$")


@dataclass(frozen=True)
class NetworkSettings:
    """What a home was told of one network."""

    server: str = ""
    """Base address of the server that is asked; empty: the account's own, or the public one."""
    token: str = field(default="", repr=False)
    private: bool = False
    """Whether the server may lie in a private network."""


@dataclass(frozen=True)
class Settings:
    """What a home was told."""

    home: Path
    engine: str = "duckdb"
    memory: str = "3GB"
    """Most that an engine's tables take before they spill, such as ``3GB``."""
    threads: int = 2
    method: Path | None = None
    """A method file; None is the one that comes with the package."""
    store: str = field(default="", repr=False)
    """Address of the database, with its password; empty: a file in the home."""
    spark_master: str = "local[*]"
    spark_conf: Mapping[str, str] = field(default_factory=dict)
    pages: int = 2000
    """Requests to a network in one run."""
    seconds: float = 900
    actors: int = 1000
    """Names read of one list."""
    contact: str = ""
    networks: Mapping[str, NetworkSettings] = field(default_factory=dict)
    url: str = ""
    """Address below which people's pages are."""
    visibility: str = "claimed"
    """Whom others are shown: ``claimed`` people, or ``everyone``."""
    unproven: str = "mark"
    """What becomes of claims that nothing proves: ``mark`` them, or ``hide`` people who have any."""

    @property
    def store_shown(self) -> str:
        """Address of the database without its password."""
        return re.sub(r"//([^:/@]*):.*@", r"//\1:***@", self.store.partition("?")[0])

    def network(self, name: str) -> NetworkSettings:
        """Return what the home was told of a network."""
        return self.networks.get(name, NetworkSettings())


def home_of(given: Path | None, environment: Mapping[str, str], default: str = DEFAULT_HOME) -> Path:
    """Return the home that was named, by option, environment or default."""
    return Path(given or environment.get("RENOWN_HOME") or default).expanduser().absolute()


def read(home: Path, environment: Mapping[str, str]) -> Settings:
    """
    Read the settings file of a home, then what the environment says instead.

    Raises
    ------
    BadSettings
        If the file cannot be read, or says something unknown or impossible.
    """
    path = home / FILE
    try:
        said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read the settings {str(path)!r}: {error}; correct the file, or make one with `renown init`"
        raise BadSettings(msg) from error
    known = tomllib.loads(TEMPLATE)
    networks = _networks(said.pop("networks", {}), environment, path)
    for name, table in said.items():
        wrong = set(table) - set(known[name]) if name in known and isinstance(table, dict) else {""}
        if wrong - ({"conf"} if name == "spark" else set()):
            what = f"{name}.{', '.join(sorted(wrong))}"
            msg = f"{str(path)!r} has {what}, which is no setting; known: {', '.join(_names(known))}"
            raise BadSettings(msg)
    merged = {name: dict(known[name]) | dict(said.get(name, {})) for name in known}
    for variable, (table, key) in _ENVIRONMENT.items():
        if variable in environment:
            merged[table][key] = environment[variable]
    return _checked(home, merged, networks)


def _networks(said: Any, environment: Mapping[str, str], path: Path) -> dict[str, NetworkSettings]:
    if not isinstance(said, dict) or not all(isinstance(table, dict) for table in said.values()):
        msg = f"{str(path)!r}: networks has to hold a table for each network, as [networks.mastodon]"
        raise BadSettings(msg)
    tables = {name: dict(table) for name, table in said.items()}
    for variable, value in environment.items():
        if found := _OF_NETWORK.match(variable):
            tables.setdefault(found[1].lower(), {})[found[2].lower()] = value
    return {name: _network(name, table) for name, table in tables.items()}


def _network(name: str, table: Mapping[str, Any]) -> NetworkSettings:
    if wrong := set(table) - set(_NETWORK):
        msg = f"networks.{name}.{', '.join(sorted(wrong))} is no setting; known: {', '.join(_NETWORK)}"
        raise BadSettings(msg)
    server, token, private = (table.get(key, default) for key, default in _NETWORK.items())
    if not isinstance(server, str) or not isinstance(token, str):
        msg = f"the server and token of networks.{name} have to be text; put quotes around them"
        raise BadSettings(msg)
    if str(private).lower() not in _TRUTHS:
        msg = f"networks.{name}.private is {private!r}; write true or false"
        raise BadSettings(msg)
    # Without a server, the server of whoever is read is asked: a token is for one of them alone.
    if (token or _TRUTHS[str(private).lower()]) and not server:
        msg = f'networks.{name} has a token, or is private, and names no server; add server = "https://…", for it alone'
        raise BadSettings(msg)
    return NetworkSettings(server, token, _TRUTHS[str(private).lower()])


def _checked(home: Path, said: Mapping[str, Mapping[str, Any]], networks: Mapping[str, NetworkSettings]) -> Settings:
    memory, threads = str(said["engine"]["memory"]), said["engine"]["threads"]
    if not _SIZE.match(memory):
        msg = f"memory is {memory!r}; write a number and MB or GB, such as '2GB'"
        raise BadSettings(msg)
    if not (str(threads).isascii() and str(threads).isdecimal()):
        msg = f"threads is {threads!r}; write a whole number, 0 for one on every processor"
        raise BadSettings(msg)
    asked = {name: str(said["collect"][name]) for name in ("pages", "seconds", "actors")}
    for name, value in asked.items():
        if not (value.isascii() and value.isdecimal() and int(value)):
            msg = f"collect.{name} is {value!r}; write a whole number of 1 or more"
            raise BadSettings(msg)
    method = said["method"]["file"]
    return Settings(
        home,
        str(said["engine"]["name"]),
        memory,
        int(threads) or os.cpu_count() or 1,
        (home / Path(method).expanduser()) if method else None,
        str(said["store"]["url"]),
        str(said["spark"]["master"]),
        {key: str(value) for key, value in said["spark"].get("conf", {}).items()},
        int(asked["pages"]),
        int(asked["seconds"]),
        int(asked["actors"]),
        str(said["collect"]["contact"]),
        networks,
        **_serve(said["serve"]),
    )


def _serve(said: Mapping[str, Any]) -> dict[str, str]:
    """Check what others are shown."""
    for name, known in _CHOICES.items():
        if said[name] not in known:
            msg = f"serve.{name} is {said[name]!r}; write {' or '.join(map(repr, known))}"
            raise BadSettings(msg)
    url = str(said["url"])
    if url and not _URL.fullmatch(url):
        # It is not repeated: it may hold a password.
        msg = "serve.url is no address of pages; write one without a password or query, as https://renown.example"
        raise BadSettings(msg)
    return {"url": url, **{name: str(said[name]) for name in _CHOICES}}


def _names(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{table}.{key}" for table, keys in known.items() for key in keys]
