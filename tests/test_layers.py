"""Data flows one way, and so do imports: this reads them all and names each wrong arrow."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

STAGES = frozenset({"decode", "fetch", "publish", "store"})
CONDUCT = frozenset(
    {
        "axes",
        "bottleneck",
        "browse",
        "chain_state",
        "channel",
        "compaction",
        "conduct",
        "counting",
        "cutting",
        "doctor",
        "engine",
        "estimate",
        "experience",
        "finish",
        "forecast",
        "hooks",
        "ingest",
        "intake",
        "ledger",
        "look",
        "meta",
        "outlook",
        "package_files",
        "places",
        "refresh",
        "reins",
        "report",
        "report_lines",
        "review",
        "runner",
        "runpage",
        "runs",
        "schedule",
        "stop",
        "summary",
        "sums",
        "taxa",
        "terms",
        "work",
    }
)
#: From the bottom to the top: a unit imports from the layers below its own.
LAYERS = (
    frozenset({"harvester"}),  # the package itself: its version
    frozenset({"course", "errors", "interruption", "model", "texts"}),
    frozenset({"catalogue"}),
    frozenset({"schema", "settings", "spec"}),
    frozenset({"telemetry"}),
    frozenset({"plan", "shards"}),
    STAGES,
    CONDUCT,
    frozenset({"api"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
#: It names what lies above it, for type checkers alone, and imports it when somebody asks.
FRONT = "harvester"
RANK = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}
#: Within a layer nobody imports a neighbour, except these: (who, whom).
SIDEWAYS = {("publish", "store")} | {(one, other) for one in CONDUCT for other in CONDUCT}
#: The sandbox stands apart: these import it, and those it may import.
SANDBOX_FOR = {"api", "cli"}
SANDBOX_NEEDS = {"harvester", "errors", "catalogue", "schema"}

#: What only some may touch. The longest name that fits decides.
ONLY = {
    "aiohttp": ("harvester.fetch",),
    "aiohttp.typedefs": ("harvester.browse",),
    "aiohttp.web": ("harvester.sandbox", "harvester.schedule.web", "harvester.browse"),
    "duckdb": (
        "harvester.publish",
        "harvester.look",
        "harvester.browse",
        "harvester.cli.reading",
        "harvester.api",
    ),
    "os.environ": ("harvester.settings",),
    "os.environb": ("harvester.settings",),
    "os.getenv": ("harvester.settings",),
    "os.putenv": (),
    # One place decides about colours and width.
    "rich.console.Console": ("harvester.cli.screen",),
}
#: What must not come in by any detour either.
NEVER: dict[str, tuple[str, ...]] = {
    "harvester.plan": ("aiohttp", "pyarrow"),
    "harvester.spec": ("aiohttp", "pyarrow"),
} | {
    # A quarter of the time in which a command starts that asks nobody.
    f"harvester.cli.{command}": ("aiohttp",)
    for command in (
        "changes", "compact", "ingest", "init", "profile", "publish", "query", "report", "status",
        "tables", "validate",
    )
}  # fmt: skip

LONGEST_FUNCTION = 50
LONGEST_MODULE = 350


@dataclass(frozen=True, slots=True)
class Arrow:
    """One import, or one use of `os.something`."""

    source: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}: {self.target}"


def sources(*folders: str) -> dict[str, str]:
    """Dotted module name to text."""
    return {
        _dotted(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows(modules: Mapping[str, str]) -> list[Arrow]:
    return [
        Arrow(name, target, line)
        for name, text in modules.items()
        for target, line in _targets(name, text)
    ]


@cache
def _targets(name: str, text: str) -> tuple[tuple[str, int], ...]:
    tree = ast.parse(text)
    return tuple(_read(_run(tree) if name == FRONT else ast.walk(tree)))


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from _run(node)


def _read(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from ((f"{origin}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os":
            yield f"os.{node.attr}", node.lineno


def unit(dotted: str) -> str:
    """`harvester.store.lake.Lake` belongs to `store`, `harvester.__version__` to the package."""
    _, _, rest = dotted.partition(".")
    name = rest.partition(".")[0]
    return name if name in RANK or name == "sandbox" else "harvester"


def inside(dotted: str, package: str) -> bool:
    return dotted == package or dotted.startswith(f"{package}.")


# The rules: each returns one sentence a fault.


def homeless(modules: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is in no layer: give it a place in LAYERS"
        for name in modules
        if name != "harvester" and unit(name) == "harvester"
    ]


def relative(modules: Mapping[str, str]) -> list[str]:
    return [f"{arrow}: write the full name" for arrow in arrows(modules) if arrow.target[0] == "."]


def wrong_way(modules: Mapping[str, str]) -> list[str]:
    return [
        f"{arrow}: {why}"
        for arrow in arrows(modules)
        if inside(arrow.target, "harvester")
        for why in _objections(unit(arrow.source), unit(arrow.target))
    ]


def _objections(source: str, target: str) -> Iterator[str]:
    if source == target:
        return
    if source == "sandbox":
        if target not in SANDBOX_NEEDS:
            yield f"the sandbox stands apart and needs no {target}"
    elif target == "sandbox":
        if source not in SANDBOX_FOR:
            yield f"{source} must not know the sandbox"
    elif RANK[source] < RANK[target]:
        yield f"{source} lies below {target}"
    elif RANK[source] == RANK[target] and (source, target) not in SIDEWAYS:
        yield f"{source} and {target} are neighbours and do not know each other"


def circles(modules: Mapping[str, str]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for arrow in arrows(modules):
        if inside(arrow.target, "harvester") and unit(arrow.source) != unit(arrow.target):
            graph.setdefault(unit(arrow.source), set()).add(unit(arrow.target))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"a circle: {' <- '.join(error.args[1])}"]
    return []


def trespasses(modules: Mapping[str, str]) -> list[str]:
    return [
        f"{arrow}: only {' and '.join(owners) or 'nobody'} may"
        for arrow in arrows(modules)
        if (owners := _owners(arrow.target)) is not None
        and not any(inside(arrow.source, owner) for owner in owners)
    ]


def _owners(target: str) -> tuple[str, ...] | None:
    fitting = [name for name in ONLY if inside(target, name)]
    return ONLY[max(fitting, key=len)] if fitting else None


def detours(modules: Mapping[str, str]) -> list[str]:
    return [
        f"{start} must do without {banned}, and gets it through {through}"
        for start in modules
        for package, bans in NEVER.items()
        if inside(start, package)
        for banned in bans
        if (through := _reaches(modules, start, banned)) is not None
    ]


def _reaches(modules: Mapping[str, str], start: str, banned: str) -> str | None:
    """The path from a module to what it must not have."""
    paths = {start: start}
    queue = deque(paths)
    while queue:
        name = queue.popleft()
        for target, _ in _targets(name, modules[name]):
            if inside(target, banned):
                return paths[name]
            for found in _loaded(modules, target):
                if found not in paths:
                    paths[found] = f"{paths[name]} -> {found}"
                    queue.append(found)
    return None


def _loaded(modules: Mapping[str, str], target: str) -> list[str]:
    """The modules that importing a name runs: itself and the packages around it."""
    parts = target.split(".")
    names = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return [name for name in names if name in modules]


def oversized(modules: Mapping[str, str]) -> list[str]:
    modules_above = [
        f"{name} has {lines} lines, {LONGEST_MODULE} are allowed: is it one idea?"
        for name, text in modules.items()
        if (lines := text.count("\n")) > LONGEST_MODULE
    ]
    functions_above = [
        f"{name}, line {node.lineno}: {node.name} has {lines} lines, {LONGEST_FUNCTION} are allowed"
        for name, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    return modules_above + functions_above


RULES = (homeless, relative, wrong_way, circles, trespasses, detours, oversized)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps(rule: Callable[[Mapping[str, str]], list[str]]) -> None:
    faults = rule(sources("harvester"))
    assert not faults, "\n" + "\n".join(faults)


def test_benchmarks_and_tools_are_small_too() -> None:
    faults = oversized(sources("benchmarks", "tools"))
    assert not faults, "\n" + "\n".join(faults)


def test_something_is_read() -> None:
    found = sources("harvester")
    assert {"harvester", "harvester.errors", "harvester.store.lake"} <= set(found)
    assert "harvester.errors.LakeError" in {arrow.target for arrow in arrows(found)}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("fetch.pages", "from harvester.engine import Harvest", "fetch lies below engine"),
        ("fetch.pages", "from harvester import engine", "fetch lies below engine"),
        ("fetch.pages", "import harvester.engine as e", "fetch lies below engine"),
        ("fetch.pages", "def f():\n  from harvester.cli import run", "fetch lies below cli"),
        ("decode.lines", "from harvester.store.lake import Lake", "decode and store are neighb"),
        ("store.lake", "from harvester.publish import merge", "store and publish are neighbours"),
        ("errors", "from harvester.model import Page", "errors and model are neighbours"),
        ("schema", "from harvester.plan import plan_chains", "schema lies below plan"),
        ("engine", "from harvester.sandbox import serve", "engine must not know the sandbox"),
        ("sandbox.app", "from harvester.model import Page", "needs no model"),
        ("engine", "from . import model", "write the full name"),
        ("surprise", "", "harvester.surprise is in no layer"),
        ("surprise.deep", "", "harvester.surprise.deep is in no layer"),
        ("decode.lines", "import aiohttp", "only harvester.fetch may"),
        ("sandbox.app", "import aiohttp", "only harvester.fetch may"),
        (
            "fetch.pages",
            "from aiohttp import web",
            "only harvester.sandbox and harvester.schedule.web and",
        ),
        ("store.lake", "import duckdb", "only harvester.publish and harvester.look and"),
        ("cli.run", "from duckdb import connect", "only harvester.publish and harvester.look and"),
        ("cli.readingish", "import duckdb", "only harvester.publish and harvester.look and"),
        ("api.reading", "from harvester.cli import run", "api lies below cli"),
        ("runner", "from harvester.api.running import run", "runner lies below api"),
        ("", "from harvester.runner import run_job", "harvester lies below runner"),
        ("runner", "if TYPE_CHECKING:\n  import harvester.api", "runner lies below api"),
        ("cli.run", "import os\nos.environ['A']", "cli.run, line 2: os.environ"),
        ("cli.run", "from os import getenv", "only harvester.settings may"),
        ("spec", "import pyarrow.json", "harvester.spec must do without pyarrow"),
        ("plan", "from harvester.helper import x", "plan -> harvester.helper"),
        ("cli.tables", "from harvester.fetch import walk", "cli.tables must do without aiohttp"),
        ("errors", "def f():\n" + "  pass\n" * 50, "line 1: f has 51 lines"),
        ("errors", "async def f():\n" + "  pass\n" * 50, "line 1: f has 51 lines"),
        ("errors", "\n" * 351, "harvester.errors has 351 lines"),
    ],
)
def test_a_violation_is_named(name: str, text: str, fault: str) -> None:
    made_up = {
        "harvester": "",
        "harvester.helper": "import pyarrow",
        "harvester.fetch": "import aiohttp",
        _full(name): text,
    }
    faults = [said for rule in RULES for said in rule(made_up)]
    assert any(fault in said for said in faults), faults


def test_a_circle_is_named() -> None:
    made_up = {
        "harvester.runs": "from harvester.ledger import Ledger",
        "harvester.ledger": "from harvester.runs import open_run",
    }
    assert circles(made_up)[0].startswith("a circle: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("publish.merge", "from harvester.store.lake import Lake"),
        ("engine", "from harvester.fetch import walk\nfrom harvester.ledger import Ledger"),
        ("fetch.session", "import aiohttp\nfrom harvester import __version__"),
        ("sandbox.app", "from aiohttp import web\nfrom aiohttp.web import Request"),
        ("cli.run", "from harvester.sandbox import serve_in_thread"),
        ("cli.reading", "import duckdb"),
        ("settings", "import os\nos.environ.get('A')"),
        ("store.lake", "import os\nos.replace('a', 'b')"),
        ("errors", "def f():\n" + "  pass\n" * 49),
        ("", "if TYPE_CHECKING:\n  from harvester.api.running import run"),
    ],
)
def test_what_is_allowed_is_not_named(name: str, text: str) -> None:
    made_up = {"harvester": "", _full(name): text}
    assert [said for rule in RULES for said in rule(made_up)] == []


def _full(name: str) -> str:
    return f"harvester.{name}" if name else "harvester"
