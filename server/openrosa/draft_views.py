"""Sending test data to a form's draft: for those who may edit the form, and for whoever has the draft's test address.

Source: the OpenRosa specification, "Addresses" and 5.4 (draft endpoints).
"""

from flask import Blueprint, Response, request

from server.auth import require_caller
from server.db import single_reads
from server.edge import backends
from server.openrosa.answers import answer_empty, require_version_header
from server.openrosa.views import take_submission
from server.permissions import Caller
from server.services import projects, publishing
from server.services.incoming import Door
from server.services.submission_shelf import require_draft_token

blueprint = Blueprint("openrosa_drafts", __name__, url_prefix="/v1")
OF_FORM = "/projects/<int:project_id>/forms/<form_id>/draft/submission"
BY_TOKEN = f"/test/<draft_token>{OF_FORM}"


@blueprint.route(OF_FORM, methods=["HEAD", "GET"])
@blueprint.route(BY_TOKEN, methods=["HEAD", "GET"], endpoint="preflight_by_token")
def preflight(project_id: int, form_id: str, draft_token: str | None = None) -> Response:
    """204: the phone may send to the draft."""
    require_version_header()
    _require_door(project_id, form_id, draft_token)
    return answer_empty()


@blueprint.post(OF_FORM)
@blueprint.post(BY_TOKEN, endpoint="submit_by_token")
def submit(project_id: int, form_id: str, draft_token: str | None = None) -> Response:
    """Stores a submission to the draft, then thanks. Nothing checks it, and it makes no entities."""
    require_version_header()
    caller = _require_door(project_id, form_id, draft_token)
    return take_submission(project_id, caller, Door(form_id, is_draft=True))


def _require_door(project_id: int, form_id: str, draft_token: str | None) -> Caller | None:
    """The caller, None with the draft's test address. Raises: NotAllowedError, DeadDraftLinkError, NotFoundError."""
    with single_reads(backends().sessions) as session:
        caller = None if draft_token is not None else require_caller(request, backends(), session)
        project = projects.get_project(session, project_id)
        form = publishing.get_form(session, project.id, form_id)
        if caller is not None:
            caller.require("form.update", form.actee_id, project.actee_id)
        else:
            require_draft_token(session, form, draft_token)
        return caller
