"""People who log in: list, make, change, remove; passwords, and links to choose one.

Source: the REST specification, "Sessions and current user", "Users and the rest".
"""

from dataclasses import replace

from flask import request
from marshmallow import fields

from server import auth
from server.api.call import Call
from server.api.routes import ANYBODY, Many, Table
from server.api.shapes import ActorShape, Flag, Shape, Text, Time
from server.errors import NotAllowedError, NotAuthenticatedError, NotFoundError
from server.models.actor import ActorKind
from server.services import accounts, password_links, preferences, users
from server.services.roles import verbs_on
from server.services.users import User

table = Table("Users")


class UserShape(ActorShape):
    """A person."""

    email = fields.String()
    last_login_at = Time()


class CurrentUser(UserShape):
    """The caller, with what they may do on the whole site and what their pages remember."""

    verbs = fields.List(fields.String())
    preferences = fields.Dict()


class NewUser(Shape):
    """Who is to be made."""

    email = Text(required=True, max_chars=320)
    password = Text(max_chars=1000, load_only=True)
    display_name = Text(max_chars=200)


class UserChanges(Shape):
    """What changes."""

    email = Text(max_chars=320)
    display_name = Text(max_chars=200)


class PasswordChange(Shape):
    """The old password and the new one."""

    together = True
    old = Text(required=True, max_chars=1000, load_only=True)
    new = Text(required=True, max_chars=1000, load_only=True)


class NewPassword(Shape):
    """The password chosen."""

    new = Text(required=True, max_chars=1000, load_only=True)


class LostPassword(Shape):
    """Whose password is lost."""

    email = Text(required=True, max_chars=320)


class PasswordLinkShape(Shape):
    """What the office hands to the person."""

    token = fields.String()
    url = fields.String()
    expires_at = Time()


class UserQuery(Shape):
    """Whom to look for."""

    q = fields.String(load_default=None)


class InvalidateQuery(Shape):
    """Whether the present password stops working at once."""

    invalidate = Flag(load_default=False)


@table.get("/users", right=ANYBODY, query=UserQuery, gives=Many(UserShape))
def list_users(call: Call) -> list[User]:
    """Everybody for administrators, narrowed by ?q=; others find only who has exactly that address."""
    return users.list_users(call.session, call.caller, sought=call.query["q"])


@table.post("/users", right="user.create", takes=NewUser, gives=UserShape, problems=("409.3",))
def create_user(call: Call) -> User:
    """A new person; without password until they choose one by a link (POST /users/{id}/password-link)."""
    made = accounts.create_user(
        call.session,
        email=call.body["email"],
        password=call.body.get("password"),
        name=call.body.get("display_name") or "",
        created_by_id=call.actor_id,
    )
    return users.get_user(call.session, made.id)


@table.get("/users/current", right=ANYBODY, gives=UserShape, extended=CurrentUser)
def current_user(call: Call) -> object:
    """The caller. Phones and links are no users: 404."""
    if call.caller.kind != ActorKind.user:
        raise NotFoundError()
    user = users.get_user(call.session, call.actor_id)
    if not call.extended:
        return user
    kept = preferences.load_preferences(call.session, user.id)
    return replace(user, verbs=tuple(verbs_on(call.caller)), preferences=kept)


@table.get("/users/<user_id>", right=ANYBODY, gives=UserShape)
def get_user(call: Call) -> User:
    """One person: oneself, or anybody for those who may read users."""
    return _permitted(call, "user.read")


@table.patch("/users/<user_id>", right=ANYBODY, takes=UserChanges, gives=UserShape, problems=("409.3",))
def update_user(call: Call) -> User:
    """Another name or address: of oneself, or of anybody for those who may change users."""
    user = _permitted(call, "user.update")
    return users.update_user(call.session, user.id, call.body, actor_id=call.actor_id)


@table.delete("/users/<user_id>", right=ANYBODY)
def delete_user(call: Call) -> None:
    """Removes a person; what they did stays."""
    user = users.get_user(call.session, call.path["user_id"])
    call.caller.require("user.delete", user.actee_id)
    users.delete_user(call.session, user.id, actor_id=call.actor_id)


@table.put("/users/<user_id>/password", right=ANYBODY, by_hand=True, takes=PasswordChange)
def change_password(call: Call) -> None:
    """Another password, for whoever knows the old one; every other session of the person ends."""
    with call.reading() as session:
        user = users.get_user(session, call.path["user_id"])
        if user.id != call.actor_id:
            call.caller.require("user.update", user.actee_id)
    old, email = call.body["old"], user.email or ""
    if not auth.knows_password(call.backends, request, email=email, password=old):
        raise NotAuthenticatedError("the old password is wrong")
    with call.writing() as session:
        accounts.set_password(
            session,
            user.id,
            call.body["new"],
            keep_session_id=call.caller.session_id,
            changed_by_id=call.actor_id,
        )


@table.post("/users/<user_id>/password-link", right=ANYBODY, gives=PasswordLinkShape)
def make_password_link(call: Call) -> object:
    """A link by which a person chooses a password, for a day: Sisir sends no mail, the office hands it over."""
    user = users.get_user(call.session, call.path["user_id"])
    call.caller.require("user.password.invalidate", user.actee_id)
    return password_links.make_link(
        call.session, user.id, url=call.backends.config.url, actor_id=call.actor_id
    )


@table.post("/users/reset/initiate", right=ANYBODY, is_open=True, takes=LostPassword, query=InvalidateQuery)
def lost_password(call: Call) -> None:
    """Notes for the office that a password is lost. ?invalidate=true (administrators) makes it useless at once."""
    if call.query["invalidate"]:
        call.anybody = auth.require_caller(request, call.backends, call.session)
        call.caller.require("user.password.invalidate")
        password_links.invalidate_password(call.session, call.body["email"], actor_id=call.actor_id)
        return
    password_links.ask_for_link(call.session, call.body["email"])


@table.post("/users/reset/verify", right=ANYBODY, takes=NewPassword)
def choose_password(call: Call) -> None:
    """Sets the password of the person whose link token is the bearer."""
    if call.caller.kind != ActorKind.single_use:
        raise NotAllowedError("this token sets no password")
    password_links.set_by_link(call.session, call.caller, call.body["new"])


def _permitted(call: Call, verb: str) -> User:
    user = users.get_user(call.session, call.path["user_id"])
    if user.id != call.actor_id:
        call.caller.require(verb, user.actee_id)
    return user
