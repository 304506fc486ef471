"""The API's blueprint: every resource's table of routes, under /v1. A new resource is one line here."""

from flask import Blueprint, Response, request
from flask.sansio.blueprints import BlueprintSetupState

from server.api import (
    app_users,
    assignments,
    audits,
    datasets,
    docs,
    drafts,
    entities,
    exports,
    forms,
    geojson,
    preferences,
    projects,
    public_links,
    roles,
    sessions,
    submission_comments,
    submission_files,
    submission_versions,
    submissions,
    users,
)
from server.api.answers import finish
from server.api.routes import Route
from server.api.running import view_of

TABLES = (
    sessions.table,
    users.table,
    roles.table,
    assignments.table,
    projects.table,
    forms.table,
    drafts.table,
    app_users.table,
    public_links.table,
    submissions.table,
    submission_versions.table,
    submission_files.table,
    submission_comments.table,
    exports.table,
    geojson.table,
    datasets.table,
    entities.table,
    audits.table,
    preferences.table,
    docs.table,
)
ROUTES: tuple[Route, ...] = tuple(route for table in TABLES for route in table.routes)
blueprint = Blueprint("api", __name__, url_prefix="/v1")
for _route in ROUTES:
    blueprint.add_url_rule(
        _route.path,
        _route.endpoint,
        view_of(_route),
        methods=[_route.method],
        provide_automatic_options=False,
    )


@blueprint.record_once
def _list_routes(state: BlueprintSetupState) -> None:
    """For the description, which is made from them."""
    state.app.extensions["sisir_routes"] = ROUTES


@blueprint.after_app_request
def set_headers(response: Response) -> Response:
    """Headers of all answers under /v1, also of errors; phones' routes have set theirs already."""
    return finish(response) if request.path.startswith("/v1") else response
