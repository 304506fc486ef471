"""People at the console, and the routes there are for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.factories import PASSWORD
from tests.stage import Stage

PEOPLE = ("manager", "supervisor", "dinsos", "dpmd", "auditor", "viewer", "formfill")
PLACE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
NO_LOG_IN = {
    "console.static",
    "console.login",
    "console.log_in",
    "console.password",
    "console.choose_password",
    "console.set_language",
}


@dataclass
class Visitor:
    """Somebody who is logged in."""

    client: FlaskClient
    csrf: str


def log_in(stage: Stage, name: str) -> Visitor:
    """A person of the stage, or of factories.make_user."""
    client = stage.office.client
    done = client.post("/login", data={"email": f"{name.lower()}@dinsos.test", "password": PASSWORD})
    assert done.status_code == 303, done.text
    found = CSRF.search(client.get("/").text) or CSRF.search(client.get("/projects/1/").text)
    assert found
    return Visitor(client, found[1])


def routes(app: Flask, door: str = "") -> Iterator[tuple[Rule, str]]:
    """Every route of a door ('console', 'openrosa', '' = all) with every method that does something."""
    for rule in app.url_map.iter_rules():
        if not door or rule.endpoint.startswith(f"{door}."):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


@dataclass
class Ids:
    """Real ids of a case of the first village and what belongs to it."""

    values: dict[str, str] = field(default_factory=dict)

    def address(self, rule) -> str:
        return PLACE.sub(lambda m: "next" if m[1] == "any" else self.values[m[2]], rule.rule)
