"""From what pyxform and ODK Validate say to mistakes with sheet, row, column and what to do.

Belongs here: reading their texts, hints. Does not: running them.
Their texts change between versions, so nothing but the place and the hint may depend on them.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from forms.errors import Mistake
from forms.leaks import Leak

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_SHEET = re.compile(r"[Oo]n the '([\w ]+)' sheet|for sheet: '([\w ]+)'")
_COLUMN = re.compile(r"the '([^']+)' value")
_NAMED = re.compile(r"named '([^']+)'|for the name '([^']+)'")
_TYPE = re.compile(r"Unknown question type '([^']+)'")

_HINTS = (
    ("Unknown question type", "Check the spelling in column 'type'; see xlsform.org for the list of types."),
    (
        "List name not in choices sheet",
        "Add rows with this list_name to sheet 'choices', or mend the list's spelling.",
    ),
    ("should be a choices sheet", "Add a sheet 'choices' with columns list_name, name and label."),
    ("has no label or hint", "Fill the label in every language, or use type 'calculate' or 'hidden'."),
    ("with no name", "Fill column 'name'."),
    ("Could not find the name", "Write the name exactly as in column 'name', capitals included."),
    ("must start with '${'", "Write a reference as ${name}, with both brackets."),
    ("Choice names must be unique", "Rename one of the two choices."),
    ("Choice names with spaces", "Use _ in place of spaces in column 'name' of sheet 'choices'."),
    ("must be unique within", "Rename one of the two questions."),
    ("Names must begin with a letter", "Write names like jml_motor."),
    ("Unmatched", "Every begin_group and begin_repeat needs its own end_group or end_repeat below it."),
    ("Missing calculation", "Fill column 'calculation'."),
    ("Cycle detected", "The named questions depend on each other in a circle; break it."),
    ("does not exist", "Attach the list: use it in a question, e.g. select_one_from_file <list>.csv."),
    ("sheet named 'survey'", "Name the sheet with the questions 'survey'."),
    (
        "column headers were not found",
        "The first row of sheet 'survey' must hold the headers type, name and label.",
    ),
    ("entities sheet", "See the column names at docs.getodk.org/entities-quick-reference."),
)
_TYPE_COLUMN = ("Unknown question type", "List name not in choices", "supported file extensions", "Unmatched")

_VALIDATE_COLUMNS: Mapping[str, str] = {
    "display condition": "relevant",
    "constraint": "constraint",
    "Calculate": "calculation",
    "calculate": "calculation",
    "required": "required",
    "readonly": "read_only",
    "Relevant": "relevant",
}
_MEND = "Mend the expression; the phone could not open this form."
_NODE = re.compile(r"(?<![\w)/])/[\w.:-]+(?:(?:\[\d+\])?/(?:@?[\w.:-]+))+")
_EXCEPTION = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)+[\w$]*(?:Exception|Error)(?::\s*|$)")
_JAVA_OBJECT = re.compile(r"(?:[\w$]+\.){2,}[\w$]+@[0-9a-f]+")
_NOISE = re.compile(
    r"^(?:\s*at |\s*\.\.\. \d+ more|>> |Caused by:|The following files|Result:|Validating:|.*\.xml$)"
)

FindRow: TypeAlias = Callable[[str, str], int | None]


def mistake_of(text: str, find_row: FindRow) -> Mistake:
    """pyxform's message with its place. find_row(column, value): row of the survey whose cell says so, else
    None.
    """
    row_match, sheet_match, column_match = _ROW.search(text), _SHEET.search(text), _COLUMN.search(text)
    row = int(row_match.group(1)) if row_match else None
    sheet = (sheet_match.group(1) or sheet_match.group(2)) if sheet_match else None
    column = column_match.group(1) if column_match else None
    if any(part in text for part in _TYPE_COLUMN):
        column = column or "type"
    if row is None and sheet is None:
        row, column = _search(text, find_row, column)
    if row is not None and sheet is None:
        sheet = "survey"
    return Mistake(_with_hint(_ROW.sub("", text).strip()), sheet, row, column)


def _search(text: str, find_row: FindRow, column: str | None) -> tuple[int | None, str | None]:
    kind, named = _TYPE.search(text), _NAMED.search(text)
    if kind:
        return find_row("type", kind.group(1)), "type"
    if named:
        return find_row("name", named.group(1) or named.group(2)), column or (
            "label" if "label" in text else "name"
        )
    return None, column


def _with_hint(text: str, otherwise: str = "") -> str:
    hint = next((hint for part, hint in _HINTS if part in text), otherwise)
    return f"{text} {hint}" if hint else text


def validate_mistake(stderr: str, find_row: FindRow) -> Mistake:
    """ODK Validate's complaint without its stack trace, nodes as ${name}, with the survey's row if it names a
    question.
    """
    text = _without_trace(stderr)
    node = _NODE.search(text)
    name = node.group(0).rpartition("/")[2] if node else ""
    row = find_row("name", name) if name else None
    column = (
        next((column for part, column in _VALIDATE_COLUMNS.items() if part in text), None) if row else None
    )
    sheet = "survey" if row else "entities" if name.startswith("@") else None
    shown = _NODE.sub(lambda match: f"${{{match.group(0).rpartition('/')[2]}}}", text).rstrip(".")
    return Mistake(_with_hint(f"ODK Validate: {shown}.", _MEND), sheet, row, column)


def leak_mistake(leak: Leak, find_row: FindRow) -> Mistake:
    """A sensitive answer on its way out, with the cell that sends it."""
    name, source = leak.path.rpartition("/")[2], leak.source.rpartition("/")[2]
    if leak.place == "save_to":
        what = (
            f"${{{name}}} is sensitive"
            if name == source
            else f"${{{name}}} copies the sensitive answer ${{{source}}}"
        )
        message = f"{what}, so it must not be saved to an entity: every phone and list would show it. Clear this cell."
        return Mistake(message, "survey", find_row("name", name), "save_to")
    if leak.place == "instance_name":
        message = f"the name of the submission would show the sensitive answer ${{{source}}}. Take it out of the expression."
        return Mistake(message, "settings", 2, "instance_name")
    column = "label" if name == "label" else "entity_id"
    message = f"the entity would show the sensitive answer ${{{source}}}. Take it out of the expression."
    return Mistake(message, "entities", 2, column)


def _without_trace(stderr: str) -> str:
    told = (line for line in stderr.splitlines() if line.strip() and not _NOISE.match(line))
    lines = (_JAVA_OBJECT.sub("…", _EXCEPTION.sub("", line)).strip() for line in told)
    return " ".join(dict.fromkeys(line for line in lines if line)) or "the form is invalid"
