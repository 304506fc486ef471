"""Regular expressions that cannot run away.

Belongs here: which patterns regex() accepts, and matching with them.
Does not: the rest of the rule language.

Python's `re` tries alternatives one after the other. A pattern is accepted when the number of ways to try it
over a text of MAX_TEXT characters is bounded; backreferences and lookaround are not in the grammar.
"""

import re
import warnings
from collections.abc import Callable
from functools import cache

from lark import Lark, Token, Transformer, UnexpectedInput

MAX_PATTERN = 200
MAX_TEXT = 200
_MAX_WAYS = (MAX_TEXT + 1) ** 3

_GRAMMAR = r"""
?start: choice
?choice: sequence | sequence ("|" sequence)+ -> choice
sequence: repeated*
?repeated: atom | atom REPEAT -> repeated
?atom: (CHARACTER | ESCAPE | CLASS | ANCHOR) -> one | "(" choice ")" | "(?:" choice ")"

REPEAT: /[?*+]|\{[0-9]{1,3}(,[0-9]{0,3})?\}/
CHARACTER: /[^\\\[\](){}|*+?^$]/
ESCAPE: /\\[dDwWsStnr\\\[\](){}|*+?.^$\/-]/
CLASS: /\[\^?(\\[dDwWsStnr\\\[\]^\/.-]|[^\\\[\]^])+\]/
ANCHOR: /[\^$]/
"""


class PatternError(Exception):
    """The pattern is not one that regex() accepts; the message says why."""


def compile_pattern(pattern: str) -> Callable[[str], bool | None]:
    """A test that a whole text matches the pattern; None for a text of over MAX_TEXT characters.

    The classes `\\d \\w \\s` are ASCII, as on phones.
    Raises: PatternError for a pattern that is malformed, too long, or could take too long on some text.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern has {len(pattern)} characters; {MAX_PATTERN} are the limit")
    if _count_ways(pattern) > _MAX_WAYS:
        raise PatternError(
            "the pattern could take too long: it repeats something that itself varies, or varies too often"
        )
    compiled = _compile(pattern)

    def matches(text: str) -> bool | None:
        return compiled.fullmatch(text) is not None if len(text) <= MAX_TEXT else None

    return matches


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern, re.ASCII)
    except (re.error, Warning, OverflowError) as error:
        raise PatternError(f"the pattern is not understood: {error}") from None


def _count_ways(pattern: str) -> int:
    try:
        ways = _parser().parse(pattern)
    except UnexpectedInput as error:
        at = (error.pos_in_stream or 0) + 1
        raise PatternError(f"the pattern is not understood from character {at} on") from None
    return ways if isinstance(ways, int) else 1


class _Ways(Transformer[Token, int]):
    """How many ways a part of a pattern can be tried, counted bottom-up and cut off above the limit."""

    def one(self, parts: list[Token]) -> int:
        return 1

    def choice(self, parts: list[int]) -> int:
        return _cut(sum(parts))

    def sequence(self, parts: list[int]) -> int:
        product = 1
        for ways in parts:
            product = _cut(product * ways)
        return product

    def repeated(self, parts: list[object]) -> int:
        ways, sign = parts
        assert isinstance(ways, int)
        low, high = _repetitions(str(sign))
        return _cut((high - low + 1) * _power(ways, high))


def _repetitions(sign: str) -> tuple[int, int]:
    if sign in "?*+":
        return {"?": (0, 1), "*": (0, MAX_TEXT), "+": (1, MAX_TEXT)}[sign]
    low, comma, high = sign[1:-1].partition(",")
    if not comma:
        return int(low), int(low)
    return int(low), max(int(low), int(high or MAX_TEXT))


def _power(base: int, exponent: int) -> int:
    power = 1
    for _ in range(exponent if base > 1 else 0):
        power = _cut(power * base)
    return power


def _cut(ways: int) -> int:
    return min(ways, _MAX_WAYS + 1)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Ways())
