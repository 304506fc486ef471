"""The rules of a form: from the rows of its sheet to rules that can be evaluated.

Belongs here: Rule, RuleSet, compile_rules; checks that need several rows.
Does not: reading the workbook (compile.py), columns (rules_table.py), expressions (rules_check.py),
evaluating (rules_evaluate.py), sentences for people (rules_explain.py).
Source: docs/semantics, section 3.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from forms.definition import FormDefinition
from forms.errors import Mistake, RulesError
from forms.rule_terms import KIND_WORDS, LEVEL_WORDS, SEVERITY_WORDS, Kind, Level, Severity
from forms.rules_check import ExpressionMistakes, Program, compile_condition
from forms.rules_grammar import ExpressionError
from forms.rules_names import Names, Reference
from forms.rules_read import Environment
from forms.rules_sheet import RulesSheet, SheetRow
from forms.rules_table import SHEET, Columns, RowReader, read_columns
from forms.rules_values import UNKNOWN

# A rule of kind ineligible asks something of families that receive aid; `applies` may say otherwise.
DEFAULT_APPLIES: Mapping[Kind, str] = {Kind.INELIGIBLE: "count-selected($programmes) > 0"}
PLACE = re.compile(r"\$?\{([^{}]*)\}")
ROWS_PLACE = "rows"


@dataclass(frozen=True)
class Rule:
    """One row of the sheet. Rows of one name are alternatives of one rule, at different severities or dates.

    labels, explain: by language as the sheet writes it, 'Bahasa Indonesia (id)'; '' where it names none.
    applies: the expression of the cell, None when blank (DEFAULT_APPLIES holds then).
    from_on, until_on: first and last day it holds, None for open. row: in the sheet, the header being row 1.
    program, applies_program: the compiled conditions. places: what `{…}` in the explanations stands for.
    """

    name: str
    kind: Kind
    severity: Severity
    labels: Mapping[str, str]
    explain: Mapping[str, str]
    expression: str
    level: Level
    applies: str | None
    source: str
    from_on: date | None
    until_on: date | None
    row: int
    program: Program = field(repr=False, compare=False)
    applies_program: Program | None = field(repr=False, compare=False)
    places: Mapping[str, Reference] = field(repr=False, compare=False)

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        after = self.from_on is None or self.from_on <= day
        return after and (self.until_on is None or day <= self.until_on)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All that the rule reads, with what only its explanation names; each once."""
        applies = self.applies_program.references if self.applies_program else ()
        named = (*self.program.references, *applies, *self.places.values())
        return tuple({reference.key: reference for reference in named}.values())


@dataclass(frozen=True)
class RuleSet:
    """The rules of one form version, in the order of the sheet; `sheet` is kept as JSON to compile again.

    warnings: what the author should know, such as columns that are not read.
    """

    rules: tuple[Rule, ...]
    sheet: RulesSheet
    warnings: tuple[str, ...] = ()

    @cached_property
    def by_level(self) -> Mapping[Level, tuple[tuple[Rule, ...], ...]]:
        """Level -> the rules of that level, each with its alternatives."""
        levels: dict[Level, dict[str, tuple[Rule, ...]]] = {level: {} for level in Level}
        for rule in self.rules:
            named = levels[rule.level]
            named[rule.name] = (*named.get(rule.name, ()), rule)
        return {level: tuple(named.values()) for level, named in levels.items()}

    def to_json(self) -> dict[str, Any]:
        """The source rows as plain JSON values, for from_json."""
        rows = [{"number": row.number, "cells": dict(row.cells)} for row in self.sheet.rows]
        return {"header": list(self.sheet.header), "rows": rows}

    @classmethod
    def from_json(
        cls,
        data: Mapping[str, Any],
        definition: FormDefinition,
        other_forms: Mapping[str, FormDefinition] | None = None,
    ) -> "RuleSet":
        """The rule set of stored rows.

        An expression that no longer compiles, because another form or the catalogues changed, yields a rule
        that is unknown for everyone, and a warning: a published form goes on working.
        Raises: RulesError when the rest of a row is not readable.
        """
        rows = tuple(SheetRow(row["number"], dict(row["cells"])) for row in data["rows"])
        sheet = RulesSheet(tuple(data["header"]), rows)
        return _Compiler(sheet, definition, other_forms or {}, None).compile(stored=True)


def compile_rules(
    sheet: RulesSheet,
    definition: FormDefinition,
    other_forms: Mapping[str, FormDefinition] | None = None,
    *,
    codes: Collection[str] | None = None,
) -> RuleSet:
    """The rules of a sheet, checked against the form.

    Args: other_forms: form id -> definition, for `$form.question`. codes: all rules and checks that
    `$fires_CODE` may name besides those of this sheet; None leaves these names unchecked.
    Raises: RulesError with every mistake, each with row and column.
    """
    return _Compiler(sheet, definition, other_forms or {}, codes).compile(stored=False)


class _Compiler:
    """Compiles one sheet and collects its mistakes; in a stored one those of expressions are warnings."""

    def __init__(
        self,
        sheet: RulesSheet,
        definition: FormDefinition,
        other_forms: Mapping[str, FormDefinition],
        codes: Collection[str] | None,
    ) -> None:
        self._sheet = sheet
        self._columns = read_columns(sheet.header)
        readers = [RowReader(row, self._columns) for row in sheet.rows]
        named = frozenset(reader.cell("name") for reader in readers)
        household = frozenset(
            reader.cell("name") for reader in readers if _level_of(reader) is Level.HOUSEHOLD
        )
        known = None if codes is None else frozenset(codes) | named
        self._names = Names(definition, other_forms, known, household)

    def compile(self, *, stored: bool) -> RuleSet:
        mistakes = list(self._columns.mistakes) if self._sheet.rows else []
        doubtful: list[Mistake] = []
        rules = []
        for row in self._sheet.rows:
            reader, expressions = RowReader(row, self._columns), RowReader(row, self._columns)
            rules.append(_build_rule(row, reader, expressions, self._names))
            mistakes += reader.mistakes
            doubtful += expressions.mistakes
        mistakes += _disagreements(rules, self._columns)
        if mistakes or (doubtful and not stored):
            raise RulesError(_in_order([*mistakes, *doubtful]), list(self._columns.warnings))
        return RuleSet(tuple(rules), self._sheet, (*self._columns.warnings, *map(str, doubtful)))


def _level_of(reader: RowReader) -> Level:
    return LEVEL_WORDS.get(reader.cell("level").lower(), Level.SUBMISSION)


def _in_order(mistakes: list[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: mistake.row or 0)


def _build_rule(row: SheetRow, cells: RowReader, expressions: RowReader, names: Names) -> Rule:
    """The rule of a row; mistakes go to `cells`, those of expressions and places to `expressions`."""
    kind = cells.word("kind", KIND_WORDS, Kind.DATA)
    level = cells.word("level", LEVEL_WORDS, Level.SUBMISSION)
    cells.required("kind")
    cells.required("severity")
    explain = cells.explains()
    from_on, until_on = _days(cells)
    program = _program("expression", cells.cell("expression"), expressions, names, level)
    return Rule(
        name=cells.name(),
        kind=kind,
        severity=cells.word("severity", SEVERITY_WORDS, Severity.INFO),
        labels=cells.labels(),
        explain=explain,
        expression=cells.required("expression"),
        level=level,
        applies=cells.cell("applies") or None,
        source=cells.cell("source"),
        from_on=from_on,
        until_on=until_on,
        row=row.number,
        program=program,
        applies_program=_applies(kind, expressions, names, level),
        places=_places(explain, program, expressions, names, level),
    )


def _days(cells: RowReader) -> tuple[date | None, date | None]:
    from_on, until_on = cells.day("from"), cells.day("until")
    if from_on and until_on and from_on > until_on:
        cells.complain("the rule ends before it begins", "until")
    return from_on, until_on


def _always_unknown(environment: Environment) -> Any:
    return UNKNOWN


_BROKEN = Program(_always_unknown, (), ())


def _program(column: str, text: str, reader: RowReader, names: Names, level: Level) -> Program:
    if not text:
        return _BROKEN
    try:
        return compile_condition(text, names, level)
    except ExpressionMistakes as error:
        for mistake in error.mistakes:
            where = f"character {mistake.at}: " if mistake.at else ""
            reader.complain(f"{where}{mistake}", column)
        return _BROKEN


def _applies(kind: Kind, reader: RowReader, names: Names, level: Level) -> Program | None:
    text = reader.cell("applies") or DEFAULT_APPLIES.get(kind, "")
    if not text:
        return None
    program = _program("applies", text, reader, names, level)
    if program.chain:
        reader.complain("applies is about the household; ask about rows with rows(…) > 0", "applies")
    return program


def _places(
    explain: Mapping[str, str], program: Program, reader: RowReader, names: Names, level: Level
) -> dict[str, Reference]:
    """What the places of the explanations stand for; `{rows}`, the rows that fired, is none of them."""
    places: dict[str, Reference] = {}
    for language, text in explain.items():
        for name in (found[1].strip() for found in PLACE.finditer(text)):
            try:
                places[name] = names.place(name, level)
            except ExpressionError as error:
                if name != ROWS_PLACE or not program.chain:
                    reader.complain(f"{{{name}}}: {error}", reader.explain_column(language))
    return places


def _disagreements(rules: list[Rule], columns: Columns) -> list[Mistake]:
    """Rows of one name must agree on kind and level."""
    first: dict[str, Rule] = {}
    mistakes = []
    tests: tuple[tuple[str, Callable[[Rule], object]], ...] = (
        ("kind", lambda rule: rule.kind),
        ("level", lambda rule: rule.level),
    )
    for rule in rules:
        earlier = first.setdefault(rule.name, rule)
        for column, value in tests:
            if value(rule) is not value(earlier):
                message = f"{rule.name} has another {column} in row {earlier.row}"
                mistakes.append(Mistake(message, SHEET, rule.row, columns.plain.get(column, column)))
    return mistakes
