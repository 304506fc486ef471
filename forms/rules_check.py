"""Checks the tree of an expression against names and types, and turns it into one closure.

Belongs here: operators, literals and names; collecting all mistakes of an expression.
Does not: the grammar (rules_grammar.py), functions (rules_functions.py), sheets (rules.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from forms.rule_terms import Level
from forms.rules_compare import comparable
from forms.rules_expression import Expression, broken, coerce, constant
from forms.rules_functions import build_call
from forms.rules_grammar import ExpressionError, Node, parse_expression
from forms.rules_names import Names, Reference, common_chain
from forms.rules_read import Environment, Run, Scope
from forms.rules_types import Type
from forms.rules_values import UNKNOWN, arithmetic, comparison, negated


@dataclass(frozen=True)
class Program:
    """A condition ready to run.

    chain: the repeats over whose rows it is evaluated, () for the whole submission.
    """

    run: Run
    chain: tuple[Scope, ...]
    references: tuple[Reference, ...]


def compile_condition(text: str, names: Names, level: Level) -> Program:
    """The program of a condition.

    Raises: ExpressionMistakes with every mistake found.
    """
    checker = _Checker(names, level)
    try:
        root = checker.check(parse_expression(text))
        condition = coerce(root, Type.BOOLEAN)
        chain = _chain(root, names)
    except ExpressionError as error:
        checker.mistakes.append(error)
    if checker.mistakes:
        raise ExpressionMistakes(checker.mistakes)
    return Program(condition.run, chain, tuple(checker.references.values()))


class ExpressionMistakes(Exception):
    """All that is wrong with one expression."""

    def __init__(self, mistakes: list[ExpressionError]) -> None:
        self.mistakes = sorted(mistakes, key=lambda mistake: mistake.at or 0)
        super().__init__("; ".join(map(str, self.mistakes)))


def _chain(root: Expression, names: Names) -> tuple[Scope, ...]:
    """The repeats over whose rows a rule is evaluated.

    Raises: ExpressionError when there is no single one.
    """
    repeats = sorted(scope for scope in root.scopes if scope[1])
    foreign = [form for form, _ in repeats if form]
    if foreign:
        message = (
            f"questions of a repeat of {foreign[0]!r} can only be read inside rows, sum, count, min or max"
        )
        raise ExpressionError(message, root.at)
    return common_chain(repeats, names, root.at)


class _Checker:
    """Walks a tree once. A part with a mistake becomes Type.ANY, so that each mistake is told once."""

    def __init__(self, names: Names, level: Level) -> None:
        self.mistakes: list[ExpressionError] = []
        self.references: dict[str, Reference] = {}
        self._names = names
        self._level = level

    def check(self, node: Node) -> Expression:
        """The expression of a node; mistakes below it are recorded."""
        try:
            return _CHECKS[node.op](self, node)
        except ExpressionError as error:
            self.mistakes.append(error)
            return broken(node.at)

    def children(self, node: Node) -> list[Expression]:
        return [self.check(child) for child in node.children]

    def number(self, node: Node) -> Expression:
        value = Decimal(node.text) if "." in node.text else int(node.text)
        return constant(Type.NUMBER, value, node.at, value)

    def text(self, node: Node) -> Expression:
        return constant(Type.TEXT, node.text, node.at, node.text)

    def question(self, node: Node) -> Expression:
        return self._read(self._names.question(node.text, node.at), node)

    def other(self, node: Node) -> Expression:
        return self._read(self._names.other(node.text, node.at), node)

    def fact(self, node: Node) -> Expression:
        return self._read(self._names.fact(node.text, self._level, node.at), node)

    def _read(self, reference: Reference, node: Node) -> Expression:
        self.references[reference.key] = reference
        scopes = frozenset({reference.scope})
        return Expression(
            reference.type, reference.run, node.at, scopes, reference.choices, reference=reference
        )

    def either(self, node: Node) -> Expression:
        return self._connect(node, decided_by=True)

    def both(self, node: Node) -> Expression:
        return self._connect(node, decided_by=False)

    def _connect(self, node: Node, *, decided_by: bool) -> Expression:
        parts = [coerce(part, Type.BOOLEAN) for part in self.children(node)]
        return parts[0].derive(
            Type.BOOLEAN, _connective([part.run for part in parts], decided_by), *parts[1:]
        )

    def compare(self, node: Node) -> Expression:
        left, right = self.children(node)
        left, right = comparable(left, right, node.text)
        return left.derive(Type.BOOLEAN, _comparing(left, right, node.text), right)

    def sum(self, node: Node) -> Expression:
        return self._calculate(node)

    def product(self, node: Node) -> Expression:
        return self._calculate(node)

    def _calculate(self, node: Node) -> Expression:
        parts = self.children(node)
        if any(part.type in (Type.DATE, Type.DATETIME) for part in parts):
            raise ExpressionError("days are counted with days-between(earlier, later)", node.at)
        parts = [coerce(part, Type.NUMBER) for part in parts]
        run = _calculation(
            parts[0].run, [(sign, part.run) for sign, part in zip(node.signs, parts[1:], strict=True)]
        )
        return parts[0].derive(Type.NUMBER, run, *parts[1:])

    def negate(self, node: Node) -> Expression:
        part = coerce(self.check(node.children[0]), Type.NUMBER)
        if node.text == "+":
            return part
        run = part.run
        literal = None if part.literal is None or isinstance(part.literal, str) else -part.literal
        return replace(
            part.derive(Type.NUMBER, lambda environment: negated(run(environment))), literal=literal
        )

    def call(self, node: Node) -> Expression:
        arguments = self.children(node)
        return build_call(node.text, arguments, node.at, self._names)


_CHECKS: Mapping[str, Callable[[_Checker, Node], Expression]] = {
    "number": _Checker.number,
    "text": _Checker.text,
    "question": _Checker.question,
    "other": _Checker.other,
    "fact": _Checker.fact,
    "either": _Checker.either,
    "both": _Checker.both,
    "compare": _Checker.compare,
    "sum": _Checker.sum,
    "product": _Checker.product,
    "negate": _Checker.negate,
    "call": _Checker.call,
}


def _connective(runs: list[Run], decided_by: bool) -> Run:
    """Kleene's `or` (decided by True) or `and` (by False): one part decides, else one leaves it unknown."""

    def connect(environment: Environment) -> Any:
        result: Any = not decided_by
        for run in runs:
            truth = run(environment)
            if truth is decided_by:
                return truth
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return connect


def _comparing(left: Expression, right: Expression, sign: str) -> Run:
    compare, run, other = comparison(sign), left.run, right.run
    if right.literal is None:
        return lambda environment: compare(run(environment), other(environment))
    # Nearly all comparisons are with something written in the rule.
    literal = right.literal
    return lambda environment: compare(run(environment), literal)


def _calculation(first: Run, steps: list[tuple[str, Run]]) -> Run:
    operations = [(arithmetic(sign), run) for sign, run in steps]

    def calculate(environment: Environment) -> Any:
        result: Any = first(environment)
        for operation, run in operations:
            result = operation(result, run(environment))
        return result

    return calculate
