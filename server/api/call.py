"""One call of the API as its view sees it: who, on what, with which values, in which transaction.

Belongs here: what a view may ask. Does not: how it was found out (running.py, targets.py, bodies.py).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar, cast

from flask import request
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import session_scope
from server.errors import NotAuthenticatedError, NotFoundError
from server.models.entity import EntityList
from server.models.form import Form
from server.models.project import Project
from server.permissions import Caller
from server.scope import AreaPaths
from server.services.audit import NOTES

Thing = TypeVar("Thing")


@dataclass
class Targets:
    """What the path names, and whose rights count there (form before project; the site always counts)."""

    project: Project | None = None
    form: Form | None = None
    entity_list: EntityList | None = None
    actees: tuple[str, ...] = ()


@dataclass
class Call:
    """A request that passed the door. body and query are what their schemas loaded."""

    backends: Backends
    path: Mapping[str, Any] = field(default_factory=dict)
    is_draft: bool = False
    """On routes that a form has twice: its data, and the test data of its draft."""
    extended: bool = False
    notes: str | None = None
    body: Any = None
    query: Any = None
    targets: Targets = field(default_factory=Targets)
    anybody: Caller | None = None
    """The caller, None when nobody is logged in (only on open routes)."""
    opened: Session | None = None
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The transaction of this call."""
        if self.opened is None:
            raise RuntimeError("this route opens its transactions by hand: call.reading(), call.writing()")
        return self.opened

    @property
    def caller(self) -> Caller:
        """Who calls. Raises: NotAuthenticatedError when nobody is logged in."""
        if self.anybody is None:
            raise NotAuthenticatedError()
        return self.anybody

    @property
    def actor_id(self) -> int:
        """The caller's id, for the audit log."""
        return self.caller.actor_id

    @property
    def areas(self) -> AreaPaths:
        """The areas that the caller may see: hand them to every service that gives rows standing in an area."""
        return self.caller.areas

    @property
    def project(self) -> Project:
        """The project of the path."""
        return _there(self.targets.project)

    @property
    def form(self) -> Form:
        """The form of the path."""
        return _there(self.targets.form)

    @property
    def entity_list(self) -> EntityList:
        """The entity list of the path."""
        return _there(self.targets.entity_list)

    @property
    def stream(self) -> BinaryIO:
        """The raw body, chunked or not, as it comes off the wire."""
        return cast(BinaryIO, request.stream)

    @property
    def base_url(self) -> str:
        """What addresses in an answer begin with: public address, /v1 and the key that came in the path."""
        return f"{self.backends.config.url}/v1{request.environ.get('sisir.key_prefix', '')}"

    def may(self, verb: str) -> bool:
        """Whether the caller has a right on what the path names."""
        return self.caller.may(verb, *self.targets.actees)

    def after(self, job: Callable[[], None]) -> None:
        """Does this once the transaction is committed: `call.after(lambda: jobs().screen(number))`."""
        self.afterwards.append(job)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction, on routes that open theirs by hand."""
        with session_scope(self.backends.sessions, read_only=True) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A writing transaction; its audit lines carry the caller's X-Action-Notes."""
        with session_scope(self.backends.sessions) as session:
            session.info[NOTES] = self.notes
            yield session


def _there(found: Thing | None) -> Thing:
    if found is None:
        raise NotFoundError()
    return found
