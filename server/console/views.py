"""All pages: importing this module registers every route of the console on its blueprint."""

from server.console import (  # noqa: F401
    admin_views,
    case_views,
    form_views,
    officer_views,
    password_views,
    photo_views,
    quality_views,
    queue_views,
    session_views,
    submission_views,
)
from server.console.blueprint import blueprint
from server.console.frame import select_language

__all__ = ["blueprint", "select_language"]
