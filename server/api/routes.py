"""The table of routes: each says method, path, right, what it takes and gives; the frame (running.py) does the rest.

Belongs here: what a route says of itself. Does not: serving it (running.py), describing it (openapi.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from server.api.bodies import MAX_JSON_BYTES
from server.api.call import Call
from server.api.shapes import Shape, Success

View = Callable[[Call], Any]
ANYBODY = None
"""A route's right when it asks for none: whoever is logged in; its service narrows what they see."""


@dataclass(frozen=True)
class Many:
    """A JSON array of a schema."""

    shape: type[Shape]


@dataclass(frozen=True)
class File:
    """An answer or body that is no JSON; the view makes or reads it."""

    content_type: str = "application/octet-stream"


Gives = type[Shape] | Many | File


@dataclass(frozen=True)
class Route:
    """One route as its table says it.

    rights: any of these verbs on what the path names, or on the site; () = whoever is logged in.
    takes: schema of the JSON body, or File: the view reads `call.stream`. gives: what the answer holds.
    extended: the same with X-Extended-Metadata. is_open: no log-in needed.
    max_bytes: of a JSON body; who sends more than the usual is looked at before the body is read.
    by_hand: the view opens its transactions itself (`call.reading()`, `call.writing()`): for slow work between them.
    problems: codes beyond those that any route may answer, for the description.
    """

    endpoint: str
    method: str
    path: str
    view: View
    tag: str
    rights: tuple[str, ...] = ()
    takes: type[Shape] | File | None = None
    query: type[Shape] | None = None
    gives: Gives = Success
    extended: Gives | None = None
    is_open: bool = False
    by_hand: bool = False
    max_bytes: int = MAX_JSON_BYTES
    problems: tuple[str, ...] = ()

    @property
    def is_reading(self) -> bool:
        """True for routes that change nothing."""
        return self.method == "GET"


@dataclass
class Table:
    """The routes of one resource, in the order of its file."""

    tag: str
    routes: list[Route] = field(default_factory=list)

    def route(
        self, method: str, path: str, *, right: str | tuple[str, ...] | None, **options: Any
    ) -> Callable[[View], View]:
        """Adds a route; the view stays as it is. Options are the fields of Route.

        The path begins after /v1. <project_id>, <form_id> and <dataset> are looked up by the frame (targets.py); names that
        end in `_id` and stand in targets.NUMBERS are whole numbers; all stand in `call.path`.
        """
        rights = () if right is None else (right,) if isinstance(right, str) else right

        def add(view: View) -> View:
            name = self._endpoint(view)
            self.routes.append(Route(name, method, path, view, self.tag, rights, **options))
            return view

        return add

    def _endpoint(self, view: View) -> str:
        """Unique within the API: module and function, numbered where a view has several routes."""
        name = f"{view.__module__.rpartition('.')[2]}_{view.__name__}"
        earlier = sum(route.view is view for route in self.routes)
        return f"{name}_{earlier + 1}" if earlier else name

    def get(self, path: str, **options: Any) -> Callable[[View], View]:
        """A reading route."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[View], View]:
        """A route that creates or does something."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[View], View]:
        """A route that replaces something."""
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[View], View]:
        """A route that changes parts of something."""
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[View], View]:
        """A route that removes something."""
        return self.route("DELETE", path, **options)
