"""Settings: one list of names, types and defaults; errors say what to write."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from renown import cli
from renown.engines import ENGINES
from renown.errors import HomeError, InvalidSettingsError
from renown.home import create_home, open_home
from renown.settings import SETTINGS_FILE, TEMPLATE, Settings, check_variables, load_settings
from renown.settings.file import list_variables
from renown.settings.tables import EngineSettings


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the settings file of a new home."""
    (tmp_path / SETTINGS_FILE).write_text(TEMPLATE, encoding="utf-8")
    return tmp_path


def test_settings_file_of_a_new_home_has_the_defaults(folder):
    """All of them, each with its environment variable."""
    assert Settings(home=folder) == load_settings(folder, {})
    table, variables = "", {}
    for line in TEMPLATE.partition("# Settings of one network")[0].splitlines():
        table = match[1] if (match := re.match(r"\[(\w+)\]", line)) else table
        if match := re.match(r"(\w+) = .*# (RENOWN_\w+)", line):
            variables[match[2]] = (table, match[1])
    assert variables == {variable: (table, key) for variable, table, key in list_variables() if table != "spark"}


def test_init_writes_missing_settings_again(tmp_path):
    """As the error about a missing file says; a file that is there, also a damaged one, stays as it is."""
    home = tmp_path / "a home"
    file, init = home / SETTINGS_FILE, ["--home", str(home), "init"]
    with pytest.raises(HomeError, match=rf"create one with `renown --home '{home}' init`"):
        open_home(home, {})
    CliRunner().invoke(cli.app, init)
    file.unlink()
    with pytest.raises(InvalidSettingsError, match=rf"is missing; .* `renown --home '{home}' init`"):
        load_settings(home, {})

    restored = CliRunner().invoke(cli.app, init)

    assert "settings file was missing and is there again" in restored.output
    assert TEMPLATE == file.read_text(encoding="utf-8")
    file.write_text("[engine", encoding="utf-8")
    with pytest.raises(InvalidSettingsError, match="correct the file, or remove it and write one"):
        load_settings(home, {})
    assert "is a home already\n" in CliRunner().invoke(cli.app, init).output
    assert "[engine" == file.read_text(encoding="utf-8")


def test_token_of_metrics_is_no_token_of_a_network(folder):
    """Its variable looks like that of a network named metrics."""
    settings = load_settings(folder, {"RENOWN_METRICS_TOKEN": "sesame"})

    assert ("sesame", {}) == (settings.serve.metrics_token, settings.networks)


def test_environment_overrides_the_file(folder):
    """Text becomes a number, a boolean, a list or a path of the home; blanks around it do not matter."""
    environment = {
        "RENOWN_THREADS": "3",
        "RENOWN_PORT": " 80 ",
        "RENOWN_ACCESS_LOG": "True",
        "RENOWN_TRUSTED_PROXY": "127.0.0.1, 10.0.0.0/8",
        "RENOWN_OPERATOR_ADDRESS": "1 High Street\nTown",
        "RENOWN_LANDMARKS": "landmarks.toml",
        "RENOWN_METHOD": "",
        "RENOWN_X_MAX_DOLLARS": "2.50",
    }

    settings = load_settings(folder, environment)

    assert (3, 80, True) == (settings.engine.thread_count, settings.serve.port, settings.serve.access_log)
    assert ("127.0.0.1", "10.0.0.0/8") == settings.serve.trusted_proxy
    assert ("1 High Street", "Town") == settings.operator.address
    assert (folder / "landmarks.toml", None) == (settings.serve.landmarks, settings.method.file)
    assert 2.5 == settings.network("x").max_dollars


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("RENOWN_PORT", "70000", "serve.port is '70000'; write a whole number up to 65535"),
        ("RENOWN_PAGES", "0", "collect.pages is '0'; write a whole number of 1 or more"),
        ("RENOWN_THREADS", "two", "engine.threads is 'two'; write a whole number up to 1000000"),
        ("RENOWN_MEMORY", "3", "engine.memory is '3'; write a number and MB or GB, such as '2GB'"),
        ("RENOWN_ENGINE", "sparc", "engine.name is 'sparc'; write 'duckdb' or 'spark'"),
        ("RENOWN_PICTURES", "maybe", "collect.pictures is 'maybe'; write true or false"),
        ("RENOWN_MAIL_SECURITY", "ssl", "mail.security is 'ssl'; write 'starttls' or 'tls' or 'none'"),
        ("RENOWN_X_MAX_DOLLARS", "nan", "networks.x.max_dollars is 'nan'; write an amount in dollars, such as 2.50"),
        ("RENOWN_X_QUOTA", "-1", "networks.x.quota is '-1'; write a whole number, 0 for no limit of yours"),
        ("RENOWN_MAIL_HOST", "mail.example", "mail.sender is ''; write the address that mails come from"),
    ],
)
def test_errors_say_what_to_write(folder, variable, value, message):
    """With the name of the setting and the value."""
    with pytest.raises(InvalidSettingsError, match=re.escape(message)):
        load_settings(folder, {variable: value})


def test_engines_of_the_settings_are_those_that_exist():
    """A server does not start with another one, whose runs would fail every night."""
    assert set(ENGINES) == set(get_args(get_type_hints(EngineSettings)["name"]))


def test_server_does_not_start_with_a_method_that_cannot_be_read(folder):
    """Its pages and runs would fail."""
    create_home(folder / "home")
    arguments = ["--home", str(folder / "home"), "serve", "--port", "0"]
    result = CliRunner().invoke(cli.app, arguments, env={"RENOWN_METHOD": "missing.toml"})
    assert "there is no method" in str(result.exception)


def test_unknown_variable_is_said(folder, caplog):
    """As an error where it is meant for renown; as a warning where it resembles a known one of the process."""
    with pytest.raises(
        InvalidSettingsError, match=r"no environment variable 'RENOWN_STOR'; did you mean 'RENOWN_STORE'"
    ):
        check_variables(["RENOWN_STOR"])
    with pytest.raises(InvalidSettingsError, match=r"the comments in settings\.toml name the variables"):
        check_variables(["RENOWN_SOMETHING_ELSE"])
    check_variables(["RENOWN_STORE", "RENOWN_HOME", "RENOWN_CREDENTIALS_KEY", "RENOWN_MASTODON_TOKEN"])

    load_settings(folder, {"RENOWN_RETENTION_ACT": "400", "RENOWN_SOMETHING_ELSE": "", "RETENTION_ACTS": "1"})

    [message] = caplog.messages
    assert "RENOWN_RETENTION_ACT is unknown and ignored; did you mean RENOWN_RETENTION_ACTS?" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[serve]\nhost = 1", "serve.host is 1; write text, in quotes"),
        ("[collect]\npages = true", "collect.pages is True; write a whole number"),
        ("[networks.x]\ntoken = 987654321", "networks.x.token is not valid; write text, in quotes"),
        ("[networks.x]\nprices = 1", "networks.x.prices is 1; write"),
        ("networks = 1", "networks must have a table for each network"),
        ("[serve", "cannot read the settings"),
    ],
)
def test_errors_of_the_file(folder, text, message):
    """The values of secrets are not repeated."""
    (folder / SETTINGS_FILE).write_text(text, encoding="utf-8")

    with pytest.raises(InvalidSettingsError, match=message) as error:
        load_settings(folder, {})

    assert "987654321" not in str(error.value)


def test_former_name_of_a_setting_is_read(folder):
    """A settings file of an earlier version still works."""
    (folder / SETTINGS_FILE).write_text("[serve]\nproxies = '10.0.0.1'", encoding="utf-8")

    assert ("10.0.0.1",) == load_settings(folder, {}).serve.trusted_proxy


def test_settings_that_may_not_be_read_are_no_fault_of_the_file(tmp_path, monkeypatch):
    """They are not to be corrected or written again."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InvalidSettingsError, match="may not be read; run renown as the user of the home"):
        load_settings(tmp_path, {})
