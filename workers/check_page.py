"""The page docs/checks.md: every check of the program and every rule of the bundled forms, made from the catalogue.

    python -m workers.check_page          writes docs/checks.md in the current folder (make docs)

Belongs here: gathering and printing. Does not: anything that only this page would know; what is missing here is missing in the
catalogue.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from forms.compile import compile_form
from forms.definition import FormDefinition
from forms.library import list_bundled, open_bundled
from forms.rule_terms import Level
from forms.rules import Rule, compile_rules
from forms.rules_explain import pick_text
from forms.settings_catalog import SETTINGS
from workers.checking import Check, Setting, Subject
from workers.findings import CATALOG

PAGE = Path("docs/checks.md")
_HEAD = """# Checks and rules

Made by `make docs` from the catalogue and the bundled workbooks; do not edit by hand.

A check is a function of the program; a rule is a row of a form's sheet `rules`, which the office may change and publish
again. Each answers *fires*, *unknown* (could not look: shown, never a pass), *not applicable* or *clear*. None decides
anything: people do. Settings are changed in the console (Settings) for an area and from a day on; the value of the day of the
visit and of the smallest area that has one holds. *about*: what the finding stands on.

"""
_COLUMNS = (
    "Code",
    "Kind",
    "Severity",
    "About",
    "Label (id)",
    "Label (en)",
    "Fires when",
    "Settings",
    "Source",
)


def render_page() -> str:
    """The whole page as Markdown. Compiles the bundled forms, which takes a second each."""
    lines = [_HEAD + f"## Checks of the program ({len(CATALOG)})\n", *_table(_check_rows())]
    lines += ["\nWhat people read:\n", *_sentences()]
    known: dict[str, FormDefinition] = {}
    for form in list_bundled():
        compiled = compile_form(open_bundled(form.name), file_name=f"{form.name}.xlsx", validate=False)
        known[form.name] = compiled.definition
        sheet = compiled.rules_sheet
        rules = compile_rules(sheet, compiled.definition, known).rules if sheet else ()
        lines += [f"\n## Rules of the form `{form.name}` ({len(rules)})\n", *_table(map(_rule_row, rules))]
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|" + "---|" * len(_COLUMNS)
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or "–"


def _check_rows() -> Iterator[tuple[str, ...]]:
    for check in CATALOG.values():
        knobs = "; ".join(_knob(check, setting) for setting in check.settings.values())
        about = "household" if check.subject is Subject.HOUSEHOLD else check.subject.value
        yield (
            check.code,
            check.kind.value,
            check.severity.value,
            about,
            check.label["id"],
            check.label["en"],
            check.function.__doc__ or "",
            knobs,
            check.source,
        )


def _knob(check: Check, setting: Setting) -> str:
    shared = SETTINGS.get(setting.shared)
    name = shared.name if shared else f"{check.code}.{setting.name}"
    default = shared.default if shared else setting.default
    unit = f" {setting.unit}" if setting.unit else ""
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", setting.minimum), ("at most", setting.maximum))
        if bound is not None
    ]
    shown = f"{default:g}" if isinstance(default, int | float) else default
    return f"`{name}` = {shown}{unit}" + (f" ({', '.join(bounds)})" if bounds else "")


def _sentences() -> Iterator[str]:
    for check in CATALOG.values():
        yield f"- **{check.code}** {check.explain['id']} / *{check.explain['en']}*"


def _rule_row(rule: Rule) -> tuple[str, ...]:
    names = sorted({reference.key.lstrip("$") for reference in rule.references} & SETTINGS.keys())
    knobs = "; ".join(
        f"`{name}` = {'not set' if SETTINGS[name].default is None else SETTINGS[name].default} {SETTINGS[name].unit}".strip()
        for name in names
    )
    applies = f", if `{rule.applies}`" if rule.applies else ""
    return (
        rule.name,
        rule.kind.value,
        rule.severity.value,
        "household" if rule.level is Level.HOUSEHOLD else "submission",
        pick_text(rule.labels, "id"),
        pick_text(rule.labels, "en"),
        f"`{rule.expression}`{applies}",
        knobs,
        rule.source,
    )


def main() -> int:
    """Writes the page. Returns: the exit status."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render_page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
