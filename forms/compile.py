"""compile_form: from an author's file to the XForm that phones get, with its definition and warnings.

Belongs here: the order of the steps and what stops them. Does not: opening workbooks (compile_child.py, in a
process of its own), compiling the rules sheet (rules.py), storing.
"""

import hashlib
import json
import logging
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forms.child_process import TooSlowError, run_bounded
from forms.compile_messages import FindRow, leak_mistake, mistake_of, validate_mistake
from forms.definition import FormDefinition
from forms.errors import CompilerUnavailableError, ConversionError, Mistake, NotAFormError, Reason
from forms.file_kind import kind_of
from forms.leaks import find_leaks
from forms.limits import Limits
from forms.rules_sheet import RulesSheet, SheetRow
from forms.validate import find_java, find_validate_jar, validate_xform
from forms.xform import read_definition
from forms.xform_model import Model

MAX_FORM_ID_CHARACTERS = 64
_REFUSED_ENDINGS = (".xml", ".xls", ".xlsx")
_NOT_IN_FILE_NAMES = re.compile(r"[\x00-\x1f\x7f/\\]")
_WORKBOOK_ENDING = re.compile(r"\.(?:xlsx|xlsm|xls|xml|md|csv)$", re.IGNORECASE)

NOT_VALIDATED = (
    "The form was not validated: no Java was found for ODK Validate. Formulas with errors may fail on phones."
)
NO_VERSION = (
    "The form has no version (settings column 'version'); publishing it a second time needs another version."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompiledForm:
    """A form ready to be kept as a draft.

    xform: the exact bytes to store, hash and serve. md5: their lower-case hex digest. kind: 'xlsx', 'xls',
    'xml', 'md' or 'csv'. rules_sheet: rows of the sheet `rules`, None without one. itemsets: content for the
    slot itemsets.csv. warnings: what the author should mend. notices: what the author should know but cannot
    mend in the file's cells: NOT_VALIDATED, NO_VERSION. validated: ODK Validate opened the form.
    """

    xform: bytes
    md5: str
    definition: FormDefinition
    kind: str
    rules_sheet: RulesSheet | None = None
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    validated: bool = False
    itemsets: bytes | None = None


def compile_form(
    data: bytes,
    *,
    file_name: str = "",
    fallback_id: str | None = None,
    allow_text: bool = False,
    validate: bool = True,
    limits: Limits | None = None,
) -> CompiledForm:
    """The form that a workbook, an XForm or (allow_text) a Markdown or CSV table describes.

    fallback_id: form id for a workbook that names none; a new uuid when absent too. An XForm is taken byte
    for byte. Takes about a second; runs pyxform and ODK Validate in processes of their own, bounded by
    `limits`.

    Raises: NotAFormError (file not read), ConversionError (with sheet, row and column where known, `reason`
    for those that callers answer differently), CompilerUnavailableError (out of time or memory; trying again
    may help).
    Source: the server's XLSForm notes, section 1.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    kind = kind_of(data, file_name=file_name, allow_text=allow_text, limits=limits)
    with tempfile.TemporaryDirectory(prefix="sisir-form-") as name:
        directory = Path(name)
        if kind == "xml":
            result: dict[str, Any] = {"warnings": []}
            xform = data
        else:
            result = _convert(data, kind, fallback_id, directory, limits)
            xform = result["xform"].encode("utf-8")
        definition = _checked_definition(xform)
        _refuse_leaks(xform, _row_finder(result))
        compiled = CompiledForm(
            xform=xform,
            md5=hashlib.md5(xform, usedforsecurity=False).hexdigest(),
            definition=definition,
            kind=kind,
            rules_sheet=_rules_of(result),
            warnings=tuple(result["warnings"]),
            notices=() if definition.version else (NO_VERSION,),
            itemsets=result["itemsets"].encode("utf-8") if result.get("itemsets") else None,
        )
        return (
            _validated(compiled, _row_finder(result), deadline, directory, limits) if validate else compiled
        )


def _convert(
    data: bytes, kind: str, fallback_id: str | None, directory: Path, limits: Limits
) -> dict[str, Any]:
    """What the child process made of the workbook. Raises what compile_form does."""
    path = directory / "in" / f"{_fallback_name(fallback_id)}.{kind}"
    path.parent.mkdir()
    path.write_bytes(data)
    request = {
        "file": f"in/{path.name}",
        "kind": kind,
        "memory_bytes": limits.memory_bytes,
        "seconds": limits.seconds,
    }
    (directory / "request.json").write_text(json.dumps(request), "utf-8")
    _run_child(directory, limits)
    result: dict[str, Any] = json.loads((directory / "result.json").read_text("utf-8"))
    if result.get("trace"):
        _log.warning("form.conversion_failed", extra={"trace": result["trace"]})
    _raise_mistakes(result)
    return result


def _run_child(directory: Path, limits: Limits) -> None:
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command: list[str | Path] = [sys.executable, "-m", "forms.compile_child", directory]
    try:
        finished = run_bounded(command, seconds=limits.seconds, directory=directory, environment=environment)
    except TooSlowError as error:
        raise CompilerUnavailableError(
            f"converting the form took longer than {limits.seconds:.0f} s"
        ) from error
    result = directory / "result.json"
    if finished.status != 0 or not result.is_file():
        _log.error(
            "form.converter_crashed", extra={"status": finished.status, "trace": finished.stderr[-4000:]}
        )
        raise CompilerUnavailableError(
            f"the converter ended without a result (status {finished.status}); the form may be too large"
        )


def _raise_mistakes(result: Mapping[str, Any]) -> None:
    warnings = list(result.get("warnings", []))
    if result.get("out_of_memory"):
        raise CompilerUnavailableError(
            "converting the form needs more memory than it may use; is it too large?"
        )
    if result.get("mistakes"):
        mistakes = [Mistake(**item) for item in result["mistakes"]]
        raise (NotAFormError if result.get("unreadable") else ConversionError)(mistakes, warnings)
    if "complaint" in result:
        raise ConversionError([mistake_of(result["complaint"], _row_finder(result))], warnings)


def _row_finder(result: Mapping[str, Any]) -> FindRow:
    survey: Mapping[str, Mapping[str, int]] = result.get("survey") or {}
    return lambda column, value: survey.get(column, {}).get(value)


def _rules_of(result: Mapping[str, Any]) -> RulesSheet | None:
    sheet = result.get("rules")
    if not sheet:
        return None
    return RulesSheet(tuple(sheet["header"]), tuple(SheetRow(**row) for row in sheet["rows"]))


def _fallback_name(fallback_id: str | None) -> str:
    """A file name whose stem becomes the form id of a workbook without one."""
    name = _NOT_IN_FILE_NAMES.sub("", re.split(r"[/\\]", fallback_id or "")[-1]).strip()
    name = _WORKBOOK_ENDING.sub("", name)[:MAX_FORM_ID_CHARACTERS].strip()
    # File systems count bytes, not characters, and end at 255.
    while len(name.encode("utf-8", "ignore")) > 240:
        name = name[:-1]
    return name if name.strip(".") else str(uuid.uuid4())


def _checked_definition(xform: bytes) -> FormDefinition:
    definition = read_definition(xform)
    form_id = definition.form_id
    if form_id.lower().endswith(_REFUSED_ENDINGS):
        raise ConversionError(
            [Mistake(f"the form id '{form_id}' must not end like a file name", "settings", None, "form_id")],
            reason=Reason.FORM_ID_EXTENSION,
        )
    if "/meta" not in definition.by_path:
        raise ConversionError("the form has no meta group with an instanceID", reason=Reason.NO_META)
    if len(form_id) > MAX_FORM_ID_CHARACTERS:
        raise ConversionError(
            [
                Mistake(
                    f"the form id has {len(form_id)} characters; at most 64 are allowed",
                    "settings",
                    None,
                    "form_id",
                )
            ],
            reason=Reason.FORM_ID_TOO_LONG,
        )
    return definition


def _refuse_leaks(xform: bytes, find_row: FindRow) -> None:
    """Raises: ConversionError naming each place where a sensitive answer would be shown without a mask."""
    leaks = find_leaks(Model(xform))
    if leaks:
        raise ConversionError([leak_mistake(leak, find_row) for leak in leaks])


def _validated(
    compiled: CompiledForm, find_row: FindRow, deadline: float, directory: Path, limits: Limits
) -> CompiledForm:
    java, jar = find_java(), find_validate_jar()
    if java is None or jar is None:
        return replace(compiled, notices=(*compiled.notices, NOT_VALIDATED))
    verdict = validate_xform(
        compiled.xform,
        java=java,
        jar=jar,
        seconds=deadline - time.monotonic(),
        heap_mb=limits.java_heap_mb,
        directory=directory,
    )
    if not verdict.valid:
        raise ConversionError([validate_mistake(verdict.text, find_row)], list(compiled.warnings))
    said = (f"ODK Validate: {verdict.text}",) if verdict.text else ()
    return replace(compiled, warnings=(*compiled.warnings, *said), validated=True)
