"""The Indonesian texts: every one there, none doubtful, all places kept."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

SERVER = Path(__file__).parents[3] / "server"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\(\w+\)[a-z]")


def catalogue():
    with (SERVER / "translations/id/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="id")


def used() -> set[str]:
    found = extract_from_dir(SERVER / "console", METHODS, keywords=KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def test_every_text_has_an_indonesian_one():
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue() if m.id and all(m.string)}
    assert used() - known == set()


def test_no_text_is_left_over_or_fuzzy():
    messages = [message for message in catalogue() if message.id]
    assert len(messages) > 200
    assert [m.id for m in messages if m.fuzzy] == []
    assert {m.id[0] if isinstance(m.id, tuple) else m.id for m in messages} - used() == set()


def test_places_are_kept():
    for message in catalogue():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            assert set(PLACE.findall(ids[-1])) == set(PLACE.findall(texts[0])), message.id
