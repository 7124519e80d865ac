"""The description of the API (OpenAPI), and its page for people."""

import importlib.util
import re
from pathlib import Path

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

import community
from community import app_of
from renown.web.api import openapi

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Return a client of a community."""
    home = community.create_community(tmp_path_factory.mktemp("described") / "home")
    with TestClient(app_of(home), base_url="http://x", follow_redirects=False) as test_client:
        yield test_client


@pytest.fixture(scope="module")
def description(client):
    """Return the description."""
    return client.get("/api/openapi.json").json()


@pytest.fixture(scope="module")
def operations(description):
    """Return the operations by method and path."""
    operations = {f"{method} {path}": operation for method, path, operation in openapi.list_operations(description)}
    assert len(operations) > 20
    return operations


def test_every_route_is_described(description, operations):
    """Each has a summary, a tag and an operation id of its own; what it returns has an example."""
    tags = {tag["name"] for tag in description["tags"]}
    assert len(operations) == len({operation["operationId"] for operation in operations.values()})
    for path, operation in operations.items():
        assert re.fullmatch(r"[A-Z][^\n]{10,119}[^.\n]", operation["summary"]), path
        assert set(operation["tags"]) <= tags, path
        assert "204" in operation["responses"] or openapi.find_answer(operation)["application/json"]["example"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
            assert "example" in parameter or not parameter["required"], (path, parameter["name"])


def test_errors_have_examples_that_conform(description, operations):
    """Every route tells the same errors; each example has the code of its status."""
    for path, operation in operations.items():
        errors = {status: response for status, response in operation["responses"].items() if status >= "300"}
        assert {"400", "401", "404", "409", "414", "429", "500", "503"} == set(errors), path
        for status, response in errors.items():
            content = response["content"]["application/json"]
            for code, example in content["examples"].items():
                assert (int(status), code) == (example["value"]["error"]["status"], example["value"]["error"]["code"])
                assert not find_errors(description, content | {"example": example["value"]})


def test_examples_conform_to_their_schemas(description, operations):
    """An example that does not match the code any more is written again by `docs/api_examples.py`."""
    problems = {
        path: errors
        for path, operation in operations.items()
        if (content := openapi.find_answer(operation))
        and (errors := find_errors(description, content["application/json"]))
    }

    assert {} == problems
    assert set(openapi.load_examples()) == {name for name in operations if not name.startswith("DELETE")}
    request = operations["POST /webhooks"]["requestBody"]["content"]["application/json"]
    assert not find_errors(description, request)
    assert find_errors(description, {"schema": {"$ref": "#/components/schemas/ScoreResponse"}, "example": {"score": 1}})


def test_examples_are_the_same_in_each_run_of_their_script():
    """What is random, or depends on it, is replaced: cursors, salts and digests of logs, instants, ids."""
    spec = importlib.util.spec_from_file_location("api_examples", Path(__file__).parents[1] / "docs/api_examples.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    examples = openapi.load_examples()

    assert examples == script.shorten(examples)
    entry = {"message": "x", "digest": "ab" * 32, "openings": [{"salt": "cd" * 16}]}
    other = {"message": "x", "digest": "ef" * 32, "openings": [{"salt": "01" * 16}]}
    assert script.shorten({"entries": [entry], "head": "ab", "next": "a" * 22}) == script.shorten(
        {"entries": [other], "head": "cd", "next": "b" * 22}
    )
    assert {"digest": "ab", "next": None} == script.shorten({"digest": "ab", "next": None})


def find_errors(description, content):
    """Return the messages of a validator about an example; fields that the schema does not know are errors, too."""
    schema = {"components": close_objects(description["components"]), **content["schema"]}
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(content["example"])]


def close_objects(schema):
    """Return a schema in which objects with known fields have no others."""
    if isinstance(schema, list):
        return [close_objects(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close_objects(value) for name, value in schema.items()}
    is_record = schema.get("type") == "object" and "properties" in schema
    return closed | {"additionalProperties": False} if is_record else closed


def test_keys_are_optional_in_the_description(description):
    """A client may send a key in either header, or none."""
    schemes = description["components"]["securitySchemes"]

    assert [{}, {"bearer": []}, {"header": []}] == description["security"]
    assert {"bearer", "header"} == set(schemes)
    assert "X-API-Key" == schemes["header"]["name"]


def test_page_has_every_route_for_people(client, operations):
    """Browsers get a page, programs the list of paths."""
    page = client.get("/api", headers=HTML)
    program = client.get("/api")

    assert (200, 308, "/api/") == (page.status_code, program.status_code, program.headers["location"])
    assert "Accept" in page.headers["Vary"]
    assert "Accept" in program.headers["Vary"]
    for path, operation in operations.items():
        assert f'<details id="{operation["operationId"]}">' in page.text
        method, _, route = path.partition(" ")
        assert f"<code>{'' if method == 'GET' else f'{method} '}/api{route}</code>" in page.text
    assert "<script" not in page.text.replace("<script src=", "")
