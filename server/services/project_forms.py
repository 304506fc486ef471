"""A project's forms all at once: their states and who holds roles on them (Central's deep update of a project)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError
from server.models.form import Form, FormState
from server.models.project import Project
from server.permissions import Caller
from server.problems import IncompleteListError
from server.services import publishing, roles


def replace_forms(
    session: Session, caller: Caller, project: Project, wanted: Sequence[Mapping[str, Any]]
) -> None:
    """Sets state and role holders of every form of a project; holders that are not listed lose their role.

    Args: wanted: one {xml_form_id, state?, webforms_enabled?, assignments?} per form; assignments left out stay.
    Raises: IncompleteListError (501.2) unless exactly the project's forms are listed; BadValueError for no state.
    """
    forms = {form.xml_form_id: form for form in publishing.list_forms(session, project.id)}
    if sorted(forms) != sorted(item["xml_form_id"] for item in wanted):
        raise IncompleteListError("the list must name every form of the project, and no other")
    for item in wanted:
        form = forms[item["xml_form_id"]]
        change_form(session, form, item, actor_id=caller.actor_id)
        if item.get("assignments") is not None:
            _replace_holders(session, caller, project, form, item["assignments"])


def change_form(session: Session, form: Form, changes: Mapping[str, Any], *, actor_id: int) -> None:
    """Sets state and browser entry of a form where given and other than now. Raises: BadValueError for no state."""
    state, webforms = changes.get("state"), changes.get("webforms_enabled")
    if state is not None and state not in list(FormState):
        raise BadValueError(
            f"a form cannot be {state!r}",
            details={"field": "state", "value": state, "reason": "it must be open, closing or closed"},
        )
    if state is not None and state != form.state:
        publishing.set_state(session, form, FormState(state), actor_id=actor_id)
    if webforms is not None and webforms != form.webforms_enabled:
        form.webforms_enabled, form.updated_at = webforms, now()
    session.flush()


def _replace_holders(
    session: Session, caller: Caller, project: Project, form: Form, holders: Sequence[Mapping[str, int]]
) -> None:
    wanted = {(item["actor_id"], item["role_id"]) for item in holders}
    held = {(item.actor_id, item.role_id) for item in roles.list_grants(session, form.actee_id)}
    links = {
        (item.actor_id, item.role_id) for item in roles.list_grants(session, form.actee_id, role="pub-link")
    }
    actees = (form.actee_id, project.actee_id)
    for actor_id, role_id in sorted(wanted - held):
        roles.grant(session, caller, ref=str(role_id), holder_id=actor_id, actees=actees)
    for actor_id, role_id in sorted(held - wanted - links):
        roles.revoke(session, caller, ref=str(role_id), holder_id=actor_id, actees=actees)
