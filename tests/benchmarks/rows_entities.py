"""Rows about what API clients do with entity lists."""

import http.client
import json

from server.models.project import Project
from server.services import accounts, entity_lists
from tests.benchmarks.table import Figure
from tests.benchmarks.world import World

ENTITIES = 20_000
ROUNDS = 3
PASSWORD = "a password for measuring"


def measure_bulk_create(world: World) -> list[Figure]:
    """POST datasets/kebun/entities: 20,000 entities of six values at once, JSON of 4 MB; the best of three rounds."""
    headers = _log_in(world)
    with world.office.session() as session:
        entity_lists.ensure_list(session, world.office.project_id, "kebun", [f"kolom_{n}" for n in range(6)])
    bodies = [_body(number) for number in range(ROUNDS)]
    _post(world, _body(99, count=100), headers)
    best_s, note = float("inf"), ""
    for body in bodies:
        with world.measured() as spent:
            _post(world, body, headers)
        if spent.cpu_s < best_s:
            best_s, note = spent.cpu_s, spent.shares(ENTITIES)
    rate = ENTITIES / best_s
    return [Figure("entities created in bulk", rate, "/CPU s", note=f"{note} (ms each)", at_least=20_000)]


def _body(number: int, *, count: int = ENTITIES) -> bytes:
    entities = [
        {"label": f"Kebun {number}-{row}", "data": {f"kolom_{n}": f"nilai {row} {n}" for n in range(6)}}
        for row in range(count)
    ]
    return json.dumps({"entities": entities, "source": {"name": "kebun.csv", "size": count}}).encode()


def _log_in(world: World) -> dict[str, str]:
    with world.office.session() as session:
        project = session.get_one(Project, world.office.project_id)
        actor = accounts.create_user(session, email="ukur@office.test", password=PASSWORD, name="Ukur")
        accounts.assign(session, actor.id, "manager", project.actee_id)
    body = json.dumps({"email": "ukur@office.test", "password": PASSWORD}).encode()
    token = _send(world, "/v1/sessions", body, {})["token"]
    return {"Authorization": f"Bearer {token}"}


def _post(world: World, body: bytes, headers: dict[str, str]) -> None:
    path = f"/v1/projects/{world.office.project_id}/datasets/kebun/entities"
    assert _send(world, path, body, headers) == {"success": True}


def _send(world: World, path: str, body: bytes, headers: dict[str, str]) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=120)
    connection.request("POST", path, body, {**headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, data[:500]
    connection.close()
    found: dict[str, object] = json.loads(data)
    return found
