"""Random rules over random situations, against a model written without looking at the engine.

The model is recursive and slow: trees are tuples, numbers are fractions, a missing value is the string NA or
UNKNOWN.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forms.definition import Field
from forms.errors import RulesError
from forms.rules import RuleSet, compile_rules
from forms.rules_evaluate import Situation, evaluate_rules
from tests.forms.rules_cases import VISIT, answer, define, sheet

NA, UNKNOWN = "NA", "UNKNOWN"
NUMBERS = ("n1", "n2", "n3")
FORM = define(
    "acak",
    *(Field(f"/{name}", name, "int") for name in NUMBERS),
    Field("/s1", "s1", "string", "one", "abc"),
    Field("/m1", "m1", "string", "multiple", "abc"),
    Field("/r", "r", "repeat"),
    Field("/r/rn", "rn", "int", repeat="/r"),
    Field("/r/rs", "rs", "string", "one", "abc", repeat="/r"),
)
PROFILE = settings(max_examples=200, deadline=None)


# Trees.


def _numbers(leaves: st.SearchStrategy, conditions: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner),
            st.tuples(st.just("negate"), inner),
            st.tuples(st.just("if"), conditions, inner, inner),
        ),
        max_leaves=4,
    )


def _conditions(numbers: st.SearchStrategy, text: str, extra: st.SearchStrategy) -> st.SearchStrategy:
    atoms = st.one_of(
        st.tuples(st.just("compare"), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), numbers, numbers),
        st.tuples(st.just("text"), st.sampled_from(["=", "!="]), st.just(text), st.sampled_from("abc")),
        extra,
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)
        ),
        max_leaves=4,
    )


LITERALS = st.tuples(st.just("literal"), st.integers(0, 3))
ROW_NUMBERS = st.one_of(LITERALS, st.just(("read", "rn")), st.just(("read", "n1")))
ROW_CONDITIONS = _conditions(ROW_NUMBERS, "rs", st.just(("compare", ">", ("read", "rn"), ("read", "rn"))))
AGGREGATES = st.one_of(
    st.tuples(st.sampled_from(["sum", "min", "max", "count"]), st.just(("read", "rn"))),
    st.tuples(
        st.just("rows"), st.tuples(st.just("text"), st.just("="), st.just("rs"), st.sampled_from("abc"))
    ),
    st.tuples(st.just("rows"), st.tuples(st.just("and"), st.just(("text", "!=", "rs", "a")), ROW_CONDITIONS)),
)
READS = st.sampled_from([("read", name) for name in NUMBERS])
SELECTED = st.tuples(st.just("selected"), st.sampled_from("abc"))
SIMPLE = _conditions(st.one_of(LITERALS, READS), "s1", SELECTED)
CONDITIONS = _conditions(_numbers(st.one_of(LITERALS, READS, AGGREGATES), SIMPLE), "s1", SELECTED)
BY_ROW = st.tuples(st.just("or"), st.just(("text", "=", "rs", "a")), ROW_CONDITIONS)


def render(tree: tuple[Any, ...]) -> str:
    match tree:
        case ("literal", value):
            return str(value)
        case ("read", name):
            return f"${{{name}}}"
        case ("negate", part):
            return f"(-{render(part)})"
        case ("if", condition, yes, no):
            return f"if({render(condition)}, {render(yes)}, {render(no)})"
        case ("compare", sign, left, right):
            return f"({render(left)} {sign} {render(right)})"
        case ("text", sign, name, choice):
            return f"(${{{name}}} {sign} '{choice}')"
        case ("selected", choice):
            return f"selected(${{m1}}, '{choice}')"
        case ("not" | "sum" | "min" | "max" | "count" | "rows" as name, part):
            return f"{name}({render(part)})"
        case (sign, left, right):
            return f"({render(left)} {sign} {render(right)})"
    raise AssertionError(tree)


# The model. `world` maps names to values, 'r' to a list of rows.

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def model(tree: tuple[Any, ...], world: dict[str, Any]) -> Any:
    match tree:
        case ("literal", value):
            return Fraction(value)
        case ("read", name):
            return world[name]
        case ("negate", part):
            return model(("-", ("literal", 0), part), world)
        case ("if", condition, yes, no):
            return model(yes if model(condition, world) else no, world)
        case ("compare", sign, left, right):
            return _compare(sign, model(left, world), model(right, world))
        case ("text", sign, name, choice):
            return _compare(sign, world[name], choice)
        case ("selected", choice):
            return world["m1"] != NA and choice in world["m1"]
        case ("not", part):
            return not model(part, world)
        case ("and", left, right):
            return model(left, world) and model(right, world)
        case ("or", left, right):
            return model(left, world) or model(right, world)
        case ("sum" | "min" | "max" | "count" | "rows" as name, part):
            return _aggregate(name, [model(part, {**world, **row}) for row in world["r"]])
        case (sign, left, right):
            values = model(left, world), model(right, world)
            return NA if NA in values else OPERATORS[sign](*values)
    raise AssertionError(tree)


def _compare(sign: str, a: Any, b: Any) -> bool:
    return NA not in (a, b) and OPERATORS[sign](a, b)


def _aggregate(name: str, values: list[Any]) -> Any:
    asked = [value for value in values if value != NA]
    if name == "rows":
        return Fraction(sum(asked))
    if name == "count":
        return Fraction(len(asked))
    if name == "sum":
        return sum(asked, Fraction(0))
    return (min if name == "min" else max)(asked) if asked else NA


def kleene(tree: tuple[Any, ...], world: dict[str, Any]) -> Any:
    """The connectives over atoms that are unknown when something they read is."""
    match tree:
        case ("not", part):
            truth = kleene(part, world)
            return UNKNOWN if truth == UNKNOWN else not truth
        case ("and" | "or" as name, left, right):
            truths = {kleene(left, world), kleene(right, world)}
            decisive = name == "or"
            return decisive if decisive in truths else UNKNOWN if UNKNOWN in truths else not decisive
    reads = _reads(tree, world)
    if NA in reads:
        return False
    return UNKNOWN if UNKNOWN in reads else model(tree, world)


def _reads(tree: Any, world: dict[str, Any]) -> list[Any]:
    if isinstance(tree, tuple):
        if tree[0] == "selected":
            return [world["m1"]]
        return [value for part in tree for value in _reads(part, world)]
    return [world[tree]] if tree in ("n1", "n2", "n3", "s1", "rn", "rs") else []


# Situations.

DOMAINS = {
    **{name: [Fraction(number) for number in range(4)] for name in (*NUMBERS, "rn")},
    **{name: list("abc") for name in ("s1", "rs")},
    "m1": [frozenset("a"), frozenset("ab"), frozenset("c")],
}


def _cell(name: str) -> st.SearchStrategy:
    return st.sampled_from([*DOMAINS[name], NA, UNKNOWN])


WORLDS = st.fixed_dictionaries(
    {
        **{name: _cell(name) for name in (*NUMBERS, "s1", "m1")},
        "r": st.lists(st.fixed_dictionaries({"rn": _cell("rn"), "rs": _cell("rs")}), max_size=3),
    }
)


def _known(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells as answers: NA left out, UNKNOWN sent empty."""
    plain = {name: int(value) if isinstance(value, Fraction) else value for name, value in cells.items()}
    return {name: None if value == UNKNOWN else value for name, value in plain.items() if value != NA}


def situation_of(world: dict[str, Any]) -> Situation:
    root = {
        f"/{name}": value for name, value in _known({key: world[key] for key in world if key != "r"}).items()
    }
    return Situation(answer(FORM, root, r=[_known(row) for row in world["r"]]), VISIT)


def worlds_of(world: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every world that agrees with what is known: an unknown cell is any value, or was not asked."""
    cells = [(world, name) for name in world if world[name] == UNKNOWN]
    cells += [(row, name) for row in world["r"] for name in row if row[name] == UNKNOWN]
    assume(len(cells) <= 4)
    for values in product(*([*DOMAINS[name], NA] for _, name in cells)):
        chosen = {(id(owner), name): value for (owner, name), value in zip(cells, values, strict=True)}
        rows = [{name: chosen.get((id(row), name), row[name]) for name in row} for row in world["r"]]
        yield {**{name: chosen.get((id(world), name), world[name]) for name in world}, "r": rows}


def compiled(tree: tuple[Any, ...]) -> RuleSet:
    try:
        return compile_rules(sheet({"expression": render(tree)}), FORM)
    except RulesError as error:
        assume("limit" not in str(error))
        raise


def outcome(tree: tuple[Any, ...], world: dict[str, Any]) -> str:
    (result,) = evaluate_rules(compiled(tree), situation_of(world))
    return result.outcome.value


WORDS = {True: "fires", False: "clear", UNKNOWN: "unknown"}


@PROFILE
@given(CONDITIONS, WORLDS)
def test_what_is_known_decides_as_the_model_does(tree, world):
    world = {
        name: DOMAINS[name][1] if world[name] == UNKNOWN else world[name] for name in world if name != "r"
    } | {"r": [{name: NA if row[name] == UNKNOWN else row[name] for name in row} for row in world["r"]]}
    assert outcome(tree, world) == WORDS[bool(model(tree, world))]


@PROFILE
@given(CONDITIONS, WORLDS)
def test_a_certain_outcome_holds_in_every_possible_world(tree, world):
    told = outcome(tree, world)
    assume(told != "unknown")
    assert {WORDS[bool(model(tree, possible))] for possible in worlds_of(world)} == {told}


@PROFILE
@given(SIMPLE, WORLDS)
def test_connectives_are_those_of_kleene(tree, world):
    assert outcome(tree, world) == WORDS[kleene(tree, world)]


@PROFILE
@given(BY_ROW, WORLDS)
def test_a_rule_over_a_repeat_is_evaluated_row_by_row(tree, world):
    truths = [kleene(tree, {**world, **row}) for row in world["r"]]
    told = "fires" if True in truths else "unknown" if UNKNOWN in truths else "clear"
    (result,) = evaluate_rules(compiled(tree), situation_of(world))
    assert result.outcome.value == told
    if told != "clear":
        wanted = True if told == "fires" else UNKNOWN
        assert result.evidence["$rows"] == [place for place, truth in enumerate(truths, 1) if truth == wanted]


@PROFILE
@given(CONDITIONS, WORLDS)
def test_the_same_situation_gives_the_same_result_also_from_stored_rows(tree, world):
    rules, situation = compiled(tree), situation_of(world)
    again = RuleSet.from_json(rules.to_json(), FORM)
    first = evaluate_rules(rules, situation)
    assert evaluate_rules(rules, situation) == first == evaluate_rules(again, situation)


@PROFILE
@given(CONDITIONS, WORLDS)
def test_an_unknown_outcome_names_a_question_that_was_sent_empty(tree, world):
    (result,) = evaluate_rules(compiled(tree), situation_of(world))
    empty = {name for name in world if world[name] == UNKNOWN}
    empty |= {name for row in world["r"] for name in row if row[name] == UNKNOWN}
    assert set(result.unknown) <= empty
    assert bool(result.unknown) == (result.outcome.value == "unknown")


FRAGMENTS = st.sampled_from(
    [
        *(
            "${n1}",
            "${s1}",
            "${rn}",
            "$desil",
            "$x.y",
            "1",
            "'a'",
            "(",
            ")",
            ",",
            "and",
            "or",
            "not(",
            "=",
            "<",
            "+",
        ),
        *("-", "div", "sum(", "rows(", "if(", "regex(", "coalesce(", "date(", "today()", "round(", "substr("),
        *("/", "[", "]", "\n", "é", "\0"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=14).map(" ".join)))
def test_any_text_compiles_or_is_refused_with_mistakes(text):
    try:
        rules = compile_rules(sheet({"expression": text}), FORM)
    except RulesError as error:
        assert all(mistake.row == 2 and mistake.column == "expression" for mistake in error.mistakes)
    else:
        assert evaluate_rules(rules, Situation(None, VISIT))
