"""The process in which strangers' workbooks are opened: python -m forms.compile_child DIRECTORY.

Belongs here: its limits, our workbook checks, pyxform, and the JSON file that says what came of it.
Does not: anything in the server's process (compile.py starts this and reads the result).

DIRECTORY holds request.json {file, kind, memory_bytes, seconds}; result.json is written beside it:
{xform, warnings, itemsets, rules, survey} or {mistakes, unreadable, warnings, survey}.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

_MAX_RESULT_BYTES = 400 * 1024 * 1024


def main(directory: Path) -> None:
    """Convert what the request names; whatever happens, but for a kill, there is a result."""
    request = json.loads((directory / "request.json").read_text("utf-8"))
    _limit(request["memory_bytes"], request["seconds"])
    try:
        result = _convert(directory / request["file"], request["kind"])
    except MemoryError:
        result = {"out_of_memory": True}
    (directory / "result.json").write_text(json.dumps(result), "utf-8")


def _limit(memory_bytes: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit of the parent still holds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_RESULT_BYTES, _MAX_RESULT_BYTES))


def _convert(path: Path, kind: str) -> dict[str, Any]:
    from forms.workbook import keep_known_sheets, read_workbook
    from forms.workbook_checks import rules_sheet, rules_sheet_mistakes, sheet_warnings, workbook_mistakes

    try:
        workbook = read_workbook(path, kind)
        if not workbook.sheets:
            return _no_sheets(workbook.names)
        mistakes = workbook_mistakes(path, workbook) if kind == "xlsx" else []
        mistakes += rules_sheet_mistakes(workbook)
        rules = rules_sheet(workbook)
        if kind == "csv" and len(workbook.names) > 1:
            keep_known_sheets(path)
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise anything on a damaged file
        return _unreadable(kind, error)
    survey = _survey_rows(workbook.sheets.get("survey"))
    warnings = sheet_warnings(workbook)
    if mistakes:
        return {"mistakes": [asdict(item) for item in mistakes], "warnings": warnings, "survey": survey}
    return {
        "rules": asdict(rules) if rules is not None else None,
        "survey": survey,
        **_run_pyxform(path, kind, warnings),
    }


def _no_sheets(names: Sequence[str]) -> dict[str, Any]:
    found = f"only {', '.join(repr(name) for name in names[:10])}" if names else "none"
    message = f"the file holds no sheet of a form ({found}); name the sheet with the questions 'survey'"
    return {"mistakes": [{"message": message}], "unreadable": True, "warnings": []}


def _unreadable(kind: str, error: Exception) -> dict[str, Any]:
    text = str(error) or type(error).__name__
    message = (
        f"the .{kind} file is damaged or protected and cannot be read ({text}); save it without a password"
    )
    return {
        "mistakes": [{"message": message}],
        "unreadable": True,
        "trace": traceback.format_exc(),
        "warnings": [],
    }


def _run_pyxform(path: Path, kind: str, warnings: list[str]) -> dict[str, Any]:
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    collected: list[str] = []
    try:
        result = convert(xlsform=str(path), warnings=collected, validate=False, file_type=f".{kind}")
    except MemoryError:
        raise
    except PyXFormError as error:
        return {"complaint": str(error), "warnings": [*collected, *warnings]}
    except Exception as error:  # pyxform lets KeyError and others out on odd forms
        text = f"pyxform could not convert the form ({type(error).__name__}: {error})"
        return {"complaint": text, "trace": traceback.format_exc(), "warnings": [*collected, *warnings]}
    return {"xform": result.xform, "warnings": [*collected, *warnings], "itemsets": result.itemsets}


def _survey_rows(sheet: Any) -> Mapping[str, dict[str, int]]:
    """First row by the value of column type and of column name, for messages that lack the row."""
    found: dict[str, dict[str, int]] = {"type": {}, "name": {}}
    for header, rows in found.items():
        column = sheet.column(header) if sheet is not None else None
        if column is not None:
            for number, cells in reversed(sheet.rows):
                rows[cells.get(column, "")] = number
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
