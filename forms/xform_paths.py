"""Paths of an XForm's nodes as this package writes them: '/g_aset/jml_mobil', from the root's children, no
prefixes.

Belongs here: turning nodesets and refs, absolute or relative, into such paths. Does not: evaluating XPath.
"""

import re
from functools import lru_cache

from forms.xml import local_name

_PREDICATE = re.compile(r"\[[^\[\]]*\]")


def path_of(reference: str, context: str = "") -> str | None:
    """The path a nodeset or ref points to: '' for the root itself, None when it is no plain path.

    context: path of the element that a relative reference starts from. Predicates are dropped.
    """
    text = reference.strip()
    while _PREDICATE.search(text):
        text = _PREDICATE.sub("", text)
    if not text or "(" in text or "[" in text:
        return None
    if text.startswith("/"):
        return _join([local_name(part) for part in text.split("/")[2:]])
    return _relative(text.split("/"), context)


def _relative(parts: list[str], context: str) -> str:
    steps = context.split("/")[1:]
    for part in parts:
        if part == "..":
            steps = steps[:-1]
        elif part not in (".", "", "current()"):
            steps.append(local_name(part))
    return _join(steps)


def _join(parts: list[str]) -> str:
    return "".join("/" + part for part in parts if part)


@lru_cache(maxsize=4096)
def parent_of(path: str) -> str:
    """The path one level up; '' for a child of the root and for the root."""
    return path.rpartition("/")[0]


def is_within(path: str, container: str) -> bool:
    """True for the container's own path and all below it; '' contains everything."""
    return not container or path == container or path.startswith(container + "/")
