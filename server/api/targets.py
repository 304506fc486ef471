"""What a path names: numbers are checked, project, form and entity list are looked up, and rights asked on them.

Belongs here: path to things, and the one question "may they?". Does not: things deeper in a path (their services).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from server.api.call import Targets
from server.api.shapes import MAX_ID
from server.errors import BadTypeError, NotAllowedError, NotFoundError
from server.models.form import FormState
from server.permissions import Caller
from server.problems import OutOfRangeError
from server.services import entity_lists, publishing
from server.services.projects import get_project

NUMBERS = frozenset({"project_id", "actor_id", "user_id", "app_user_id", "link_id", "trashed_id"})
"""Names in paths that stand for whole numbers."""
_WHOLE = re.compile(r"-?[0-9]+")


def read_path(values: Mapping[str, str]) -> dict[str, Any]:
    """The values of a path, numbers as int. Raises: BadTypeError (400.11), OutOfRangeError (400.22)."""
    return {name: _number(text) if name in NUMBERS else text for name, text in values.items()}


def _number(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise BadTypeError(
            f"invalid input data type: expected {text!r} to be an integer",
            details={"value": text, "expected": "integer"},
        )
    if len(text) > 11 or not -MAX_ID - 1 <= int(text) <= MAX_ID:
        raise OutOfRangeError(
            f"the number {text} is out of range", details={"value": text, "type": "integer"}
        )
    return int(text)


def find_targets(session: Session, path: Mapping[str, Any]) -> Targets:
    """The project, form and entity list that a path names. Raises: NotFoundError."""
    found = Targets()
    if "project_id" in path:
        found.project = get_project(session, path["project_id"])
        found.actees = (found.project.actee_id,)
        if "form_id" in path:
            found.form = publishing.get_form(session, found.project.id, path["form_id"])
            found.actees = (found.form.actee_id, *found.actees)
        if "dataset" in path:
            found.entity_list = entity_lists.find_list(session, found.project.id, path["dataset"])
            if found.entity_list is None or found.entity_list.deleted_at is not None:
                raise NotFoundError("there is no such entity list")
            found.actees = (found.entity_list.actee_id, *found.actees)
    return found


def require_one(caller: Caller, rights: Sequence[str], targets: Targets) -> None:
    """Raises: NotAllowedError unless the caller has one of the rights there. `open_form.…` does not open a closed form."""
    for verb in rights:
        closed = targets.form is not None and targets.form.state == FormState.closed
        if verb.startswith("open_form.") and closed:
            continue
        if caller.may(verb, *targets.actees):
            return
    if rights:
        raise NotAllowedError(f"this needs the right {' or '.join(rights)}")
