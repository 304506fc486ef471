"""Sensitive answers that an expression would carry to a place without a mask.

What counts as copying: an expression copies a question when its own value contains the question's value or a part of it, or
lets it be computed. So `${nik}`, `substr(${nik}, 12)`, `concat('a', ${nik})`, `${income} div 1000` and `sum(${income})`
copy; a digest copies too, since sixteen digits are soon tried out.

What does not: whatever can only say yes or no, or count. That is a comparison (`${nik} = ''`), `and` and `or`, the
condition of `if(…)`, a predicate, the key of a look-up (`pulldata`), and the functions of copying.ONLY_SAY. So
`if(substr(${nik}, 12) = ${nik_akhir4}, 'ya', 'tidak')` copies nothing: it is 'ya' or 'tidak'.

A question whose calculation or dynamic default copies a sensitive question is sensitive itself, and so on along the chain.
Those that would leave the answers are refused: saved to an entity property, in an entity's label or id, in the name of the
instance. All of these are shown without masks.

Belongs here: following values from question to question, and where they must not arrive. Does not: reading one expression
(copying.py), masks, encryption (server).
Source: semantics of the house, section 7.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.copying import copies
from forms.xform_model import Model
from forms.xform_paths import path_of
from forms.xml import local_name

_TRUTHY = {"yes", "true", "true()", "1"}


@dataclass(frozen=True)
class Leak:
    """A place without a mask that a sensitive answer would reach.

    place: 'save_to', 'entity' or 'instance_name'. path: of the field that is saved, of the meta node else. source: the
    sensitive question at the beginning of the chain.
    """

    place: str
    path: str
    source: str


def marked(model: Model) -> frozenset[str]:
    """Paths of the questions that the author marked as sensitive."""
    return frozenset(
        path for path, bind in model.binds.items() if bind.get("sensitive", "").strip().lower() in _TRUTHY
    )


def spread(model: Model) -> Mapping[str, str]:
    """Paths of all questions that hold a sensitive answer -> the marked question it comes from; those marked, and all that
    copy them."""
    found = {path: path for path in marked(model)}
    if not found:
        return found
    flows: dict[str, set[str]] = {}
    for target, expression in _assignments(model):
        for path in copies(expression, target):
            flows.setdefault(path, set()).add(target)
    waiting = list(found)
    while waiting:
        path = waiting.pop()
        for target in sorted(_targets(flows, path)):
            if target not in found and not target.startswith("/meta/"):
                found[target] = found[path]
                waiting.append(target)
    return found


def find_leaks(model: Model) -> list[Leak]:
    """Where sensitive answers would be shown without a mask, in document order."""
    held = spread(model)
    leaks = [
        Leak("save_to", path, held[path])
        for path, bind in model.binds.items()
        if bind.get("saveto", "").strip() and path in held
    ]
    for target, expression in _assignments(model):
        place = _open_place(target)
        for path in sorted(copies(expression, target)) if place else ():
            source = next((held[known] for known in held if _meets(path, known)), None)
            if source is not None:
                leaks.append(Leak(str(place), target, source))
                break
    return leaks


def _assignments(model: Model) -> Iterator[tuple[str, str]]:
    """(path of the node, expression) of everything that writes a node: calculations, dynamic defaults, triggers."""
    for path, bind in model.binds.items():
        if bind.get("calculate", "").strip():
            yield path, bind["calculate"]
    for element in model.html.iter():
        if isinstance(element.tag, str) and local_name(element.tag) == "setvalue":
            target = path_of(element.get("ref") or "")
            if target is None and element.get("bind"):
                target = model.bind_ids.get(element.get("bind") or "")
            if target is not None and element.get("value"):
                yield target, element.get("value") or ""


def _open_place(path: str) -> str | None:
    if path == "/meta/instanceName":
        return "instance_name"
    if "/meta/entity" in path and path.rpartition("/")[2] not in ("@create", "@update", "create", "update"):
        return "entity"
    return None


def _targets(flows: Mapping[str, set[str]], path: str) -> set[str]:
    return {target for read, targets in flows.items() if _meets(read, path) for target in targets}


def _meets(read: str, path: str) -> bool:
    """Whether a path as read by an expression is this node; '*' stands for any name, so is a relative guess ('//name')."""
    if "*" not in read:
        return read == path
    pattern = "".join("(?:/[^/]+)*" if part == "**" else "/[^/]+" if part == "*" else "/" + re.escape(part)
                      for part in read.split("/")[1:])  # fmt: skip
    return re.fullmatch(pattern, path) is not None
