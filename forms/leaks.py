"""Sensitive answers that an expression would carry to a place without a mask.

What counts as copying: an expression copies a question when its own value contains the question's value or a part of it, or
lets it be computed. So `${nik}`, `substr(${nik}, 12)`, `concat('a', ${nik})`, `${income} div 1000` and `sum(${income})`
copy; a digest copies too, since sixteen digits are soon tried out.

What does not: whatever can only say yes or no, or count. That is a comparison (`${nik} = ''`), `and` and `or`, the
condition of `if(…)`, a predicate, the key of a look-up (`pulldata`), and the functions of _ONLY_SAY. So
`if(substr(${nik}, 12) = ${nik_akhir4}, 'ya', 'tidak')` copies nothing: it is 'ya' or 'tidak'.

A question whose calculation or dynamic default copies a sensitive question is sensitive itself, and so on along the chain.
Those that would leave the answers are refused: saved to an entity property, in an entity's label or id, in the name of the
instance. All of these are shown without masks.

Belongs here: following values through expressions. Does not: masks, encryption (server), evaluating anything.
Source: semantics of the house, section 7; XPath 1.0, section 3.7 for the tokens.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.xform_model import Model
from forms.xform_paths import path_of
from forms.xml import local_name

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>\d+(?:\.\d*)?|\.\d+)"""
    r"""|(?P<name>[^\W\d][\w.-]*(?::(?!:)[^\W\d][\w.-]*)?)|(?P<sign><=|>=|!=|//|::|\.\.|[-=<>+|,()\[\]@$*/.]))"""
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"), ("|",))
_DECIDING = 4
"""The first so many levels give true or false."""
_ONLY_SAY = {
    "boolean", "boolean-from-string", "checklist", "contains", "count", "count-non-empty", "count-selected", "ends-with",
    "false", "is-selected", "last", "not", "now", "position", "pulldata", "random", "regex", "selected", "starts-with",
    "string-length", "today", "true", "uuid", "weighted-checklist",
}  # fmt: skip
_DEEPEST = 60
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


def copies(expression: str, context: str = "") -> frozenset[str]:
    """Paths of the questions that an expression copies. What cannot be read counts as copying all that it names.

    context: path of the node that the expression stands at, for relative references.
    """
    try:
        return frozenset(_Reader(expression, context).whole())
    except _UnreadableError:
        words = re.findall(r"[\w./:-]*[^\W\d][\w./:-]*", expression)
        return frozenset(path for word in words if (path := path_of(word, context)))


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


class _UnreadableError(Exception):
    """The expression is no XPath that we read."""


class _Reader:
    """Reads an XPath 1.0 expression by recursive descent; each part gives the paths that it copies."""

    def __init__(self, expression: str, context: str) -> None:
        self._context = context
        self._tokens = list(_tokens(expression))
        self._at = 0
        self._depth = 0

    def whole(self) -> set[str]:
        found = self._level(0)
        if self._peek():
            raise _UnreadableError
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        word = self._peek()
        if not word or (wanted and word != wanted):
            raise _UnreadableError
        self._at += 1
        return word

    def _level(self, level: int) -> set[str]:
        if level == len(_LEVELS):
            return self._signed()
        found, decides = self._level(level + 1), False
        while self._is_operator(_LEVELS[level]):
            self._take()
            found |= self._level(level + 1)
            decides = level < _DECIDING
        return set() if decides else found

    def _is_operator(self, names: tuple[str, ...]) -> bool:
        """Called where an operand has just ended, so `*`, `div` and the like can only be operators here."""
        return self._peek() in names

    def _signed(self) -> set[str]:
        while self._peek() == "-":
            self._take()
        return self._path()

    def _path(self) -> set[str]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _UnreadableError
        try:
            return self._operand()
        finally:
            self._depth -= 1

    def _operand(self) -> set[str]:
        word = self._peek()
        if word == "(":
            self._take()
            found = self._level(0)
            self._take(")")
        elif word[:1] in ("'", '"') or word[:1].isdigit() or (word[:1] == "." and word[1:].isdigit()):
            self._take()
            found = set()
        elif self._next() == "(" and word not in ("text", "node", "comment"):
            name = self._take()
            arguments = self._arguments()
            if name == "current":
                return self._steps(["."])
            found = _copied_by(name, arguments)
        else:
            return self._steps([])
        self._predicates()
        if self._peek() in (
            "/",
            "//",
        ):  # a path below a node-set: of another instance, or the result of a function
            self._steps([])
        return found

    def _next(self) -> str:
        return self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""

    def _arguments(self) -> list[set[str]]:
        self._take("(")
        found: list[set[str]] = []
        while self._peek() != ")":
            if found:
                self._take(",")
            found.append(self._level(0))
        self._take(")")
        return found

    def _steps(self, steps: list[str]) -> set[str]:
        """A location path, predicates left out."""
        absolute = not steps and self._peek() in ("/", "//")
        parts, needs_step = list(steps), not steps and not absolute
        while True:
            word = self._peek()
            if word in ("/", "//") and not needs_step:
                self._take()
                parts += ["**"] if word == "//" else []
                needs_step = True
            elif needs_step and (word in (".", "..", "*", "@") or _is_name(word)):
                parts.append(self._step())
                self._predicates()
                needs_step = False
            else:
                break
        if needs_step and parts:
            raise _UnreadableError
        if not parts and not absolute:
            raise _UnreadableError
        if absolute:
            parts = _without_steps_back(parts)
        if absolute and parts[:1] == ["**"]:
            parts.insert(0, "data")  # path_of takes the root off
        path = path_of(("/" if absolute else "") + "/".join(parts), self._context)
        return {path} if path else set()

    def _step(self) -> str:
        word = self._take()
        if word == "@":
            return "@" + self._take()
        if self._peek() == "::":
            self._take()
            step = self._step()
            return {"parent": "..", "self": "."}.get(word, step)
        if self._peek() == "(":  # text(), node()
            self._take()
            self._take(")")
            return "."
        return word

    def _predicates(self) -> None:
        while self._peek() == "[":
            self._take()
            self._level(0)
            self._take("]")


def _copied_by(name: str, arguments: list[set[str]]) -> set[str]:
    if name in _ONLY_SAY:
        return set()
    if name == "if":
        arguments = arguments[1:]
    elif name == "indexed-repeat":
        arguments = arguments[:1]
    return set().union(*arguments)


def _without_steps_back(parts: list[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    return kept


def _is_name(word: str) -> bool:
    return bool(word) and (word[0].isalpha() or word[0] == "_")


def _tokens(expression: str) -> Iterator[str]:
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _UnreadableError
        yield match.group(0).strip()
        at = match.end()
