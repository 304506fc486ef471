"""What can be wrong with a form or a submission.

FormsError
├── FormError                 the author's workbook or XForm cannot be used
│   ├── NotAFormError         the file is no workbook or XForm that we read
│   ├── ConversionError       pyxform or ODK Validate refused it
│   └── RulesError            the rules sheet has mistakes (all of them, not the first)
├── CompilerUnavailableError  compiling ran out of time or memory, or the tools are missing: not the author's
fault └── SubmissionError           the phone's XML cannot be read
    └── MissingFieldError     well-formed, but form id or instanceID is absent
"""

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why an author's file was refused, for callers that answer each with its own code; GENERAL for all
    else.
    """

    GENERAL = "general"
    NO_FORM_ID = "no_form_id"
    FORM_ID_EXTENSION = "form_id_extension"
    FORM_ID_TOO_LONG = "form_id_too_long"
    NO_META = "no_meta"
    ENTITIES = "entities"


@dataclass(frozen=True)
class Mistake:
    """One thing an author has to mend, and where.

    sheet, row and column are as the author sees them: sheet name, row counted from 1 with the header as row
    1, column header. None where the place is not known.
    """

    message: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [
            f"sheet {self.sheet}" if self.sheet else "",
            f"row {self.row}" if self.row else "",
            f"column {self.column}" if self.column else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.message}" if where else self.message


class FormsError(Exception):
    """Root of everything this package raises on purpose."""


class FormError(FormsError):
    """The author's file cannot be used; `mistakes` says why and where, `warnings` what else was noticed."""

    def __init__(
        self,
        mistakes: list[Mistake] | str,
        warnings: list[str] | None = None,
        reason: Reason = Reason.GENERAL,
    ) -> None:
        self.reason = reason
        self.mistakes = [Mistake(mistakes)] if isinstance(mistakes, str) else list(mistakes)
        self.warnings = warnings or []
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class NotAFormError(FormError):
    """Not a workbook or XForm that we read: wrong type, damaged, protected, with macros, or a zip bomb."""


class ConversionError(FormError):
    """pyxform, ODK Validate or our own checks of the result refused the form."""


class RulesError(FormError):
    """The rules sheet has mistakes; all are listed."""


class CompilerUnavailableError(FormsError):
    """The compiler ran out of time or memory, or a tool it needs is missing or crashed. Trying again may
    help.
    """


class SubmissionError(FormsError):
    """The submission's XML cannot be read: not well-formed, a DTD, entities, too deep or too large."""


class MissingFieldError(SubmissionError):
    """The XML is well-formed but lacks what every submission needs; `field` names it."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"the submission has no {field}")
