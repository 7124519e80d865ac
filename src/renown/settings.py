"""Settings: a file in the home and the environment, read once, checked, frozen."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from renown.errors import BadSettings
from renown.spelling import offer

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

[serve]               # what `renown serve` answers
host = "127.0.0.1"    # RENOWN_HOST     who can ask: this machine; 0.0.0.0 for all that reach it
port = 8000           # RENOWN_PORT
url = ""              # RENOWN_URL      where people's pages are, as https://renown.example; a link there is a proof
visibility = "claimed"  # RENOWN_VISIBILITY  whom others are shown: claimed people, or everyone
unproven = "mark"     # RENOWN_UNPROVEN  mark people's unproven claims, or hide people who have any
per_second = 20       # RENOWN_PER_SECOND   requests of an address that sends no key
per_day = 20000       # RENOWN_PER_DAY

[collect]             # how much `renown collect` asks of a network in one run
pages = 2000          # RENOWN_PAGES    requests
seconds = 900         # RENOWN_SECONDS
actors = 1000         # RENOWN_ACTORS   names read of one list; the rest is counted, as acts of unknown actors
contact = ""          # RENOWN_CONTACT  a mail or web address that the networks' people can turn to

[run]
at = "00:10"          # RENOWN_RUN_AT   UTC time of `renown run --every`, or up to ten minutes later

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
    "RENOWN_HOST": ("serve", "host"),
    "RENOWN_PORT": ("serve", "port"),
    "RENOWN_VISIBILITY": ("serve", "visibility"),
    "RENOWN_PER_SECOND": ("serve", "per_second"),
    "RENOWN_PER_DAY": ("serve", "per_day"),
    "RENOWN_URL": ("serve", "url"),
    "RENOWN_UNPROVEN": ("serve", "unproven"),
    "RENOWN_PAGES": ("collect", "pages"),
    "RENOWN_SECONDS": ("collect", "seconds"),
    "RENOWN_ACTORS": ("collect", "actors"),
    "RENOWN_CONTACT": ("collect", "contact"),
    "RENOWN_RUN_AT": ("run", "at"),
    "RENOWN_SPARK_MASTER": ("spark", "master"),
}
_MOST = {"port": 65_535, "per_second": 1_000_000, "per_day": 1_000_000_000}
_NETWORK = {"server": "", "token": "", "private": False}
_ONE_NETWORKS = "server, token and private are one network's: write them below [networks.mastodon] or the like"
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
class ServeSettings:
    """What a home was told of answering on the web."""

    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    """Address below which people's pages are."""
    visibility: str = "claimed"
    """Whom others are shown: ``claimed`` people, or ``everyone``."""
    unproven: str = "mark"
    """What becomes of claims that nothing proves: ``mark`` them, or ``hide`` people who have any."""
    per_second: int = 20
    """Requests of an address that sends no key."""
    per_day: int = 20_000


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
    run_at: timedelta = timedelta(minutes=10)
    """Time after 00:00 UTC at which days are published."""
    serve: ServeSettings = field(default_factory=ServeSettings)

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
        _check_known(name, table, known, path)
    merged = {name: dict(known[name]) | dict(said.get(name, {})) for name in known}
    for variable, (table, key) in _ENVIRONMENT.items():
        if variable in environment:
            merged[table][key] = environment[variable]
    return _checked(home, merged, networks)


def _check_known(name: str, table: Any, known: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    if name not in known or not isinstance(table, dict):
        msg = f"{str(path)!r} has {name!r}, which is no table of settings; {offer(name, [*known, 'networks'])}"
        raise BadSettings(msg)
    for key in table:
        if key not in known[name] and (name, key) != ("spark", "conf"):
            end = _ONE_NETWORKS if key in _NETWORK else offer(f"{name}.{key}", _names(known))
            msg = f"{str(path)!r} has {name}.{key}, which is no setting; {end}"
            raise BadSettings(msg)


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
    for key in table:
        if key not in _NETWORK:
            msg = f"networks.{name}.{key} is no setting; {offer(key, _NETWORK)}"
            raise BadSettings(msg)
    server, token, private = (table.get(key, default) for key, default in _NETWORK.items())
    if not isinstance(server, str) or not isinstance(token, str):
        msg = f"the server and token of networks.{name} have to be text; put quotes around them"
        raise BadSettings(msg)
    if set(server) & set("@?"):
        msg = f"the server of networks.{name} has a password or query in it, which would be shown; write https://HOST"
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
        _time(str(said["run"]["at"])),
        _serve(said["serve"]),
    )


def _serve(said: Mapping[str, Any]) -> ServeSettings:
    """Check what others are shown, and how much of it."""
    for name, known in _CHOICES.items():
        if said[name] not in known:
            msg = f"serve.{name} is {said[name]!r}; write {' or '.join(map(repr, known))}"
            raise BadSettings(msg)
    url = str(said["url"])
    if url and not _URL.fullmatch(url):
        # It is not repeated: it may hold a password.
        msg = "serve.url is no address of pages; write one without a password or query, as https://renown.example"
        raise BadSettings(msg)
    numbers = {name: str(said[name]) for name in _MOST}
    for name, value in numbers.items():
        if not (value.isascii() and value.isdecimal() and int(value) <= _MOST[name]):
            msg = f"serve.{name} is {value!r}; write a whole number up to {_MOST[name]}"
            raise BadSettings(msg)
    return ServeSettings(
        str(said["host"]),
        int(numbers["port"]),
        url,
        str(said["visibility"]),
        str(said["unproven"]),
        int(numbers["per_second"]),
        int(numbers["per_day"]),
    )


def _time(text: str) -> timedelta:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo:
        msg = f"run.at is {text!r}; write a UTC time, as '00:10'"
        raise BadSettings(msg)
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _names(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{table}.{key}" for table, keys in known.items() for key in keys]
