"""The one rule of imports, held by reading every module's source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("forms", "media", "workers", "server")
ALLOWED = {
    "forms": {"forms"},
    "media": {"media"},
    "workers": {"workers", "forms", "media"},
    "server": {"server", "workers", "forms", "media"},
}
WEB = {"flask", "werkzeug", "flask_babel", "flask_smorest"}
SQL = {"sqlalchemy", "alembic"}
# Within server, each layer may import itself and what stands to its left.
LAYERS = [
    ("errors", "processes", "connections"), ("problems",), ("config", "schema"), ("db", "bulk"), ("models",), ("permissions", "scope"),
    ("boundaries", "migrating", "logs", "phone_code", "setting_up", "attempts"),
    ("backends",), ("uploads",), ("services",), ("jobs", "auth"), ("edge",), ("openrosa", "api", "console", "rendering"),
    ("app", "demo", "front_door"), ("seed",), ("wsgi", "cli", "__main__"),
]  # fmt: skip
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def modules(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_stands_below_them(package):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in ALLOWED[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["forms", "media", "workers"])
def test_lower_packages_know_neither_web_nor_database(package):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in WEB | SQL
    ]
    assert wrong == []


def test_inside_server_nothing_reaches_up():
    wrong = []
    for path in modules("server"):
        mine = path.relative_to(ROOT / "server").parts[0].removesuffix(".py")
        if mine in ("__init__", "migrations"):
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "server" and len(parts) > 1 and RANK[parts[1]] > RANK[mine]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_every_server_module_has_a_layer():
    names = {path.stem for path in (ROOT / "server").iterdir() if path.name != "__pycache__"}
    assert names - {"__init__", "migrations", "translations"} <= set(RANK)


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("boto3", ("media/s3.py",)),
        ("shapely", ("workers/geography.py", "workers/boundary_", "server/demo/", "server/seed/")),
        ("pyogrio", ("workers/boundary_files.py",)),
        ("pyxform", ("forms/compile_child.py", "forms/workbook.py")),
        ("granian", ("server/cli/serve.py",)),
        ("playwright", ()),
    ],
)
def test_only_these_modules_use_the_library(library, only):
    users = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if any(name.split(".")[0] == library for name in imports(path))
    ]
    assert [user for user in users if not user.startswith(only or ("-",))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_file_holds_a_docstring_and_imports_nothing(package):
    tree = ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


def test_every_module_says_what_belongs_in_it():
    silent = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) and "versions" not in path.parts
    ]
    assert silent == []
