"""Submissions: the list, and one of them by itself."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.console.blueprint import blueprint
from server.console.pages import reading_page, row_id
from server.edge import backends
from server.services import case_photos, case_reading, form_cache, publishing, submission_lists
from server.services.case_queue import names_of


@blueprint.get("/projects/<int:project_id>/submissions")
def submissions(project_id: int) -> str:
    """Submissions of the caller's areas, newest first, of one form when asked."""
    form_id = row_id(request.args.get("form"))
    with reading_page(project_id, "case.read") as page:
        lines, cursor = submission_lists.list_submissions(
            page.session,
            page.caller,
            project_id,
            form_id=form_id,
            before=row_id(request.args.get("before")),
        )
        forms = publishing.list_forms(page.session, project_id)
        return render_template("submissions.html", lines=lines, cursor=cursor, forms=forms, form_id=form_id)


@blueprint.get("/projects/<int:project_id>/submissions/<int:submission_id>")
def submission(project_id: int, submission_id: int) -> ResponseReturnValue:
    """A submission; where it has a case, its place there."""
    with reading_page(project_id, "case.read") as page:
        found = submission_lists.get_submission(page.session, page.caller, project_id, submission_id)
        case_id = submission_lists.find_case_id(page.session, found)
        if case_id is not None:
            target = url_for("console.case", project_id=project_id, case_id=case_id)
            return redirect(f"{target}#visit-{submission_id}")
        version_ids = case_photos.definition_ids(page.session, [found])
        definitions = {
            key: form_cache.definition_of(page.session, value) for key, value in version_ids.items()
        }
        names = names_of(page.session, [found.submitter_id])
        visits = case_reading.read_visits(
            page.session, backends(), [found], definitions, names, page.language
        )
        photos = case_photos.list_photos(page.session, page.caller, [found], page.language, definitions)
        return render_template("submission.html", submission=found, visits=visits, photos=photos)
