"""The rules of the house, measured: layers, import cycles, names and sizes."""

import ast
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from renown.connectors import CONNECTORS
from renown.store.schema import metadata

SOURCE = Path(__file__).parents[1] / "src" / "renown"
Function = ast.FunctionDef | ast.AsyncFunctionDef

BANNED_NAMES = frozenset(
    ("said", "told", "asked", "found", "held", "kept", "left", "each", "one", "place", "gone", "given", "made")
)
"""Words that name nothing: participles, pronouns and metaphors. A name is the field's standard term."""
VARIADIC = frozenset({"Table", "zip", "print", "add_row", "new_table", "max", "min"})
"""Callables that take any number of equal arguments."""
STANDARD_TERMS = (
    *("paginat", "dedup", "csrf", "ssrf", "redact", "snapshot", "pipeline", "retry", "rate.limit", "confidence"),
    *("idempoten", "atomic", "compact", "queue", "schedul", "throttl", "reconnect", "upsert", "tooltip", "etag"),
    *("migration", "bootstrap", "backoff"),
)
"""Words a stranger greps for; each is written where the thing lives."""


@cache
def load_modules() -> dict[Path, ast.Module]:
    """Parse every module; not on import, since each process of the tests imports this one."""
    paths = (path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts)
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def load_texts() -> list[str]:
    """Read every file that people write."""
    paths = (path for path in SOURCE.rglob("*") if path.suffix in {".py", ".sql", ".html", ".js", ".css"})
    return [path.read_text(encoding="utf-8") for path in paths]


@cache
def nodes_by_type() -> dict[type, list[tuple[Path, ast.AST]]]:
    """Walk every module once: half a million nodes take longer than most checks of them."""
    paths_and_nodes = defaultdict(list)
    for path, tree in load_modules().items():
        for node in ast.walk(tree):
            paths_and_nodes[type(node)].append((path, node))
    return paths_and_nodes


@pytest.fixture(scope="module", autouse=True)
def _forget_modules() -> Iterator[None]:
    """Free the nodes after these tests: the garbage collector would go through them in all later ones."""
    yield
    nodes_by_type.cache_clear()
    load_modules.cache_clear()


def nodes(kind: type | tuple[type, ...]) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every node of a kind with the file it is in."""
    for node_type, paths_and_nodes in nodes_by_type().items():
        if issubclass(node_type, kind):
            yield from paths_and_nodes


def functions() -> Iterator[tuple[Path, Function]]:
    """Yield every function and method."""
    yield from nodes((ast.FunctionDef, ast.AsyncFunctionDef))


def bindings() -> Iterator[str]:
    """Yield every name that is bound to a value: parameters and assignment targets."""
    for _, node in nodes((ast.arg, ast.Name)):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node.ctx, ast.Store):
            yield node.id


def location(path: Path, node: ast.AST) -> str:
    """Return the place of a node as file:line."""
    return f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_imports_point_downwards_only():
    """No module imports from a higher layer or from a sibling layer."""
    result = subprocess.run([f"{sys.prefix}/bin/lint-imports"], capture_output=True, text=True, check=False)

    assert 0 == result.returncode, result.stdout


def test_database_has_standard_names():
    """Neither tables nor columns have a name that says nothing."""
    names = {name for table in metadata.tables.values() for name in (table.name, *table.columns.keys())}

    assert not names & BANNED_NAMES


@pytest.mark.parametrize("exclude_type_checking", [False, True])
def test_no_import_cycles(exclude_type_checking):
    """Neither modules nor packages import each other in a circle, in functions and under TYPE_CHECKING either."""
    graph = grimp.build_graph("renown", exclude_type_checking_imports=exclude_type_checking, cache_dir=None)
    imports = {(name, other) for name in graph.modules for other in graph.find_modules_directly_imported_by(name)}
    assert len(imports) > 500

    for depth in (1, 2, 3, 9):
        edges = {tuple(".".join(name.split(".")[: depth + 1]) for name in edge) for edge in imports}
        assert not cycles({edge for edge in edges if edge[0] != edge[1]}), depth


def cycles(edges: set[tuple[str, ...]]) -> set[str]:
    """Return the nodes that remain when nodes without a predecessor or without a successor are removed repeatedly."""
    while edges:
        sources, targets = ({edge[end] for edge in edges} for end in (0, 1))
        inner = {edge for edge in edges if edge[0] in targets and edge[1] in sources}
        if inner == edges:
            break
        edges = inner
    return {name for edge in edges for name in edge}


def test_a_cycle_is_found():
    """The check can fail: two modules that import each other remain, a chain does not."""
    assert {"a", "b"} == cycles({("a", "b"), ("b", "a"), ("b", "c"), ("x", "a")})
    assert set() == cycles({("a", "b"), ("b", "c")})


def test_names_are_standard_terms():
    """Banned words are under half a percent of all bindings and of all functions."""
    for names in (list(bindings()), [function.name for _, function in functions()]):
        banned = [name for name in names if name.strip("_") in BANNED_NAMES]
        assert len(names) > 1000
        assert len(banned) < len(names) * 0.005, sorted(banned)


def test_public_class_names_are_unique():
    """One name, one thing: no public class of that name in a second module."""
    modules = defaultdict(set)
    for path, tree in load_modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].add(str(path.relative_to(SOURCE)))

    assert len(modules) > 100
    assert {} == {name: paths for name, paths in modules.items() if len(paths) > 1}


def test_calls_have_at_most_five_positional_arguments():
    """More than five arguments are passed by keyword."""
    long = [
        location(path, call)
        for path, call in nodes(ast.Call)
        if len(call.args) > 5 and (getattr(call.func, "id", None) or getattr(call.func, "attr", "")) not in VARIADIC
    ]

    assert [] == long


def test_large_dataclasses_are_keyword_only():
    """A dataclass of more than five fields is constructed by keyword."""
    positional = []
    for path, node in nodes(ast.ClassDef):
        fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
        decorators = [ast.unparse(item) for item in node.decorator_list]
        if len(fields) > 5 and any("dataclass" in text and "kw_only=True" not in text for text in decorators):
            positional.append(f"{location(path, node)} {node.name}")

    assert [] == positional


def test_errors_are_raised_in_one_statement():
    """`raise X(message)`, without a variable for the message alone."""
    split = [
        location(path, node)
        for path, node in nodes(ast.Raise)
        if isinstance(node.exc, ast.Call) and [ast.unparse(argument) for argument in node.exc.args[:1]] == ["msg"]
    ]

    assert [] == split


def test_functions_are_short():
    """The median function has at most eight lines, none more than eighty."""
    lengths = [function.end_lineno - function.lineno + 1 for _, function in functions()]

    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 80


def test_modules_of_connectors_are_short():
    """Each module of a network has at most 250 lines; a larger one is a package, divided by what its parts do."""
    lengths = {
        str(path.relative_to(SOURCE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in SOURCE.glob("connectors/*/*.py")
        if path.parent.name != "http"
    }

    assert {f"connectors/{network}/__init__.py" for network in CONNECTORS} <= lengths.keys()
    assert {} == {path: length for path, length in lengths.items() if length > 250}


def test_docstrings_begin_with_a_verb():
    """The first line of a function's docstring is a sentence of its own that says what the function does."""
    odd = [
        location(path, function)
        for path, function in functions()
        if (text := ast.get_docstring(function)) and not text.splitlines()[0].strip().endswith((".", "?", ":"))
    ]

    assert [] == odd


@pytest.mark.parametrize("term", STANDARD_TERMS)
def test_standard_terms_are_found(term):
    """A stranger who greps for the field's word finds where it lives."""
    assert any(re.search(term, text, re.IGNORECASE) for text in load_texts())


def test_signed_numbers_have_no_negative_zero():
    """The format of a number with a sign has a z, so that -0.01 is printed as +0.0 in place of -0.0."""
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}

    assert {} == {path: found for path, text in texts.items() if (found := re.findall(r":\+,?\.\d[f%]", text))}
    assert any(":+z.1f" in text for text in texts.values())


def test_one_function_opens_duckdb():
    """Every DuckDB session is opened by `duckdb_session`, which sets the limits of the settings."""
    callers = [location(path, call) for path, call in nodes(ast.Call) if ast.unparse(call.func) == "duckdb.connect"]

    assert ["engines/session.py"] == [caller.partition(":")[0] for caller in callers]
