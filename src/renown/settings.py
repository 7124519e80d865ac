"""Settings: read the settings file of a home and environment variables, validate them, freeze them."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from renown.errors import InvalidSettingsError
from renown.text import suggest_spelling

SETTINGS_FILE = "settings.toml"
DEFAULT_HOME = "~/.renown"
DEMO_HOME = "renown-demo"

TEMPLATE = """\
# Settings of this home. Each can be overridden by the environment variable named
# beside it; `--home DIR` or RENOWN_HOME selects the home folder.

[engine]
name = "duckdb"       # RENOWN_ENGINE   duckdb, or spark (pip install 'renown[spark]')
memory = "3GB"        # RENOWN_MEMORY   memory limit of tables; beyond it they spill to disk
threads = 0           # RENOWN_THREADS  0: one per processor

[method]
file = ""             # RENOWN_METHOD   path of your own method file, or an included version, such as "2.1";
                      #                 empty: the default version

[store]
url = ""              # RENOWN_STORE    postgresql://USER:PASSWORD@HOST/NAME (pip install 'renown[postgresql]');
                      #                 empty: store.sqlite in the home

[serve]               # the web server, `renown serve`
host = "127.0.0.1"    # RENOWN_HOST     address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for any
port = 8000           # RENOWN_PORT
url = ""              # RENOWN_URL      public URL of the pages, such as https://renown.example; a link to it verifies
visibility = "claimed"  # RENOWN_VISIBILITY  who is shown to others: claimed people, or everyone
landmarks = ""        # RENOWN_LANDMARKS  file with public figures whose scores pages show, to give others a scale
webmentions = false   # RENOWN_WEBMENTIONS  receive webmentions at /webmention for blogs that people claimed
unproven = "mark"     # RENOWN_UNPROVEN  unverified claims: mark them, or hide people who have any
per_second = 20       # RENOWN_PER_SECOND   rate limit of requests per IP address without an API key
per_day = 20000       # RENOWN_PER_DAY
keys_per_person = 3   # RENOWN_KEYS_PER_PERSON  API keys that signed-in people can create; 0: none
key_per_second = 5    # RENOWN_KEY_PER_SECOND   rate limit of requests with such a key
key_per_day = 5000    # RENOWN_KEY_PER_DAY
connections = 1000    # RENOWN_CONNECTIONS  open connections in all; beyond it the one idle longest is closed
connections_per_address = 100  # RENOWN_CONNECTIONS_PER_ADDRESS  of one IP address
request_seconds = 15  # RENOWN_REQUEST_SECONDS  until a request, headers and body, must have arrived
trusted_proxy = ""    # RENOWN_TRUSTED_PROXY  addresses of your reverse proxies, such as "127.0.0.1, 10.0.0.0/8":
                      #                 visitors' addresses are read from their X-Forwarded-For
access_log = false    # RENOWN_ACCESS_LOG   true: log each request as a line of JSON, without addresses and names
metrics_token = ""    # RENOWN_METRICS_TOKEN  who may read /metrics; empty: programs on this machine
private_webhooks = false  # RENOWN_PRIVATE_WEBHOOKS  true: also send webhooks to private addresses and unencrypted

[operator]            # who is responsible for the site: on its page /privacy, and at the foot of every page
name = ""             # RENOWN_OPERATOR_NAME       person or organization
address = ""          # RENOWN_OPERATOR_ADDRESS    postal address; commas separate its lines
mail = ""             # RENOWN_OPERATOR_MAIL       address for questions and requests
authority = ""        # RENOWN_OPERATOR_AUTHORITY  data protection authority that complaints go to
notice = ""           # RENOWN_OPERATOR_NOTICE     Markdown file that is added to the page, such as on your legal basis

key = ""              # RENOWN_OPERATOR_KEY        opens the page /admin, which does not exist without it; 24 characters
                      #                            or more, for example from `openssl rand -hex 24`

[retention]           # days after which `renown run` deletes data; 0: never
acts = 0              # RENOWN_RETENTION_ACTS        collected acts and counts, and what they were worth; at least 300
deliveries = 30       # RENOWN_RETENTION_DELIVERIES  notifications that were sent or given up

[mail]                # mails to people who ask for them; without a host none are sent
host = ""             # RENOWN_MAIL_HOST      SMTP server
port = 587            # RENOWN_MAIL_PORT
security = "starttls" # RENOWN_MAIL_SECURITY  starttls, tls, or none for a server on this machine
user = ""             # RENOWN_MAIL_USER      empty: no authentication
password = ""         # RENOWN_MAIL_PASSWORD  never shown or logged
sender = ""           # RENOWN_MAIL_SENDER    address that mails come from, such as "renown <score@renown.example>"

[collect]             # limits of one run of `renown collect`, per network
pages = 2000          # RENOWN_PAGES    requests
seconds = 900         # RENOWN_SECONDS
actors = 1000         # RENOWN_ACTORS   names read of one list; the rest is only counted, as acts of unknown actors
pictures = true       # RENOWN_PICTURES collect and show the pictures of people who consent; false: initials only
contact = ""          # RENOWN_CONTACT  your email or web address, sent to the networks in the User-Agent

[run]
at = "00:10"          # RENOWN_RUN_AT   UTC time at which `renown run --every` starts, or up to ten minutes later

# Settings of one network, if it needs any. RENOWN_MASTODON_SERVER, RENOWN_MASTODON_TOKEN,
# RENOWN_MASTODON_PRIVATE, RENOWN_MASTODON_QUOTA, RENOWN_MASTODON_CLIENT_ID and RENOWN_MASTODON_CLIENT_SECRET override
# them; other networks have the same.
# [networks.mastodon]
# server = "https://example.social"   # server to ask; without it the account's own server, or the public one
# token = "…"                         # access token, sent to that server only; never shown or logged
# private = false                     # true: allow a server in a private network, such as one of your own
# client_id = "…"                     # application that you registered at the network, for `renown login`
# client_secret = "…"                 # its secret, if it has one; never shown or logged
# quota = 0                           # most of the network's own units per hour or day; 0: as the network allows
# [networks.x]
# max_dollars = 5.0                   # most that reading may cost in a month, at networks that charge for it;
                                      # RENOWN_X_MAX_DOLLARS
# prices = { post = 0.001 }           # prices in dollars, where they differ from those that renown knows

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
    "RENOWN_KEYS_PER_PERSON": ("serve", "keys_per_person"),
    "RENOWN_KEY_PER_SECOND": ("serve", "key_per_second"),
    "RENOWN_KEY_PER_DAY": ("serve", "key_per_day"),
    "RENOWN_CONNECTIONS": ("serve", "connections"),
    "RENOWN_CONNECTIONS_PER_ADDRESS": ("serve", "connections_per_address"),
    "RENOWN_REQUEST_SECONDS": ("serve", "request_seconds"),
    "RENOWN_TRUSTED_PROXY": ("serve", "trusted_proxy"),
    "RENOWN_URL": ("serve", "url"),
    "RENOWN_UNPROVEN": ("serve", "unproven"),
    "RENOWN_LANDMARKS": ("serve", "landmarks"),
    "RENOWN_ACCESS_LOG": ("serve", "access_log"),
    "RENOWN_METRICS_TOKEN": ("serve", "metrics_token"),
    "RENOWN_PRIVATE_WEBHOOKS": ("serve", "private_webhooks"),
    "RENOWN_OPERATOR_NAME": ("operator", "name"),
    "RENOWN_OPERATOR_ADDRESS": ("operator", "address"),
    "RENOWN_OPERATOR_MAIL": ("operator", "mail"),
    "RENOWN_OPERATOR_AUTHORITY": ("operator", "authority"),
    "RENOWN_OPERATOR_NOTICE": ("operator", "notice"),
    "RENOWN_OPERATOR_KEY": ("operator", "key"),
    "RENOWN_RETENTION_ACTS": ("retention", "acts"),
    "RENOWN_RETENTION_DELIVERIES": ("retention", "deliveries"),
    "RENOWN_MAIL_HOST": ("mail", "host"),
    "RENOWN_MAIL_PORT": ("mail", "port"),
    "RENOWN_MAIL_SECURITY": ("mail", "security"),
    "RENOWN_MAIL_USER": ("mail", "user"),
    "RENOWN_MAIL_PASSWORD": ("mail", "password"),
    "RENOWN_MAIL_SENDER": ("mail", "sender"),
    "RENOWN_WEBMENTIONS": ("serve", "webmentions"),
    "RENOWN_PAGES": ("collect", "pages"),
    "RENOWN_SECONDS": ("collect", "seconds"),
    "RENOWN_ACTORS": ("collect", "actors"),
    "RENOWN_PICTURES": ("collect", "pictures"),
    "RENOWN_CONTACT": ("collect", "contact"),
    "RENOWN_RUN_AT": ("run", "at"),
    "RENOWN_SPARK_MASTER": ("spark", "master"),
}
_FORMER_NAMES = {("serve", "proxies"): "trusted_proxy"}
"""Settings that had another name, which settings files of earlier homes still have."""
_MAX_VALUES = {
    "port": 65_535,
    "per_second": 1_000_000,
    "per_day": 1_000_000_000,
    "keys_per_person": 1_000,
    "key_per_second": 1_000_000,
    "key_per_day": 1_000_000_000,
    "connections": 1_000_000,
    "connections_per_address": 1_000_000,
    "request_seconds": 3_600,
}
_MIN_KEY_LENGTH = 24
"""Shortest key of the operator: 96 bits if it is random hexadecimal digits."""
_MAX_RETENTION_DAYS = 36_500
_NETWORK_DEFAULTS: dict[str, Any] = {
    "server": "",
    "token": "",
    "private": False,
    "quota": 0,
    "client_id": "",
    "client_secret": "",
    "max_dollars": None,
    "prices": {},
}
_NETWORK_TEXTS = ("server", "token", "client_id", "client_secret")
_NETWORK_KEYS_HINT = (
    "server, token, private, quota, client_id, client_secret, max_dollars and prices belong to one network: "
    "write them below [networks.mastodon] or the like"
)
_BOOLEANS = {"true": True, "false": False}
_NETWORK_VARIABLE = re.compile(r"RENOWN_([A-Z0-9]+)_(SERVER|TOKEN|PRIVATE|QUOTA|CLIENT_ID|CLIENT_SECRET|MAX_DOLLARS)$")
_CHOICES = {"visibility": ("claimed", "everyone"), "unproven": ("mark", "hide")}
_MAIL_SECURITY = ("starttls", "tls", "none")
_URL_PATTERN = re.compile(r"https?://[\w.\[\]:-]+(/[^?#@\s]*)?")
_DOLLARS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_SIZE_PATTERN = re.compile(r"\d+(\.\d+)?\s*(MB|GB|TB|MiB|GiB|TiB)$")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Settings of one network."""

    server: str = ""
    """Base URL of the server to ask; empty for the account's own server, or the public one."""
    token: str = field(default="", repr=False)
    private: bool = False
    """Whether the server may be in a private network (exempt from the SSRF check)."""
    quota: int = 0
    """Most units of the network's quota that may be used per hour or day; 0 for the network's own limit."""
    client_id: str = ""
    """Application with which people sign in (OAuth 2); empty where it registers itself."""
    client_secret: str = field(default="", repr=False)
    max_dollars: float | None = None
    """Most that reading may cost in a month, in dollars; None for the limit of the connector."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """Kind of resource to its price in dollars, in place of that of the connector."""


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """Settings of the web server."""

    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    """Public base URL of the pages."""
    visibility: str = "claimed"
    """Who is shown to others: ``claimed`` people, or ``everyone``."""
    unproven: str = "mark"
    """What to do with unverified claims: ``mark`` them, or ``hide`` people who have any."""
    landmarks: Path | None = None
    """File with the public figures whose scores pages show; None for none."""
    webmentions: bool = False
    """Whether webmentions for claimed blogs are received."""
    per_second: int = 20
    """Rate limit of requests per IP address without an API key; so is `per_day`."""
    per_day: int = 20_000
    keys_per_person: int = 3
    """API keys that a signed-in person can create; 0 for none."""
    key_per_second: int = 5
    """Rate limit of a key that a person created; so is `key_per_day`."""
    key_per_day: int = 5_000
    connections: int = 1_000
    """Maximum open connections."""
    connections_per_address: int = 100
    request_seconds: int = 15
    """Seconds until a request, headers and body, must have arrived."""
    trusted_proxy: tuple[str, ...] = ()
    """IP addresses or networks of trusted reverse proxies."""
    access_log: bool = False
    """Whether each request is logged."""
    metrics_token: str = field(default="", repr=False)
    """Bearer token with which `/metrics` can be read; empty for programs on this machine only."""
    private_webhooks: bool = False
    """Whether webhooks may be sent to private addresses, and unencrypted."""

    @property
    def base_url(self) -> str:
        """URL of the site without a path: the public one, or else the address that it listens on."""
        return self.url.rstrip("/") or f"http://{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class OperatorSettings:
    """Who is responsible for the site."""

    name: str = ""
    """Person or organization."""
    address: tuple[str, ...] = ()
    """Lines of the postal address."""
    mail: str = ""
    authority: str = ""
    """Data protection authority that complaints go to."""
    notice: Path | None = None
    """Markdown file that is added to the privacy notice."""
    key: str = field(default="", repr=False)
    """Opens the operator's pages; empty if there are none."""

    def read_notice(self) -> str:
        """
        Return the text that is added to the privacy notice; empty if there is none.

        Raises
        ------
        InvalidSettingsError
            If the file cannot be read.
        """
        try:
            return self.notice.read_text(encoding="utf-8") if self.notice else ""
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSettingsError(
                f"operator.notice is {str(self.notice)!r}, which cannot be read: {error}; write the path of a text file"
            ) from error


@dataclass(frozen=True, kw_only=True)
class RetentionSettings:
    """Days after which runs delete data."""

    acts: int = 0
    """Acts and counts of the lake, and the ledger's entries; 0 to keep them."""
    deliveries: int = 30
    """Notifications that were sent or given up; 0 to keep them."""


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Settings of the SMTP server that sends mails."""

    host: str = ""
    """Empty if no mails are sent."""
    port: int = 587
    security: str = "starttls"
    """``starttls``, ``tls`` or ``none``."""
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    """Address in the header From."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a home."""

    home: Path
    engine: str = "duckdb"
    memory: str = "3GB"
    """Memory limit of an engine's tables before they spill to disk, such as ``3GB``."""
    threads: int = 2
    method: Path | None = None
    """Path of a method file, or number of an included version; None for the default version."""
    store: str = field(default="", repr=False)
    """URL of the database, with its password; empty for a file in the home."""
    spark_master: str = "local[*]"
    spark_conf: Mapping[str, str] = field(default_factory=dict)
    pages: int = 2000
    """Maximum requests to a network in one run."""
    seconds: float = 900
    actors: int = 1000
    """Maximum names read of one list."""
    pictures: bool = True
    """Whether the pictures of people who consent are collected and shown."""
    contact: str = ""
    networks: Mapping[str, NetworkSettings] = field(default_factory=dict)
    run_at: timedelta = timedelta(minutes=10)
    """Time after 00:00 UTC at which scheduled runs start."""
    serve: ServeSettings = field(default_factory=ServeSettings)
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    mail: MailSettings = field(default_factory=MailSettings)

    @property
    def redacted_store(self) -> str:
        """URL of the database with its password redacted."""
        return re.sub(r"//([^:/@]*):.*@", r"//\1:***@", self.store.partition("?")[0])

    def network(self, name: str) -> NetworkSettings:
        """Return the settings of a network; the defaults if it has none."""
        return self.networks.get(name, NetworkSettings())


def resolve_home(option: Path | None, environment: Mapping[str, str], default: str = DEFAULT_HOME) -> Path:
    """Return the home folder: that of the option, else of RENOWN_HOME, else the default."""
    return Path(option or environment.get("RENOWN_HOME") or default).expanduser().absolute()


def load_settings(home: Path, environment: Mapping[str, str]) -> Settings:
    """
    Read the settings file of a home; environment variables override it.

    Raises
    ------
    InvalidSettingsError
        If the file cannot be read, or a setting is unknown or not valid.
    """
    path = home / SETTINGS_FILE
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettingsError(
            f"cannot read the settings {str(path)!r}: {error}; correct the file, or create one with `renown init`"
        ) from error
    defaults = tomllib.loads(TEMPLATE)
    networks = _parse_networks(tables.pop("networks", {}), environment, path)
    for (name, former_key), key in _FORMER_NAMES.items():
        if isinstance(table := tables.get(name), dict) and former_key in table:
            table.setdefault(key, table.pop(former_key))
    for name, table in tables.items():
        _check_known_keys(name, table, defaults, path)
    merged = {name: dict(defaults[name]) | dict(tables.get(name, {})) for name in defaults}
    for variable, (table, key) in _ENVIRONMENT.items():
        if variable in environment:
            merged[table][key] = environment[variable]
    return _build_settings(home, merged, networks)


def _check_known_keys(name: str, table: Any, defaults: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    if name not in defaults or not isinstance(table, dict):
        raise InvalidSettingsError(
            f"{str(path)!r} has an unknown table {name!r}; {suggest_spelling(name, [*defaults, 'networks'])}"
        )
    for key in table:
        if key not in defaults[name] and (name, key) != ("spark", "conf"):
            hint = (
                _NETWORK_KEYS_HINT
                if key in _NETWORK_DEFAULTS
                else suggest_spelling(f"{name}.{key}", _setting_names(defaults))
            )
            raise InvalidSettingsError(f"{str(path)!r} has an unknown setting {name}.{key}; {hint}")


def _parse_networks(raw: Any, environment: Mapping[str, str], path: Path) -> dict[str, NetworkSettings]:
    if not isinstance(raw, dict) or not all(isinstance(table, dict) for table in raw.values()):
        raise InvalidSettingsError(
            f"{str(path)!r}: networks must have a table for each network, such as [networks.mastodon]"
        )
    tables = {name: dict(table) for name, table in raw.items()}
    for variable, value in environment.items():
        if match := _NETWORK_VARIABLE.match(variable):
            tables.setdefault(match[1].lower(), {})[match[2].lower()] = value
    return {name: _parse_network(name, table) for name, table in tables.items()}


def _parse_network(name: str, table: Mapping[str, Any]) -> NetworkSettings:
    for key in table:
        if key not in _NETWORK_DEFAULTS:
            raise InvalidSettingsError(
                f"networks.{name}.{key} is not a setting; {suggest_spelling(key, _NETWORK_DEFAULTS)}"
            )
    values = {**_NETWORK_DEFAULTS, **table}
    for key in _NETWORK_TEXTS:
        if not isinstance(values[key], str):
            raise InvalidSettingsError(f"networks.{name}.{key} must be text; put quotes around it")
    server, private, quota = values["server"], values["private"], values["quota"]
    if set(server) & set("@?"):
        raise InvalidSettingsError(
            f"the server of networks.{name} contains a password or query, which would be shown; write https://HOST"
        )
    if str(private).lower() not in _BOOLEANS:
        raise InvalidSettingsError(f"networks.{name}.private is {private!r}; write true or false")
    if not (str(quota).isascii() and str(quota).isdecimal()):
        raise InvalidSettingsError(f"networks.{name}.quota is {quota!r}; write a whole number, 0 for no limit of yours")
    if _BOOLEANS[str(private).lower()] and not server:
        raise InvalidSettingsError(f'networks.{name} is private, but has no server; add its server = "https://…"')
    prices = values["prices"]
    if not isinstance(prices, dict):
        raise InvalidSettingsError(f"networks.{name}.prices is {prices!r}; write a table such as {{ post = 0.001 }}")
    return NetworkSettings(
        **{key: values[key] for key in _NETWORK_TEXTS},
        private=_BOOLEANS[str(private).lower()],
        quota=int(quota),
        max_dollars=_parse_dollars(f"networks.{name}.max_dollars", values["max_dollars"]),
        prices={kind: _parse_dollars(f"networks.{name}.prices.{kind}", price) or 0.0 for kind, price in prices.items()},
    )


def _parse_dollars(name: str, value: Any) -> float | None:
    """Parse an amount of dollars; None if it is not set."""
    if value is None:
        return None
    if isinstance(value, bool) or not _DOLLARS.fullmatch(str(value)):
        raise InvalidSettingsError(f"{name} is {value!r}; write an amount in dollars, such as 2.50")
    return float(value)


def _build_settings(
    home: Path, tables: Mapping[str, Mapping[str, Any]], networks: Mapping[str, NetworkSettings]
) -> Settings:
    memory, threads = str(tables["engine"]["memory"]), tables["engine"]["threads"]
    if not _SIZE_PATTERN.match(memory):
        raise InvalidSettingsError(f"engine.memory is {memory!r}; write a number and MB or GB, such as '2GB'")
    if not (str(threads).isascii() and str(threads).isdecimal()):
        raise InvalidSettingsError(f"engine.threads is {threads!r}; write a whole number, 0 for one per processor")
    limits = {name: str(tables["collect"][name]) for name in ("pages", "seconds", "actors")}
    for name, value in limits.items():
        if not (value.isascii() and value.isdecimal() and int(value)):
            raise InvalidSettingsError(f"collect.{name} is {value!r}; write a whole number of 1 or more")
    method = tables["method"]["file"]
    return Settings(
        home=home,
        engine=str(tables["engine"]["name"]),
        memory=memory,
        threads=int(threads) or os.cpu_count() or 1,
        method=(home / Path(method).expanduser()) if method else None,
        store=str(tables["store"]["url"]),
        spark_master=str(tables["spark"]["master"]),
        spark_conf={key: str(value) for key, value in tables["spark"].get("conf", {}).items()},
        pages=int(limits["pages"]),
        seconds=int(limits["seconds"]),
        actors=int(limits["actors"]),
        pictures=_parse_boolean("collect.pictures", tables["collect"]["pictures"]),
        contact=str(tables["collect"]["contact"]),
        networks=networks,
        run_at=_parse_time(str(tables["run"]["at"])),
        serve=_parse_serve(tables["serve"], home),
        operator=_parse_operator(home, tables["operator"]),
        retention=_parse_retention(tables["retention"]),
        mail=_parse_mail(tables["mail"]),
    )


def _parse_serve(table: Mapping[str, Any], home: Path) -> ServeSettings:
    """Validate the settings of the web server."""
    for name, choices in _CHOICES.items():
        if table[name] not in choices:
            raise InvalidSettingsError(f"serve.{name} is {table[name]!r}; write {' or '.join(map(repr, choices))}")
    url = str(table["url"])
    if url and not _URL_PATTERN.fullmatch(url):
        # The message omits the value: it may contain a password.
        raise InvalidSettingsError(
            "serve.url is not valid; write a URL without a password or query string, such as https://renown.example"
        )
    if (webmentions := str(table["webmentions"]).lower()) not in _BOOLEANS:
        raise InvalidSettingsError(f"serve.webmentions is {table['webmentions']!r}; write true or false")
    numbers = {name: str(table[name]) for name in _MAX_VALUES}
    for name, value in numbers.items():
        if not (value.isascii() and value.isdecimal() and int(value) <= _MAX_VALUES[name]):
            raise InvalidSettingsError(f"serve.{name} is {value!r}; write a whole number up to {_MAX_VALUES[name]}")
    return ServeSettings(
        host=str(table["host"]),
        port=int(numbers["port"]),
        url=url,
        visibility=str(table["visibility"]),
        unproven=str(table["unproven"]),
        landmarks=home / Path(str(table["landmarks"])).expanduser() if table["landmarks"] else None,
        webmentions=_BOOLEANS[webmentions],
        per_second=int(numbers["per_second"]),
        per_day=int(numbers["per_day"]),
        keys_per_person=int(numbers["keys_per_person"]),
        key_per_second=int(numbers["key_per_second"]),
        key_per_day=int(numbers["key_per_day"]),
        connections=int(numbers["connections"]),
        connections_per_address=int(numbers["connections_per_address"]),
        request_seconds=int(numbers["request_seconds"]),
        trusted_proxy=_parse_proxies(str(table["trusted_proxy"])),
        access_log=_parse_boolean("serve.access_log", table["access_log"]),
        metrics_token=str(table["metrics_token"]),
        private_webhooks=_parse_boolean("serve.private_webhooks", table["private_webhooks"]),
    )


def _parse_operator(home: Path, table: Mapping[str, Any]) -> OperatorSettings:
    """Validate who is responsible for the site."""
    texts = {name: str(table[name]).strip() for name in ("name", "mail", "authority")}
    if texts["mail"] and "@" not in texts["mail"]:
        raise InvalidSettingsError(
            f"operator.mail is {texts['mail']!r}; write a mail address, such as privacy@renown.example"
        )
    key = str(table["key"])
    if key and len(key) < _MIN_KEY_LENGTH:
        # The value is not repeated: it may be a part of a better one.
        raise InvalidSettingsError(
            f"operator.key has {len(key)} characters, which can be guessed; write {_MIN_KEY_LENGTH} or more random "
            "ones, for example from `openssl rand -hex 24`"
        )
    lines = re.split(r"[,\n]", str(table["address"]))
    return OperatorSettings(
        **texts,
        address=tuple(line.strip() for line in lines if line.strip()),
        key=key,
        notice=home / Path(str(table["notice"])).expanduser() if table["notice"] else None,
    )


def _parse_retention(table: Mapping[str, Any]) -> RetentionSettings:
    """Validate the days after which data is deleted."""
    days = {name: str(value) for name, value in table.items()}
    for name, value in days.items():
        if not (value.isascii() and value.isdecimal() and int(value) <= _MAX_RETENTION_DAYS):
            raise InvalidSettingsError(f"retention.{name} is {value!r}; write a number of days, 0 to delete nothing")
    return RetentionSettings(**{name: int(value) for name, value in days.items()})


def _parse_mail(table: Mapping[str, Any]) -> MailSettings:
    """Validate the settings of mails."""
    texts = {name: str(table[name]).strip() for name in ("host", "security", "user", "password", "sender")}
    if texts["security"] not in _MAIL_SECURITY:
        raise InvalidSettingsError(
            f"mail.security is {texts['security']!r}; write {', '.join(map(repr, _MAIL_SECURITY))}"
        )
    port = str(table["port"])
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MAX_VALUES["port"]):
        raise InvalidSettingsError(f"mail.port is {port!r}; write a whole number up to {_MAX_VALUES['port']}")
    if texts["host"] and "@" not in texts["sender"]:
        raise InvalidSettingsError(
            f"mail.sender is {texts['sender']!r}; write the address that mails come from, such as score@renown.example"
        )
    if texts["user"] and texts["security"] == "none":
        raise InvalidSettingsError("mail.password would be sent unencrypted; set mail.security to 'starttls' or 'tls'")
    return MailSettings(port=int(port), **texts)


def _parse_boolean(name: str, value: object) -> bool:
    if str(value).lower() not in _BOOLEANS:
        raise InvalidSettingsError(f"{name} is {value!r}; write true or false")
    return _BOOLEANS[str(value).lower()]


def _parse_proxies(text: str) -> tuple[str, ...]:
    """Parse addresses and networks, separated by commas."""
    addresses = tuple(part.strip() for part in text.split(",") if part.strip())
    for address in addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError as error:
            raise InvalidSettingsError(
                f"serve.trusted_proxy contains {address!r}; "
                "write IP addresses or networks such as '127.0.0.1, 10.0.0.0/8'"
            ) from error
    return addresses


def _parse_time(text: str) -> timedelta:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo:
        raise InvalidSettingsError(f"run.at is {text!r}; write a UTC time such as '00:10'")
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _setting_names(defaults: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{table}.{key}" for table, keys in defaults.items() for key in keys]
