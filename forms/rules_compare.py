"""Which values may be compared, and what to tell an author whose comparison can never hold.

Belongs here: types on the two sides of = != < <= > >=, and texts that are no choice of the question.
Does not: comparing values (rules_values.py).
"""

from forms.rules_expression import Expression, coerce
from forms.rules_grammar import ExpressionError
from forms.rules_names import nearest
from forms.rules_types import Type

_ORDERED = frozenset({Type.NUMBER, Type.DATE, Type.DATETIME})
_DAYS = frozenset({Type.DATE, Type.DATETIME})


def comparable(left: Expression, right: Expression, sign: str) -> tuple[Expression, Expression]:
    """Both sides as values of one type.

    Raises: ExpressionError when they have none in common, have no order, or can never be equal.
    """
    if Type.ANY in (left.type, right.type):
        return left, right
    for side in (left, right):
        _check_kind(side)
    kind = _common_type(left, right, ordered=sign not in ("=", "!="))
    if kind is None:
        hint = _hint(left, right) or _hint(right, left)
        message = f"a {left.type.value} cannot be compared with a {right.type.value}{hint}"
        raise ExpressionError(message, left.at)
    if sign not in ("=", "!=") and kind not in _ORDERED:
        hint = "; number(…) makes a number of a text" if kind is Type.TEXT else ""
        raise ExpressionError(f"a {kind.value} is not smaller or larger than another{hint}", left.at)
    _check_text(left, right)
    _check_text(right, left)
    return coerce(left, kind), coerce(right, kind)


def _check_kind(side: Expression) -> None:
    if side.type is Type.SET:
        raise ExpressionError(
            "several choices are asked for with selected(…, 'choice'), not compared", side.at
        )
    if side.type is Type.POINT:
        raise ExpressionError(
            "a place cannot be compared; use $relation, $outside_m or another fact", side.at
        )


def _common_type(left: Expression, right: Expression, *, ordered: bool) -> Type | None:
    kinds = {left.type, right.type}
    if len(kinds) == 1:
        return _CALCULATED_AS[ordered] if kinds == {Type.CALCULATED} else left.type
    if kinds == _DAYS:
        return Type.DATE
    if Type.CALCULATED in kinds and Type.BOOLEAN not in kinds:
        return next(kind for kind in kinds if kind is not Type.CALCULATED)
    return None


# Two calculated values: equal as texts, ordered as numbers.
_CALCULATED_AS = {False: Type.TEXT, True: Type.NUMBER}


def _hint(side: Expression, other: Expression) -> str:
    if side.type is Type.TEXT and other.type is Type.NUMBER:
        if other.literal is not None and side.literal is None:
            return f"; write '{other.literal}' in quotes"
        return (
            "; write the number without quotes"
            if side.literal is not None
            else "; number(…) makes a number of a text"
        )
    if side.type is Type.TEXT and other.type in _DAYS:
        return "; write date('2026-01-31')"
    if side.type is Type.BOOLEAN:
        return "; a condition stands alone, or under not()"
    return ""


def _check_text(side: Expression, other: Expression) -> None:
    """A literal on the one side must be something that the other side can be."""
    if not isinstance(other.literal, str) or side.literal is not None:
        return
    check_choice(side, other.literal, other.at)


def check_choice(side: Expression, choice: str, at: int) -> None:
    """Nothing when an expression can yield this text.

    Raises: ExpressionError when it never can, with the nearest choice.
    """
    name = f"${{{side.reference.key}}}" if side.reference and not side.reference.key.startswith("$") else ""
    shown = name or (side.reference.key if side.reference else "this")
    if choice == "" and side.reference:
        raise ExpressionError(
            f"an answer that is not there is unknown, never ''; write coalesce({shown}, '') = ''", at
        )
    if side.choices is not None and choice not in side.choices:
        guess = nearest(choice, side.choices, "'{}'")
        raise ExpressionError(f"{shown} has no choice '{choice}'.{guess}", at)
