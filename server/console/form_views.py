"""Forms: the list, uploading a workbook, the draft with its warnings, publishing."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from server.console.blueprint import blueprint
from server.console.notices import notify
from server.console.pages import Page, reading_page, writing_page
from server.edge import backends
from server.errors import BadValueError, FormRefusedError, SisirError
from server.models.form import Form, FormFile, FormState, FormVersion
from server.services import audit, publishing
from server.services.publishing import Upload

MAX_FORM_BYTES = 20_000_000


@blueprint.get("/projects/<int:project_id>/forms")
def forms(project_id: int) -> str:
    """The forms of the campaign, and where a workbook is uploaded."""
    with reading_page(project_id, "form.publish") as page:
        return _show_forms(page)


@blueprint.post("/projects/<int:project_id>/forms")
def upload_form(project_id: int) -> ResponseReturnValue:
    """Compiles a workbook into a draft; mistakes are shown with sheet, row and column."""
    sent = request.files.get("workbook")
    name = (sent.filename or "").rpartition("/")[2] if sent else ""
    try:
        with writing_page(project_id, "form.publish") as page:
            known = publishing.known_definitions(page.session, project_id)
        if sent is None or not name:
            raise BadValueError(
                "no file was chosen", message_id="Pilih berkas XLSForm (.xlsx, .xls) atau XForm (.xml)."
            )
        data = sent.stream.read(MAX_FORM_BYTES + 1)
        if len(data) > MAX_FORM_BYTES:
            raise BadValueError("the file is larger than 20 MB", message_id="Berkas lebih besar dari 20 MB.")
        upload = publishing.compile_upload(data, file_name=name, known_forms=known)
        form_id = _save(project_id, upload)
    except (BadValueError, FormRefusedError) as error:
        with reading_page(project_id, "form.publish") as page:
            return _show_forms(page, refused=error, file_name=name), error.status
    notify(gettext("The draft was saved. Phones get it after publishing."))
    return redirect(url_for("console.form", project_id=project_id, form_id=form_id), 303)


@blueprint.get("/projects/<int:project_id>/forms/<int:form_id>")
def form(project_id: int, form_id: int) -> str:
    """One form: its draft, its published versions, the files it expects."""
    with reading_page(project_id, "form.publish") as page:
        return _show_form(page, form_id)


@blueprint.post("/projects/<int:project_id>/forms/<int:form_id>/publish")
def publish_form(project_id: int, form_id: int) -> ResponseReturnValue:
    """Makes the draft what phones get."""
    try:
        with writing_page(project_id, "form.publish") as page:
            found = _find(page, form_id)
            version = publishing.publish_draft(
                page.session, found, actor_id=page.caller.actor_id, notes=request.form.get("notes") or None
            ).version
    except SisirError as error:
        if error.status not in (404, 409):
            raise
        with reading_page(project_id, "form.publish") as page:
            return _show_form(page, form_id, refused=error), error.status
    notify(gettext("Version %(version)s was published.", version=version))
    return redirect(url_for("console.form", project_id=project_id, form_id=form_id), 303)


@blueprint.post("/projects/<int:project_id>/forms/<int:form_id>/state")
def set_form_state(project_id: int, form_id: int) -> ResponseReturnValue:
    """Opens or closes a form."""
    wanted = request.form.get("state", "")
    with writing_page(project_id, "form.publish") as page:
        if wanted not in set(FormState):
            raise BadValueError("no such state")
        found = _find(page, form_id)
        found.state = FormState(wanted)
        audit.record(
            page.session, page.caller.actor_id, "form.update", found.actee_id, {"data": {"state": wanted}}
        )
    notify(gettext("The state of the form was changed."))
    return redirect(url_for("console.form", project_id=project_id, form_id=form_id), 303)


def _save(project_id: int, upload: Upload) -> int:
    with writing_page(project_id, "form.publish") as page:
        found, _ = publishing.save_draft(
            page.session, backends(), project=page.campaign, upload=upload, actor_id=page.caller.actor_id
        )
        return found.id


def _find(page: Page, form_id: int) -> Form:
    found = page.session.get(Form, form_id)
    name = found.xml_form_id if found is not None and found.project_id == page.campaign.id else ""
    return publishing.get_form(page.session, page.campaign.id, name)


def _show_forms(page: Page, *, refused: SisirError | None = None, file_name: str = "") -> str:
    found = publishing.list_forms(page.session, page.campaign.id)
    ids = [
        version_id
        for form in found
        for version_id in (form.current_version_id, form.draft_version_id)
        if version_id
    ]
    versions = {
        row.id: row for row in page.session.scalars(select(FormVersion).where(FormVersion.id.in_(ids)))
    }
    return render_template("forms.html", forms=found, versions=versions, refused=refused, file_name=file_name)


def _show_form(page: Page, form_id: int, *, refused: SisirError | None = None) -> str:
    found = _find(page, form_id)
    versions = list(
        page.session.scalars(
            select(FormVersion)
            .where(FormVersion.form_id == found.id)
            .order_by(FormVersion.id.desc())
            .limit(30)
        )
    )
    shown = found.draft_version_id or found.current_version_id
    slots = list(
        page.session.scalars(
            select(FormFile).where(FormFile.form_version_id == shown).order_by(FormFile.name)
        )
    )
    draft = next((version for version in versions if version.id == found.draft_version_id), None)
    return render_template(
        "form.html", form=found, versions=versions, draft=draft, slots=slots, refused=refused
    )
