"""The Flask application: composed here, started elsewhere."""

from flask import Flask
from flask_babel import Babel

from server.api.docs import blueprint as docs
from server.api.views import blueprint as api
from server.auth import KeyInPath
from server.backends import Backends
from server.config import MAX_REQUEST_BYTES
from server.console.views import blueprint as console
from server.console.views import select_language
from server.jobs import Jobs
from server.openrosa.draft_views import blueprint as openrosa_drafts
from server.openrosa.views import blueprint as openrosa
from server.rendering import register_error_pages
from server.uploads import PhoneRequest


class Sisir(Flask):
    """Flask with our request class."""

    request_class = PhoneRequest


def create_app(backends: Backends) -> Flask:
    """The application over these backends. Starts nothing and connects to nothing."""
    app = Sisir("server", template_folder="console/templates", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        BABEL_DEFAULT_LOCALE="id",
        BABEL_DEFAULT_TIMEZONE=backends.config.timezone.key,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    app.extensions["sisir"] = backends
    app.extensions["sisir_jobs"] = Jobs(backends)
    Babel(app, locale_selector=select_language)
    app.register_blueprint(openrosa)
    app.register_blueprint(openrosa_drafts)
    app.register_blueprint(api)
    app.register_blueprint(docs)
    app.register_blueprint(console)
    register_error_pages(app)
    app.wsgi_app = KeyInPath(app.wsgi_app)  # type: ignore[method-assign]
    return app
