"""Files of `deploy/`: the programs that read them accept them (skipped without), and they fit this version."""

import ipaddress
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
import typer.main

from community import create_community
from conftest import new_home
from renown import cli
from renown.home.folder import load_home_settings
from renown.settings.file import list_variables
from renown.store import KEY_VARIABLE
from test_connections import running

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
SERVICES = ["renown.service", "renown-run.service", "renown-stream.service"]
UNITS = [*SERVICES, "renown-run.timer"]
OWN_VARIABLES = {"RENOWN_HOME", "RENOWN_DOMAIN", "RENOWN_UPSTREAM", KEY_VARIABLE}
"""Variables that are no settings: of the home, and of the compose file and Caddy."""


def find_program(name):
    """Return the path of a program; skip the test without it."""
    path = shutil.which(name) or shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin")
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*command):
    """Run a program; return what it prints, and fail if it does."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    output = result.stdout + result.stderr
    assert 0 == result.returncode, output
    return output


def test_systemd_accepts_the_units(tmp_path):
    """Without a warning, and with its best rating of sandboxes; their command is one that every machine has."""
    program = find_program("systemd-analyze")
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/renown/bin/renown", "/bin/true"), encoding="utf-8")
    assert "" == run(program, "verify", *(str(tmp_path / name) for name in UNITS))
    for name in SERVICES:
        rating = run(program, "security", "--no-pager", "--offline=true", "--threshold=20", str(tmp_path / name))
        assert "OK" in rating.splitlines()[-1]


def test_services_have_one_sandbox():
    """They read and write the same files; a line that one lacks is an oversight."""
    server, *others = (
        (DEPLOY / name).read_text(encoding="utf-8").partition("\nUMask=")[2].partition("\n\n")[0].strip().splitlines()
        for name in SERVICES
    )
    assert [server] * 2 == others
    assert "ReadWritePaths=/srv/renown" in server


def test_nginx_accepts_its_site(tmp_path):
    """Without a warning, as it is and with HTTP/2 as its comment says; with a certificate of this test."""
    program, file = find_program("nginx"), write_site(tmp_path, {})
    site = file.read_text(encoding="utf-8")
    version = tuple(map(int, re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", run(program, "-v")).groups()))
    http2 = site.replace("443 ssl;", "443 ssl http2;")
    if version >= (1, 25, 1):
        http2 = site.replace("listen 443 ssl;", "listen 443 ssl;\n    http2 on;")
    for text in (site, http2):
        file.write_text(text, encoding="utf-8")
        output = run(program, "-t", "-p", str(tmp_path), "-c", str(file))
        assert "test is successful" in output
        assert "[warn]" not in output


@pytest.mark.proof
def test_visitors_behind_nginx_are_counted_apart(tmp_path):
    """Each has limits of their own, whatever address they claim; a page may have 150 pictures; links are https."""
    nginx, home = find_program("nginx"), create_community(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        own = f"127.0.0.1:{probe.getsockname()[1]}"
    with running(home, tmp_path / "log", trusted_proxy="127.0.0.1", per_day=100) as port:
        file = write_site(
            tmp_path, {r"127\.0\.0\.1:8000": f"127.0.0.1:{port}", r"listen 443 .*;": f"listen {own} ssl;"}
        )
        with subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(file), "-g", "daemon off;"]) as proxy:
            try:
                remaining = [
                    re.search(r"r=(\d+)", fetch(own, source, claimed).headers["ratelimit"])[1]
                    for source, claimed in [("127.0.0.2", ""), ("127.0.0.2", "192.0.2.9"), ("127.0.0.3", "127.0.0.2")]
                ]
                robots, metrics = (fetch(own, "127.0.0.4", "", path) for path in ("/robots.txt", "/metrics"))
                with httpx2.Client(base_url=f"https://{own}", verify=False) as client:
                    pictures = {client.get("/healthz").status_code for _ in range(150)}
            finally:
                proxy.terminate()

    assert ["99", "98", "99"] == remaining
    assert "Sitemap: https://renown.example/sitemap.xml" in robots.text
    assert (200, 404) == (robots.status_code, metrics.status_code)
    assert ["max-age=31536000"] * 2 == [page.headers["strict-transport-security"] for page in (robots, metrics)]
    assert {200} == pictures


def write_site(folder, changes):
    """Write a configuration of nginx with the site, a certificate of its own and changes; return the file."""
    certificate, key = folder / "c.pem", folder / "k.pem"
    command = [find_program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=renown.example"]
    run(*command, "-days", "1", "-keyout", str(key), "-out", str(certificate))
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    site = site.replace("/etc/ssl/renown.example.pem", str(certificate))
    site = site.replace("/etc/ssl/private/renown.example.key", str(key))
    if changes:
        # Free ports of this machine, and no redirect, whose port others may use.
        site = re.sub(r"server \{\s+listen 80;.*?\n\}", "", site, flags=re.DOTALL)
        site = re.sub(r"listen \[::\].*;", "", site)
    for pattern, replacement in changes.items():
        site = re.sub(pattern, replacement, site)
    file = folder / "nginx.conf"
    main = f"error_log stderr;\npid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{site}\n}}\n"
    file.write_text(main, encoding="utf-8")
    return file


def fetch(host, source, claimed, path="/api/people/ann/score"):
    """Request a page from one of this machine's addresses, with a forged header; wait until the proxy has started."""
    headers = {"Host": "renown.example"} | ({"X-Forwarded-For": claimed} if claimed else {})
    deadline = time.monotonic() + 10
    while True:
        transport = httpx2.HTTPTransport(local_address=source, verify=False)
        with httpx2.Client(transport=transport, timeout=10) as client:
            try:
                return client.get(f"https://{host}{path}", headers=headers)
            except httpx2.ConnectError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.1)


def test_caddy_accepts_its_site(tmp_path):
    """As it is."""
    program = find_program("caddy")
    shutil.copy(DEPLOY / "Caddyfile", tmp_path / "Caddyfile")
    assert "Valid configuration" in run(
        program, "validate", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")
    )


def test_hadolint_accepts_the_container_file():
    """Without a warning."""
    assert "" == run(find_program("hadolint"), str(DEPLOY / "Containerfile"))


def test_compose_file_is_hardened_and_complete():
    """Only the proxy has open ports; renown cannot write to its image, and has its health check; all is declared."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert ["caddy"] == [name for name, service in services.items() if "ports" in service]
    for name in ("renown", "caddy"):
        assert services[name]["read_only"]
        assert ["ALL"] == services[name]["cap_drop"]
    assert all("no-new-privileges:true" in service["security_opt"] for service in services.values())
    volumes = {volume.partition(":")[0] for service in services.values() for volume in service["volumes"]}
    assert set(compose["volumes"]) == {volume for volume in volumes if not volume.startswith(".")}
    assert set(compose["networks"]) == {network for service in services.values() for network in service["networks"]}
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    health = services["renown"]["healthcheck"]
    assert json.dumps(health["test"]) in image.replace("CMD [", '["CMD", ')
    for option in ("interval", "timeout", "start_period", "retries"):
        assert f"--{option.replace('_', '-')}={health[option]} " in image
    proxy = services["caddy"]["networks"]["frontend"]["ipv4_address"]
    assert proxy == services["renown"]["environment"]["RENOWN_TRUSTED_PROXY"]
    ipv4, ipv6 = compose["networks"]["frontend"]["ipam"]["config"]
    assert 6 == ipaddress.ip_network(ipv6["subnet"]).version
    assert ipaddress.ip_address(proxy) in ipaddress.ip_network(ipv4["subnet"])
    assert ipaddress.ip_address(proxy) not in ipaddress.ip_network(ipv4["ip_range"])  # others get theirs from it


def test_example_of_variables_leaves_the_rest_to_the_settings(tmp_path):
    """It has what the compose file needs; a variable without a value would override `settings.toml`."""
    lines = re.findall(r"^(#?)(\w+)=(.*)$", (DEPLOY / "env.example").read_text(encoding="utf-8"), re.MULTILINE)
    required = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    assert required <= {name for comment, name, _ in lines if not comment}
    assert required == {name for _, name, _ in lines} - {variable for variable, _, _ in list_variables()} - {
        KEY_VARIABLE
    }
    settings = {name: value for comment, name, value in lines if not comment and name not in required}
    assert "" not in settings.values()
    assert settings["RENOWN_CONTACT"] == load_home_settings(new_home(tmp_path / "home"), settings).collect.contact


def test_variables_are_settings():
    """Each variable that the files set is one that renown reads."""
    known = {variable for variable, _, _ in list_variables()} | OWN_VARIABLES
    used = {
        variable
        for file in DEPLOY.iterdir()
        for variable in re.findall(r"\bRENOWN_[A-Z_]+", file.read_text(encoding="utf-8"))
    }
    assert {"RENOWN_STORE", "RENOWN_TRUSTED_PROXY"} < used
    assert set() == used - known


def test_commands_exist():
    """Each command that a file runs has these options."""
    application = typer.main.get_command(cli.app)
    lines = [
        line
        for file in DEPLOY.iterdir()
        for line in re.findall(
            r"(?:renown/bin/|exec |\")(renown (?:init|run|serve|stream)[a-z -]*)", file.read_text("utf-8")
        )
    ]
    assert {"renown run", "renown serve --every day", "renown stream bluesky"} <= set(map(str.strip, lines))
    for line in lines:
        command, (name, *options) = application, shlex.split(line)
        while hasattr(command, "get_command"):
            name, *options = options
            command = command.get_command(None, name)
        command.make_context(name, options)


def test_image_has_what_it_is_built_from():
    """Each copied file exists, and is not left out of the context; the last stage runs without root."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    sources = [
        source for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for source in line.split()
    ]
    included = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sources) == sorted(included)
    assert all((ROOT / source).exists() for source in sources)
    last_stage = text.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", last_stage, re.MULTILINE)
    assert "/healthz" in last_stage


def test_image_can_dump_the_database_of_the_compose_file():
    """`pg_dump` refuses a newer server; backups need a place to write to, and a restore an empty home."""
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    [server] = re.findall(r"postgres:(\d+)-", compose)
    [client] = re.findall(r"postgresql-client-(\d+)=", image)
    assert int(client) >= int(server)
    assert re.search(r"install --directory .*--owner=renown .*/srv/renown /backup", image)
    assert "- backup:/backup" in compose
    assert "--no-create-home" in image
