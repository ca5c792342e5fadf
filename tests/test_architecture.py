"""The house rules that no linter knows: who may import whom, and how large a file may grow."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "layers" / "almanac"
MODULES = sorted((SOURCE / "almanac").rglob("*.py"))
HANDLERS = sorted((ROOT / "functions").rglob("*.py"))
OURS = [*MODULES, *HANDLERS]

SDKS = {"boto3", "botocore", "google", "googleapiclient", "httplib2", "pg8000"}
IMPURE = {"asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading", "time"}
HANDLER_LINES = 60
FUNCTION_LINES = 40
LONGEST_CHAIN = 14
MOST_MODULES = 15

# Who may import which parts of almanac; a part allows what lies below it. A module in no row may import no adapter.
ARROWS = {
    "almanac.domain": {"almanac.domain", "almanac.errors"},
    "almanac.services": {
        "almanac.domain",
        "almanac.services",
        "almanac.errors",
        "almanac.jobs",
        "almanac.settings",
        "almanac.validation",
    },
    "almanac.providers": {
        "almanac.providers",  # of another provider nothing, as a test of its own says
        "almanac.domain",
        "almanac.services",
        "almanac.errors",
    },
    "almanac.adapters": {
        "almanac.adapters",
        "almanac.domain",
        "almanac.services",
        "almanac.errors",
        "almanac.jobs",
        "almanac.settings",
        "almanac.strict_json",
        "almanac.validation",
        "almanac.migrations",
    },
    "almanac.presentation": {
        "almanac.presentation",
        "almanac.domain",
        "almanac.services",
        "almanac.errors",
        "almanac.jobs",
    },
    "almanac.jobs": {"almanac.errors", "almanac.domain", "almanac.validation"},
    "almanac.settings": {"almanac.errors", "almanac.domain", "almanac.validation"},
    "almanac.strict_json": set(),
    "almanac.validation": set(),
    "almanac.errors": set(),
}
# Of the services, whoever implements them sees the contracts only.
CONTRACTS = {"ports", "provider", "clock"}
SEE_EVERYBODY = ("almanac.wiring", "almanac.cli.session", "almanac.__main__")


def identify(path: Path) -> str:
    return str(path.relative_to(ROOT))


def over(paths: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Makes one test of a rule for all these files: a case a file would cost more to report than the rule to check."""
    files = sorted(paths)

    def of_rule(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken: list[str] = []
            for path in files:
                try:
                    check(path)
                except AssertionError as error:
                    broken.append(str(error).partition("\nassert ")[0])
            assert files, "the rule is about nothing"
            assert not broken, "\n".join(broken)

        return test

    return of_rule


@cache
def module_name(path: Path) -> str:
    base = SOURCE if path.is_relative_to(SOURCE) else ROOT
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def within(name: str, parts: set[str] | tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(part + ".") for part in parts)


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a file, which a dozen of tests only read."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=identify(path))


@cache
def imports(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and dotted name of everything imported; `from a import b` counts as a.b, for b may be a module."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found += ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
    return found


def complaints(path: Path, refused: Iterable[tuple[int, str]], rule: str) -> str:
    return "".join(f"\n{identify(path)}:{line} imports {name}, but {rule}" for line, name in refused)


def imported_at_load(body: list[ast.stmt]) -> Iterable[ast.Import | ast.ImportFrom]:
    """The import statements that loading a module runs: those in functions and under TYPE_CHECKING wait."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If):
            yield from imported_at_load(node.orelse if "TYPE_CHECKING" in ast.unparse(node.test) else node.body)
        elif isinstance(node, ast.Try):
            yield from imported_at_load(node.body)


def import_graph() -> dict[str, set[str]]:
    """Per module of the package, the modules it imports by name when it is loaded."""
    paths = {module_name(path): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        found: set[str] = set()
        for node in imported_at_load(parsed(path).body):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            else:  # `from a import b`: b when it is a module, else a
                dotted = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {each if each in paths else str(node.module) for each in dotted}
        graph[name] = found & paths.keys() - {name}
    return graph


def longest_chains(graph: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Per module its longest chain of imports, itself first. Raises CycleError."""
    chains: dict[str, tuple[str, ...]] = {}
    for name in TopologicalSorter(graph).static_order():
        chains[name] = (name, *max((chains[each] for each in graph[name]), key=len, default=()))
    return chains


def in_layer(layer: str) -> list[Path]:
    return [path for path in MODULES if within(module_name(path), (layer,))]


@over(MODULES)
def test_a_module_imports_only_the_parts_of_almanac_below_it(path: Path) -> None:
    name = module_name(path)
    if within(name, SEE_EVERYBODY):
        return
    layer = next((layer for layer in ARROWS if within(name, (layer,))), None)
    refused = (
        (line, target)
        for line, target in imports(parsed(path))
        if within(target, ("almanac",))
        and (within(target, ("almanac.adapters",)) if layer is None else not within(target, ARROWS[layer]))
    )
    allowed = ", ".join(sorted(ARROWS[layer])) if layer else "anything but almanac.adapters"
    message = complaints(path, refused, f"{layer or name} may import of almanac only: {allowed or 'nothing'}")
    assert not message, message


@over([*in_layer("almanac.adapters"), *in_layer("almanac.providers")])
def test_adapters_and_providers_see_only_the_contracts_of_the_services(path: Path) -> None:
    refused = (
        (line, name)
        for line, name in imports(parsed(path))
        if within(name, ("almanac.services",)) and not CONTRACTS & set(name.split("."))
    )
    message = complaints(path, refused, f"of the services it may see only {', '.join(sorted(CONTRACTS))}")
    assert not message, message


PROVIDERS = sorted(path.parent.name for path in (SOURCE / "almanac" / "providers").glob("*/__init__.py"))


@over(MODULES)
def test_a_provider_is_known_to_itself_and_to_wiring_only(path: Path) -> None:
    name = module_name(path)
    if within(name, ("almanac.wiring",)):
        return
    others = {f"almanac.providers.{each}" for each in PROVIDERS if not within(name, (f"almanac.providers.{each}",))}
    refused = ((line, target) for line, target in imports(parsed(path)) if within(target, others))
    message = complaints(path, refused, "only wiring names a provider, and none imports another")
    assert not message, message


# Names that are stored or public (codes, keys of JSON) are made of the provider's own name as it runs.
WITHOUT_A_PROVIDER = [
    *in_layer("almanac.domain"),
    *in_layer("almanac.services"),
    *(SOURCE / "almanac" / name for name in ("jobs.py", "errors.py", "queue_consumer.py", "lambda_runtime.py")),
]


@over(WITHOUT_A_PROVIDER)
def test_nothing_within_speaks_of_a_provider_by_name(path: Path) -> None:
    named = [
        f"\n{identify(path)}:{number} names {provider}: that belongs into almanac.providers.{provider}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for provider in PROVIDERS
        if provider in line.lower()
    ]
    assert not named, "".join(named)


STATEMENTS = sorted((SOURCE / "almanac" / "adapters").rglob("*.sql"))


@over([*in_layer("almanac.adapters"), *STATEMENTS])
def test_rows_get_their_provider_as_a_parameter(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    literals = [each for each in PROVIDERS if re.search(f"""['"]{each}['"]""", text)]
    assert not literals, f"{identify(path)} holds {', '.join(literals)}: take it as a parameter"


@over(in_layer("almanac.domain"))
def test_the_domain_knows_the_standard_library_only(path: Path) -> None:
    refused = (
        (line, name)
        for line, name in imports(parsed(path))
        if not within(name, ("almanac",)) and name.split(".")[0] not in sys.stdlib_module_names
    )
    message = complaints(path, refused, "the domain uses the standard library only")
    assert not message, message


@over(in_layer("almanac.domain"))
def test_the_domain_does_no_input_or_output(path: Path) -> None:
    # `random.Random` repeats itself when it is seeded, which the next test checks; the module's own functions do not.
    refused = (
        (line, name) for line, name in imports(parsed(path)) if name.split(".")[0] in IMPURE and name != "random.Random"
    )
    message = complaints(path, refused, "the domain has no clock, unseeded chance, logging or input and output")
    assert not message, message


@over(in_layer("almanac.domain"))
def test_the_domain_reads_no_clock_and_seeds_its_chance(path: Path) -> None:
    found = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    message = "".join(
        f"\n{identify(path)}:{call.lineno} reads the clock with .{call.func.attr}(): take the instant as an argument"
        for call in found
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"now", "utcnow", "today"}
    )
    message += "".join(
        f"\n{identify(path)}:{call.lineno} makes a Random without a seed: no run could be repeated"
        for call in found
        if isinstance(call.func, ast.Name) and call.func.id == "Random" and not call.args
    )
    assert not message, message


@over(in_layer("almanac.services"))
def test_services_import_no_sdk(path: Path) -> None:
    refused = ((line, name) for line, name in imports(parsed(path)) if within(name, SDKS | {"aws_lambda_powertools"}))
    message = complaints(path, refused, "a use case reaches the outside through the ports.py of its room")
    assert not message, message


@over(HANDLERS)
def test_handlers_leave_sdks_adapters_and_the_environment_to_wiring(path: Path) -> None:
    tree = parsed(path)
    closed = SDKS | {"almanac.adapters", "os.environ", "os.getenv"}
    refused = ((line, name) for line, name in imports(tree) if within(name, closed))
    message = complaints(path, refused, "almanac.wiring is the place for that")
    message += "".join(
        f"\n{identify(path)}:{node.lineno} reads os.{node.attr}: settings belong in almanac.settings"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )
    assert not message, message


@over(HANDLERS)
def test_a_function_folder_holds_one_short_handler(path: Path) -> None:
    assert path.name == "handler.py", f"{identify(path)}: a function folder holds handler.py only; code goes to almanac"
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= HANDLER_LINES, (
        f"{identify(path)} has {lines} lines, more than {HANDLER_LINES}: move work to services"
    )


WIRING = in_layer("almanac.wiring")


def origins(tree: ast.Module) -> dict[str, str]:
    """Module by name, of what a module imports, for type checking only too."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {alias.asname or alias.name: node.module or "" for node in found for alias in node.names}


@cache
def wired() -> dict[str, str]:
    """Module by property, of the type that each property of the wiring has."""
    found: dict[str, str] = {}
    for path in WIRING:
        tree = parsed(path)
        modules = origins(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.returns is not None:
                said = ast.literal_eval(node.returns) if isinstance(node.returns, ast.Constant) else None
                name = str(said).partition("[")[0] if said else ast.unparse(node.returns)
                found[node.name] = modules.get(name, "")
    return found


@over(in_layer("almanac.cli"))
def test_a_command_reaches_only_use_cases(path: Path) -> None:
    """It takes of the wiring what the services define and no port, and gives the wiring no other name."""
    if module_name(path) == "almanac.cli.session":  # opens and closes the wiring
        return
    tree, modules = parsed(path), wired()
    refused = ((line, name) for line, name in imports(tree) if within(name, ("almanac.adapters", "almanac.wiring")))
    message = complaints(path, refused, "a command calls use cases, through session.wiring")
    wirings = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "wiring"]
    taken = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "wiring"
    ]
    if len(wirings) != len(taken):
        message += f"\n{identify(path)} gives session.wiring another name: write session.wiring.<use case>"
    for node in taken:
        module = modules.get(node.attr, "")
        if not within(module, ("almanac.services",)) or CONTRACTS & set(module.split(".")):
            message += f"\n{identify(path)}:{node.lineno} takes {node.attr} of {module or 'no use case'}"
    assert not message, message


@over(OURS)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    long = [
        f"\n{identify(path)}:{node.lineno} {node.name} has {length} lines, more than {FUNCTION_LINES}: split it"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and (length := node.end_lineno - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not long, "".join(long)


def test_no_chain_of_imports_is_long_or_closes_to_a_circle() -> None:
    longest = max(longest_chains(import_graph()).values(), key=len)
    assert len(longest) <= LONGEST_CHAIN, (
        f"{len(longest)} modules load each other, more than {LONGEST_CHAIN}: move down what the upper ones share"
        + "".join(f"\n  {name}" for name in longest)
    )


def test_a_chain_counts_modules_and_follows_the_longest_way() -> None:
    graph = {"a": {"b", "d"}, "b": {"c"}, "c": {"d"}, "d": set[str]()}
    assert longest_chains(graph)["a"] == ("a", "b", "c", "d")
    with pytest.raises(CycleError):
        longest_chains({"a": {"b"}, "b": {"a"}})


@over({path.parent for path in MODULES})
def test_no_folder_holds_more_modules_than_a_reader_can_survey(folder: Path) -> None:
    count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
    assert count <= MOST_MODULES, (
        f"{identify(folder)} holds {count} modules, more than {MOST_MODULES}: give some a room of their own"
    )


def test_a_leaf_of_the_planner_loads_no_search() -> None:
    code = "import sys, almanac.domain.planner.model.slot_mask; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )
    loaded = {name for name in run.stdout.split() if within(name, ("almanac",))}
    assert loaded == {
        "almanac",
        "almanac.domain",
        "almanac.domain.planner",
        "almanac.domain.planner.model",
        "almanac.domain.planner.model.slot_mask",
    }


@over(OURS)
def test_a_module_is_named_after_what_it_does(path: Path) -> None:
    vague = {"utils", "util", "common", "core", "helpers", "misc"} & set(module_name(path).split("."))
    assert not vague, f"{identify(path)}: {vague} says nothing; name the module after what is in it"


@over(MODULES)
def test_public_names_have_a_docstring(path: Path) -> None:
    silent = [
        f"\n{identify(path)}:{node.lineno} {node.name} has no docstring: say what it is, units, errors raised"
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent, "".join(silent)


IMPORT_EACH = """
import importlib, json, socket, sys
sys.path[:0] = json.loads(sys.argv[1])

def refuse(*args, **kwargs):
    raise OSError("a connection at import")

socket.socket.connect = socket.getaddrinfo = refuse
failed = {}
for name in json.loads(sys.argv[2]):
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
print(json.dumps(failed))
"""


def test_every_module_imports_without_environment_network_or_credentials() -> None:
    names = [module_name(path) for path in OURS if path.name != "__main__.py"]
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, json.dumps([str(SOURCE), str(ROOT)]), json.dumps(names)],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    failed = json.loads(run.stdout.splitlines()[-1])
    assert not failed, "".join(f"\nimport {name}: {error}" for name, error in failed.items())
