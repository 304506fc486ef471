"""What every page needs: a transaction, the caller with the right to be here, the campaign, the CSRF check.

Belongs here: Page and the two ways to open one. Does not: routes.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import g, request
from sqlalchemy.orm import Session

from server.console.frame import select_language
from server.edge import reading, writing
from server.errors import NotAllowedError, NotAuthenticatedError
from server.models.actor import ActorKind
from server.models.project import Project
from server.permissions import Caller
from server.services.projects import get_project

MAX_ID_DIGITS = 18
"""All of them fit into 64 bits."""
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True)
class ShownProject:
    """What the frame of a page says about its campaign; outlives the transaction, so that error pages have a frame too."""

    id: int
    name: str
    actee_id: str


@dataclass(frozen=True)
class Page:
    """An open page: the transaction, who looks, and the campaign (None on the pages above campaigns)."""

    session: Session
    caller: Caller
    project: ShownProject | None = None
    row: Project | None = None

    @property
    def language(self) -> str:
        """'id' or 'en'."""
        return select_language()

    @property
    def campaign(self) -> Project:
        """The campaign of a page that has one."""
        if self.row is None:
            raise NotAllowedError("this page has no project")
        return self.row

    def may(self, verb: str) -> bool:
        """Whether the caller has a right here; templates show what it opens."""
        return self.caller.may(verb, *([self.project.actee_id] if self.project else []))


@contextmanager
def reading_page(project_id: int | None, verb: str | None) -> Iterator[Page]:
    """A page that only reads. Raises: NotAuthenticatedError, NotAllowedError, NotFoundError."""
    with reading() as (session, caller):
        yield _open(session, caller, project_id, verb)


@contextmanager
def writing_page(project_id: int | None, verb: str | None) -> Iterator[Page]:
    """A page that changes something: the CSRF token of the session must come with it.

    Committed when the block ends. Raises: as reading_page; NotAllowedError for a missing or wrong token.
    """
    with writing() as (session, caller):
        require_csrf(caller)
        yield _open(session, caller, project_id, verb)


def row_id(text: str | None) -> int | None:
    """A row's id in a parameter; None for what no row can have."""
    plain = (text or "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > MAX_ID_DIGITS:
        return None
    return int(plain)


def require_csrf(caller: Caller) -> None:
    """Raises: NotAllowedError unless the request carries the session's token in the form or the header."""
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not caller.csrf or not hmac.compare_digest(sent.encode(), caller.csrf.encode()):
        raise NotAllowedError(
            "the CSRF token is missing or wrong",
            message_id="Halaman ini sudah kedaluwarsa. Muat ulang lalu coba lagi.",
        )


def require_same_origin() -> None:
    """For the log-in form, which has no session yet. Raises: NotAllowedError for a form of another site."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    foreign = origin not in (None, "null") and urlsplit(origin or "").netloc != request.host
    if site not in ("none", "same-origin") or foreign:
        raise NotAllowedError(
            "the form was sent from another site", message_id="Formulir dikirim dari situs lain."
        )


def _open(session: Session, caller: Caller, project_id: int | None, verb: str | None) -> Page:
    if caller.kind != ActorKind.user or caller.csrf is None:
        raise NotAuthenticatedError()
    project = get_project(session, project_id) if project_id is not None else None
    if verb is not None:
        caller.require(verb, *([project.actee_id] if project else []))
    shown = ShownProject(project.id, project.name, project.actee_id) if project else None
    page = Page(session, caller, shown, project)
    g.page = page
    return page
