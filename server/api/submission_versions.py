"""Versions of a submission, their XML, and what changed. Source: the REST specification, "Submissions over REST"."""

from typing import Any

from flask import Response, jsonify

from server.api.call import Call
from server.api.routes import File, Many, Table
from server.api.submission_paths import on_both, sends_to_root, shelf_of
from server.api.submission_shapes import ExtendedVersion, SubmissionVersionShape
from server.api.submissions import find
from server.services import submission_xml, submissions
from server.services.submission_xml import Step
from server.services.submissions import VersionView

table = Table("Submission versions")
XML = File("application/xml")


@on_both(table, "GET", "/<instance_id>.xml", right="submission.read", gives=XML, by_hand=True, problems=("301",))  # fmt: skip
@sends_to_root
def get_xml(call: Call) -> Response:
    """The XML of the current version: the exact bytes, or a masked copy without the right to sensitive answers."""
    return _answer_xml(call, None)


@on_both(table, "GET", "/<instance_id>/versions/<version_id>.xml", right="submission.read", gives=XML, by_hand=True)  # fmt: skip
def get_version_xml(call: Call) -> Response:
    """The XML of one version, likewise."""
    return _answer_xml(call, call.path["version_id"])


@on_both(table, "GET", "/<instance_id>/versions", right="submission.read", gives=Many(SubmissionVersionShape), extended=Many(ExtendedVersion))  # fmt: skip
def list_versions(call: Call) -> list[VersionView]:
    """All versions of a submission, newest first."""
    return submissions.list_versions(call.session, find(call))


@on_both(table, "GET", "/<instance_id>/versions/<version_id>", right="submission.read", gives=SubmissionVersionShape, extended=ExtendedVersion)  # fmt: skip
def get_version(call: Call) -> VersionView:
    """One version."""
    found = find(call)
    submissions.get_version(call.session, found, call.path["version_id"])
    views = submissions.list_versions(call.session, found)
    return next(view for view in views if view.instance_id == call.path["version_id"])


@on_both(table, "GET", "/<instance_id>/diffs", right="submission.read", gives=File("application/json"), by_hand=True)  # fmt: skip
def list_diffs(call: Call) -> Response:
    """What each version changed, by its instanceID; without the right, sensitive answers are masked."""
    with call.reading() as session:
        shelf = shelf_of(call, session)
        found = submissions.get_submission(session, shelf, call.path["instance_id"])
        steps = submission_xml.list_steps(session, call.backends, found, reveals=shelf.reveals)
        is_sealed = submission_xml.has_sealed(session, found)
    if shelf.reveals and is_sealed:
        note_unmasking(call, found.id, "diffs")
    return jsonify({step.instance_id: _show(step) for step in steps})


def _show(step: Step) -> list[dict[str, Any]]:
    return [
        {
            **({} if item.old is None else {"old": item.old}),
            **({} if item.new is None else {"new": item.new}),
            "path": [name if isinstance(name, str) else list(name) for name in item.path],
        }
        for item in step.differences
    ]


def _answer_xml(call: Call, version_id: str | None) -> Response:
    with call.reading() as session:
        shelf = shelf_of(call, session)
        found = submissions.get_submission(session, shelf, call.path["instance_id"])
        version = submissions.get_version(session, found, version_id)
        xml = submission_xml.read_version_xml(session, call.backends, version, reveals=shelf.reveals)
        is_sealed = version.is_sealed
    if shelf.reveals and is_sealed:
        note_unmasking(call, found.id, "xml")
    return Response(xml, content_type="application/xml; charset=utf-8")


def note_unmasking(call: Call, submission_id: int, what: str) -> None:
    """Writes down, in a transaction of its own, that the caller reads sensitive answers or a sensitive file in clear."""
    with call.writing() as session:
        submission_xml.note_unmasking(session, call.actor_id, call.project.actee_id, submission_id, what)
