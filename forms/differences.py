"""What changed between two versions of a submission, text by text.

Belongs here: comparing. Does not: who may see it (server).
Source: the server's notes on its REST interface, "Submissions over REST" (diffs).
"""

from dataclasses import dataclass

from forms.definition import FormDefinition
from forms.submission import SubmissionDocument

Step = str | tuple[str, int]
"""A name, or a repeat's name with the index of its instance, from 0."""


@dataclass(frozen=True)
class Difference:
    """A text that changed. None: the node is not there. field_path: '/panen/ton', whatever the instance."""

    path: tuple[Step, ...]
    field_path: str
    old: str | None
    new: str | None


def find_differences(
    old: SubmissionDocument,
    old_definition: FormDefinition,
    new: SubmissionDocument,
    new_definition: FormDefinition,
) -> tuple[Difference, ...]:
    """What changed, in the order of the newer document; what is only in the older one follows."""
    before, after = _texts(old, old_definition), _texts(new, new_definition)
    found = [
        Difference(path, field_path, before[path][1] if path in before else None, text)
        for path, (field_path, text) in after.items()
        if path not in before or before[path][1] != text
    ]
    gone = [
        Difference(path, field_path, text, None)
        for path, (field_path, text) in before.items()
        if path not in after
    ]
    return (*found, *gone)


def _texts(
    document: SubmissionDocument, definition: FormDefinition
) -> dict[tuple[Step, ...], tuple[str, str]]:
    """Path -> (path of the field, text); of a node that stands there twice the last one counts."""
    return {
        _steps(leaf.path, leaf.rows, definition): (leaf.path, leaf.text)
        for leaf in document.leaves(definition)
    }


def _steps(path: str, rows: tuple[int, ...], definition: FormDefinition) -> tuple[Step, ...]:
    steps: list[Step] = []
    whole, indexes = "", iter(rows)
    for name in path.split("/")[1:]:
        whole = f"{whole}/{name}"
        field = definition.by_path.get(whole)
        steps.append((name, next(indexes)) if field is not None and field.type == "repeat" else name)
    return tuple(steps)
