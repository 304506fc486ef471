"""Addresses of submissions: each is there for the form's data and for the test data of its draft, with one view.

Belongs here: the two paths and their rights, the shelf of a call, the way from a later version to its submission.
Does not: what the views do.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import redirect, request
from sqlalchemy.orm import Session

from server.api.call import Call
from server.api.routes import Table, View
from server.errors import NotFoundError
from server.services import submissions
from server.services.submission_shelf import Shelf, open_shelf

FORM = "/projects/<project_id>/forms/<form_id>"
DRAFT_RIGHT = "form.update"


def on_both(
    table: Table, method: str, rest: str, *, right: str | tuple[str, ...], **options: Any
) -> Callable[[View], View]:
    """Adds a route under …/submissions, and the same under …/draft/submissions for those who may edit the form."""

    def add(view: View) -> View:
        table.route(method, f"{FORM}/submissions{rest}", right=right, **options)(view)
        table.route(method, f"{FORM}/draft/submissions{rest}", right=DRAFT_RIGHT, **options)(over_draft(view))
        return view

    return add


def over_draft(view: View) -> View:
    """The same view over the test data of the form's draft."""

    @wraps(view)
    def found(call: Call) -> Any:
        call.is_draft = True
        return view(call)

    found.__name__ = f"draft_{view.__name__}"
    return found


def shelf_of(call: Call, session: Session | None = None) -> Shelf:
    """The submissions that a call may see. Raises: NotFoundError where the form has no draft."""
    return open_shelf(
        session or call.session,
        call.form,
        call.anybody,
        is_draft=call.is_draft,
        reveals=call.anybody is not None and call.may("identity.unmask"),
    )


def sends_to_root(view: View) -> View:
    """A reading view of one submission: asked by the instanceID of a later version, it sends to that version."""

    @wraps(view)
    def found(call: Call) -> Any:
        try:
            return view(call)
        except NotFoundError:
            address = _address_of_version(call)
            if address is None:
                raise
            return redirect(address, 301)

    return found


def _address_of_version(call: Call) -> str | None:
    instance_id = call.path["instance_id"]
    with call.reading() as session:
        root = submissions.find_root(session, shelf_of(call, session), instance_id)
    if root is None:
        return None
    before, _, rest = request.path.partition(f"/submissions/{instance_id}")
    prefix = request.environ.get("sisir.key_prefix", "")
    path = f"/v1{prefix}{quote(before.removeprefix('/v1'), safe='/')}/submissions/{_segment(root)}"
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return f"{path}/versions/{_segment(instance_id)}{quote(rest, safe='/')}{query}"


def _segment(text: str) -> str:
    return quote(text, safe="!'()*")
