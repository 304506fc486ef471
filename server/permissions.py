"""Rights: what each role may do, and what one caller may do where.

Belongs here: the tables of roles and verbs, and the answer to "may they?". Does not: finding out who calls (auth.py),
narrowing queries to areas (scope.py).
Source: Central's verbs from the REST specification, "App users, assignments, roles"; ours from the rights table of the
house (semantics, section 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.errors import CannotSubmitError, NotAllowedError

SITE = "*"

OUR_RIGHTS = (
    "case.read",
    "case.propose",
    "case.confirm",
    "decision.export",
    "task.assign",
    "identity.unmask",
    "register.import",
    "area.import",
    "setting.write",
    "form.publish",
    "officer.manage",
    "audit.read",
)
_PROJECT_VERBS = [
    "project.read",
    "project.update",
    "project.delete",
    "form.create",
    "form.delete",
    "form.list",
    "form.read",
    "form.restore",
    "form.update",
    "open_form.list",
    "open_form.read",
    "submission.create",
    "submission.delete",
    "submission.list",
    "submission.read",
    "submission.restore",
    "submission.update",
    "field_key.create",
    "field_key.delete",
    "field_key.list",
    "field_key.update",
    "public_link.create",
    "public_link.delete",
    "public_link.list",
    "public_link.read",
    "public_link.update",
    "assignment.create",
    "assignment.delete",
    "assignment.list",
    "session.end",
    "dataset.create",
    "dataset.delete",
    "dataset.list",
    "dataset.read",
    "dataset.update",
    "entity.create",
    "entity.delete",
    "entity.list",
    "entity.read",
    "entity.restore",
    "entity.update",
]
_SITE_VERBS = [
    "audit.read",
    "config.read",
    "config.set",
    "project.create",
    "project.list",
    "user.create",
    "user.delete",
    "user.list",
    "user.read",
    "user.update",
    "user.password.invalidate",
    "user.password.reset",
    "role.create",
    "role.delete",
    "role.update",
]
_VIEW = [
    "project.read",
    "form.list",
    "form.read",
    "submission.read",
    "submission.list",
    "dataset.list",
    "dataset.read",
    "entity.list",
    "entity.read",
]


@dataclass(frozen=True)
class RoleDefinition:
    """A role as the database is seeded with it."""

    id: int
    system: str
    name: str
    verbs: tuple[str, ...]


ROLES = (
    RoleDefinition(1, "admin", "Administrator", (*_SITE_VERBS, *_PROJECT_VERBS, *OUR_RIGHTS)),
    RoleDefinition(2, "app-user", "App User", ("open_form.read", "submission.create")),
    RoleDefinition(
        3,
        "manager",
        "Project Manager",
        (
            *_PROJECT_VERBS,
            "case.read",
            "register.import",
            "area.import",
            "setting.write",
            "form.publish",
            "officer.manage",
        ),
    ),
    RoleDefinition(4, "viewer", "Project Viewer", tuple(_VIEW)),
    RoleDefinition(
        5,
        "formfill",
        "Data Collector",
        ("project.read", "open_form.list", "open_form.read", "submission.create"),
    ),
    RoleDefinition(6, "pub-link", "Public Link", ("open_form.read", "submission.create")),
    RoleDefinition(8, "pwreset", "Password Reset Token", ("user.password.reset",)),
    RoleDefinition(
        9, "supervisor", "Supervisor", ("project.read", "case.read", "case.propose", "task.assign")
    ),
    RoleDefinition(
        10,
        "dinsos",
        "Dinas Sosial",
        (
            "project.read",
            "case.read",
            "case.propose",
            "case.confirm",
            "decision.export",
            "task.assign",
            "identity.unmask",
            "register.import",
            "area.import",
            "setting.write",
            "audit.read",
        ),
    ),
    RoleDefinition(11, "dpmd", "DPMD", ("project.read", "case.read")),
    RoleDefinition(12, "auditor", "Auditor", ("project.read", "case.read", "audit.read")),
)


@dataclass(frozen=True)
class Caller:
    """Who is calling and what they may do.

    grants: actee id ('*' = whole site, a project's or a form's actee_id) -> verbs.
    areas: area paths they may see; None = every area (admins only); () = nothing that stands in an area.
    """

    actor_id: int
    kind: str
    name: str
    grants: Mapping[str, frozenset[str]]
    areas: tuple[str, ...] | None
    project_id: int | None = None
    session_id: int | None = None
    csrf: str | None = None
    language: str = "id"
    key_prefix: str = ""
    """'/key/TOKEN' when the token came in the path: put in front of the addresses given back."""
    email: str | None = field(default=None, repr=False)

    def may(self, verb: str, *actees: str) -> bool:
        """True when a role on one of these things, or on the whole site, has the verb."""
        return any(verb in self.grants.get(actee, frozenset()) for actee in (*actees, SITE))

    def require(self, verb: str, *actees: str) -> None:
        """Raises: NotAllowedError unless `may`."""
        if not self.may(verb, *actees):
            raise NotAllowedError(f"this needs the right {verb}")

    def require_submit(self, *actees: str) -> None:
        """Raises: CannotSubmitError unless they may send submissions."""
        if not self.may("submission.create", *actees):
            raise CannotSubmitError()

    @property
    def is_admin(self) -> bool:
        """True for administrators of the whole site."""
        return "config.set" in self.grants.get(SITE, frozenset())


def narrowest_areas(verbs: frozenset[str], paths: tuple[str, ...]) -> tuple[str, ...] | None:
    """The areas of a caller: everything for site administrators, else just the paths given to them."""
    return None if "config.set" in verbs else paths
