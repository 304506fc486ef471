"""A filled form as the XML that a phone writes: answers by question name put where the form has them.

Belongs here: names to paths, what phones fill in by themselves, the entity of `keluarga`. Does not: answers (answers.py).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms.definition import FormDefinition
from forms.instance import EntityElement, render_instance
from server.demo.answers import FilledForm

HOUSEHOLD_LIST = "keluarga"
_TITLES = {"penyisiran": "{label} {day}", "aset": "Aset {label}", "stiker": "Stiker {label}"}


@dataclass(frozen=True)
class Branch:
    """Which version of the family's entity the phone has. trunk: the last one from the server; base: the last of all."""

    id: str
    trunk: int
    base: int


def render_form(
    definition: FormDefinition,
    form: FilledForm,
    entity: Mapping[str, str],
    *,
    username: str,
    branch: Branch | None = None,
) -> bytes:
    """The XML of a filled form, with a new instance id.

    Args: entity: the family's row of keluarga.csv (name, label, __version); branch: for a phone that was not connected
    between two forms; None = the version of the row is the base.
    Raises: KeyError for an answer to a question that the form does not have.
    """
    day = form.started_at.date().isoformat()
    preamble = {
        "start": form.started_at.isoformat(timespec="milliseconds"),
        "end": form.ended_at.isoformat(timespec="milliseconds"),
        "today": day,
        "username": username,
        "deviceid": f"rekaan:{username.split()[0].lower()}",
    }
    return render_instance(
        definition,
        _by_path(definition, {**preamble, **form.answers}),
        instance_id=f"uuid:{uuid.uuid4()}",
        instance_name=_TITLES[form.form_id].format(label=entity["label"], day=day),
        entity=EntityElement(
            HOUSEHOLD_LIST,
            entity["name"],
            update=True,
            label=entity["label"],
            base_version=branch.base if branch else entity.get("__version", "1"),
            trunk_version=branch.trunk if branch else None,
            branch_id=branch.id if branch else None,
        ),
    )


def _by_path(definition: FormDefinition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Path -> answer; rows of a repeat keep their names, which are relative to the row."""
    return {definition.by_name[name][0].path: value for name, value in answers.items()}
