"""What the documents promise is what the code has."""

from pathlib import Path

from server.config import VARIABLES

ROOT = Path(__file__).parents[2]


def test_every_variable_is_documented():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in readme] == []


def test_tests_mirror_no_machine_paths():
    tracked = [
        path
        for folder in ("forms", "media", "workers", "server", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    needle = "/" + "work" + "/"
    assert [
        path.relative_to(ROOT).as_posix() for path in tracked if needle in path.read_text(encoding="utf-8")
    ] == []
