"""Reading answers of the bundled forms by question name, and which visits count as complete.

Belongs here: what several checks and the server must decide alike about a submission's answers.
Does not: judging (workers.checks), parsing (forms.submission).
"""

from collections.abc import Iterator

from forms.definition import FormDefinition
from forms.roles import HOUSEHOLD_LIST, find_household_select
from forms.values import Answers, Row, Value

COMPLETE = "lengkap"


def find_value(answers: Answers, name: str) -> Value | None:
    """The first answer, outside repeats, to a question of this name in whatever group; None when there is
    none."""
    return answers.root.by_name.get(name)


def is_asked(answers: Answers, name: str) -> bool:
    """True when a question of this name, outside repeats, is in the XML, answered or not."""
    return name in answers.root.names_present


def iter_rows(row: Row, name: str) -> Iterator[Row]:
    """The rows of every repeat of this name below a row, in document order."""
    for path, instances in row.repeats.items():
        for instance in instances:
            if path.rpartition("/")[2] == name:
                yield instance
            yield from iter_rows(instance, name)


def row_value(row: Row, name: str) -> Value | None:
    """The answer to a question of this name within one row of a repeat; None when there is none."""
    return row.by_name.get(name)


def names_household(definition: FormDefinition) -> bool:
    """True when the form creates, updates or selects an entity of `keluarga`."""
    entities = any(declared.dataset == HOUSEHOLD_LIST for declared in definition.entities)
    return entities or find_household_select(definition) is not None


def is_complete(form_id: str, definition: FormDefinition | None, answers: Answers) -> bool:
    """True when the visit was a whole interview: its time may be compared, and a second one is a double
    visit.

    penyisiran: hasil_wawancara = lengkap. stiker: ada_responden = ya. Other forms have no other ending:
    always.
    Source: docs/domain 7.7, QC01.
    """
    if form_id == "penyisiran":
        return find_value(answers, "hasil_wawancara") == COMPLETE
    if form_id == "stiker":
        return find_value(answers, "ada_responden") == "ya"
    return True
