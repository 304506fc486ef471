"""The grammar of rule expressions: text to a small tree, with the place of every node.

Belongs here: what is well-formed, how large an expression may be, and hints for what people write by mistake.
Does not: names and types (rules_check.py), values (rules_values.py).
Source: the part of XPath 1.0 (W3C, 16 November 1999, section 3) that XLSForm authors write; no paths by
construction.
"""

import re
from dataclasses import dataclass
from functools import cache

from lark import Lark, Token, Transformer, UnexpectedInput

MAX_CHARACTERS = 4_000
MAX_NODES = 200
MAX_DEPTH = 20

# `or`, `and`, sums and products of any length are one node each: a list of 14 criteria is no deep tree. The
# keywords end where a name would go on, so that `and2` is no `and`; a function is a name before a
# parenthesis.
_GRAMMAR = r"""
?start: any
?any: all | all (_OR all)+ -> either
?all: comparison | comparison (_AND comparison)+ -> both
?comparison: total | total COMPARE total -> compare
?total: product | product (ADD product)+ -> sum
?product: unary | unary (MULTIPLY unary)+ -> product
?unary: primary | ADD unary -> negate
?primary: "(" any ")" | call | NUMBER -> number | TEXT -> text
    | QUESTION -> question | OTHER -> other | FACT -> fact
call: NAME "(" [any ("," any)*] ")"

_OR: /or(?![\w.-])/
_AND: /and(?![\w.-])/
COMPARE: "!=" | "<=" | ">=" | "=" | "<" | ">"
ADD: "+" | "-"
MULTIPLY: "*" | /(div|mod)(?![\w.-])/
NUMBER: /[0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20}/
TEXT: /'[^']*'|"[^"]*"/
QUESTION: /\$\{[^{}$]*\}/
OTHER.2: /\$[A-Za-z_][\w-]*\.[A-Za-z_]\w*/
FACT: /\$[A-Za-z_]\w*/
NAME: /[A-Za-z_][\w-]*(?=\s*\()/
%ignore /\s+/
"""


@dataclass(frozen=True)
class Node:
    """One operation, name or literal.

    op: 'number', 'text', 'question', 'fact', 'other', 'call', 'either', 'both', 'compare', 'sum', 'product',
    'negate'. text: the literal without quotes, the name without ${}, the function. signs: the operators
    between the children. at: character in the expression, from 1. size, depth: nodes in all, levels.
    """

    op: str
    text: str
    at: int
    children: tuple["Node", ...] = ()
    signs: tuple[str, ...] = ()
    size: int = 1
    depth: int = 1


class ExpressionError(Exception):
    """The text is not an expression; `at` is the character (from 1) where that shows, None for the whole."""

    def __init__(self, message: str, at: int | None = None) -> None:
        self.at = at
        super().__init__(message)


def parse_expression(text: str) -> Node:
    """The tree of an expression.

    Raises: ExpressionError when it is empty, too long, has too many or too deep nodes, or is not well-formed.
    """
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text)} characters; {MAX_CHARACTERS} are the limit")
    try:
        root = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explain(text, error) from None
    if not isinstance(root, Node):
        raise ExpressionError("this is no expression")
    return _within_limits(root)


def _within_limits(root: Node) -> Node:
    if root.size > MAX_NODES:
        raise ExpressionError(
            f"the expression has {root.size} parts; {MAX_NODES} are the limit: split the rule"
        )
    if root.depth > MAX_DEPTH:
        raise ExpressionError(
            f"the expression is {root.depth} levels deep; {MAX_DEPTH} are the limit: split the rule"
        )
    return root


class _Build(Transformer[Token, Node]):
    """Makes nodes bottom-up while lark parses: no recursion, however deep the parentheses."""

    def number(self, parts: list[Token]) -> Node:
        return _leaf("number", parts[0], str(parts[0]))

    def text(self, parts: list[Token]) -> Node:
        return _leaf("text", parts[0], parts[0][1:-1])

    def question(self, parts: list[Token]) -> Node:
        return _leaf("question", parts[0], parts[0][2:-1].strip())

    def fact(self, parts: list[Token]) -> Node:
        return _leaf("fact", parts[0], parts[0][1:])

    def other(self, parts: list[Token]) -> Node:
        return _leaf("other", parts[0], parts[0][1:])

    def call(self, parts: list[Token | Node | None]) -> Node:
        name = parts[0]
        assert isinstance(name, Token)
        return _branch("call", parts[1:], str(name), _column(name))

    def either(self, parts: list[Token | Node]) -> Node:
        return _branch("either", parts, "or")

    def both(self, parts: list[Token | Node]) -> Node:
        return _branch("both", parts, "and")

    def compare(self, parts: list[Token | Node]) -> Node:
        return _branch("compare", parts, str(parts[1]))

    def sum(self, parts: list[Token | Node]) -> Node:
        return _branch("sum", parts, "+")

    def product(self, parts: list[Token | Node]) -> Node:
        return _branch("product", parts, "*")

    def negate(self, parts: list[Token | Node]) -> Node:
        sign = parts[0]
        assert isinstance(sign, Token)
        return _branch("negate", parts, str(sign), _column(sign))


def _leaf(op: str, token: Token, text: str) -> Node:
    return Node(op, text, _column(token))


def _branch(
    op: str, parts: "list[Token | Node] | list[Token | Node | None]", text: str, at: int | None = None
) -> Node:
    children = tuple(part for part in parts if isinstance(part, Node))
    signs = tuple(str(part) for part in parts if isinstance(part, Token))
    size = 1 + sum(child.size for child in children)
    depth = 1 + max((child.depth for child in children), default=0)
    return Node(op, text, at or children[0].at, children, signs, size, depth)


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Build())


_HINTS = (
    (r"['\"]", "a quote is not closed"),
    (r"[‘’“”]", "use straight quotes: 'text'"),
    (r"\$\{", "a name in ${…} is not closed"),
    (r"\$", "$ must be followed by a name: ${question}, $fact or $form.question"),
    (r"(==|&&|\|\||<>|!(?!=))", "the operators are = != < <= > >=, and, or, not()"),
    (r"[=<>]", "compare two values at a time, with a single ="),
    (r"not\b", "write not(…)"),
    (
        r"(\.\.?(?![0-9])|/|\[|\]|@|::|\|)",
        "paths and predicates are no part of the rule language; write ${question}",
    ),
    (r"[A-Za-z_][\w.-]*", "a question is written ${question}, a text 'text'"),
    (r"[0-9.]+", "a number has at most 20 digits before and after the point"),
)


def _explain(text: str, error: UnexpectedInput) -> ExpressionError:
    at = error.pos_in_stream
    if (
        at is None
        or at < 0
        or at >= len(text.rstrip())
        or getattr(error, "token", Token("", "")).type == "$END"
    ):
        return ExpressionError(
            "the expression ends too early: something is missing at its end", len(text.rstrip())
        )
    rest = text[at:]
    hint = next((hint for pattern, hint in _HINTS if re.match(pattern, rest)), "")
    found = (re.match(r"[\w.${}-]+|.", rest) or [rest[:1]])[0][:40]
    return ExpressionError(f"{found!r} cannot stand here" + (f"; {hint}" if hint else ""), at + 1)
