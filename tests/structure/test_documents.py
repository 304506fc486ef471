"""What the documents promise is what the code has."""

from pathlib import Path

from server.config import VARIABLES
from workers.check_page import PAGE, render_page

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


def test_the_page_of_checks_is_what_the_catalogue_says():
    """`make docs` makes it anew."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == render_page()
