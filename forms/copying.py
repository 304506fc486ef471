"""What an XPath expression copies: the questions whose value, or a part of it, its own value may contain.

An expression is read, never evaluated; functions that nobody knows are taken to copy what they are given. leaks.py says what
counts as copying, and why.

Belongs here: one expression. Does not: chains of them (leaks.py).
Source: XPath 1.0, section 3; ODK XForms, "XPath functions".
"""

import re
from collections.abc import Iterator

from forms.xform_paths import path_of

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>\d+(?:\.\d*)?|\.\d+)"""
    r"""|(?P<name>[^\W\d][\w.-]*(?::(?!:)[^\W\d][\w.-]*)?)|(?P<sign><=|>=|!=|//|::|\.\.|[-=<>+|,()\[\]@$*/.]))"""
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"), ("|",))
_DECIDING = 4
"""The first so many levels give true or false."""
ONLY_SAY = {
    "boolean", "boolean-from-string", "checklist", "contains", "count", "count-non-empty", "count-selected", "ends-with",
    "false", "is-selected", "last", "not", "now", "position", "pulldata", "random", "regex", "selected", "starts-with",
    "string-length", "today", "true", "uuid", "weighted-checklist",
}  # fmt: skip
_DEEPEST = 60


def copies(expression: str, context: str = "") -> frozenset[str]:
    """Paths of the questions that an expression copies. What cannot be read counts as copying all that it names.

    context: path of the node that the expression stands at, for relative references.
    """
    try:
        return frozenset(_Reader(expression, context).whole())
    except _UnreadableError:
        words = re.findall(r"[\w./:-]*[^\W\d][\w./:-]*", expression)
        return frozenset(path for word in words if (path := path_of(word, context)))


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
    if name in ONLY_SAY:
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
