"""The layers of docs/architecture.md: imports point down, no cycles, a vendor in one place, files stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (
    ("app.records", "app.errors", "app.settings", "app.requests", "app.atomic", "app.kept"),
    ("app.text", "app.storage"),
    ("app.library",),
    ("app.analysis", "app.retrieval", "app.compliance"),
    ("app.assist", "app.accounts", "app.feedback", "app.analytics", "app.realtime"),
    ("app.training",),
    ("app.conversations",),
    ("app.parts",),
    ("app.wiring",),
    ("app.web", "app.rulebook", "app.judge"),
    ("app.cli",),
)
VENDORS = {
    "faiss": ("app.retrieval.vectors",),
    "rjieba": ("app.text.tokens",),
    "ahocorasick_rs": ("app.text.phrases",),
    "re2": ("app.compliance.patterns",),
    "opencc": ("app.text.normalise",),
    "safetensors": ("app.text.encoder",),
    "sentence_transformers": ("app.text.sentence_models",),
    "torch": ("app.text.sentence_models",),
    "sklearn": ("app.training",),
    "yaml": ("app.library.documents",),
    "sqlalchemy": ("app.storage", "app.library.store"),
    "alembic": ("app.storage",),
    "fastapi": ("app.web",),
    "starlette": ("app.web",),
    "uvicorn": ("app.web",),
    "jinja2": ("app.web",),
    "prometheus_client": ("app.web",),
    "pypinyin": ("app.library.finder",),
    "tqdm": ("app.cli",),
}
MAX_LINES = 300
# The door may be opened from below a function only where an import would load what the command does not need.
LATE_IMPORTS_ALLOWED = {"app.cli"}


def _modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = _modules()


def _imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _layer(name: str) -> int | None:
    return next((i for i, row in enumerate(LAYERS) if any(name == p or name.startswith(p + ".") for p in row)), None)


def _own(name: str) -> str | None:
    """Return our module that an imported dotted name lives in."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name if name and name != "app" else None


@pytest.mark.parametrize("name", [n for n in MODULES if n != "app"])
def test_imports_point_downwards(name: str) -> None:
    mine = _layer(name)
    assert mine is not None, f"{name} is in no layer"
    package = name.rpartition(".")[0]
    for target in filter(None, map(_own, _imported(MODULES[name]))):
        theirs = _layer(target)
        assert theirs is not None
        inside = target == package or target.split(".")[:2] == name.split(".")[:2]
        assert theirs < mine or inside or (theirs == mine and mine == 0), f"{name} imports {target}"


def test_no_cycles() -> None:
    edges = {n: {t for t in map(_own, _imported(tree)) if t and t != n} for n, tree in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"cycle: {' → '.join((*above, name))}"
        if name not in done:
            for target in edges[name]:
                visit(target, (*above, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_lives_in_one_place(vendor: str) -> None:
    users = [n for n, tree in MODULES.items() if any(i.split(".")[0] == vendor for i in _imported(tree))]
    assert users, f"{vendor} is used nowhere: take it out of the table and of pyproject.toml"
    strangers = [u for u in users if not any(u == p or u.startswith(p + ".") for p in VENDORS[vendor])]
    assert not strangers


@pytest.mark.parametrize("name", MODULES)
def test_own_code_is_imported_at_the_top(name: str) -> None:
    if name in LATE_IMPORTS_ALLOWED:
        return
    functions = [n for n in ast.walk(MODULES[name]) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert not [i for f in functions for i in _imported(f) if _own(i)]


@pytest.mark.parametrize("path", sorted((ROOT / "app").rglob("*.py")), ids=str)
def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
