"""Two phones that make and change entities offline and send in a conflicting order, through bad networks.

The real form engine fills, phones behave as Collect does; at the end nobody has seen a warning, and all know the same.
"""

import logging
import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.models.audit import Audit
from server.models.entity import Entity, EntityHold, EntityVersion
from server.models.submission import EntityState, Submission
from server.services import accounts
from tests.collect.entity_store import Origin
from tests.collect.instances import Instance, InstanceState
from tests.collect.sending import MultipartBody, split
from tests.collect_phone import CollectPhone
from tests.flows.test_collect_flow import VISIT, free_port, serving
from tests.javarosa.engine import Engine
from tests.office import Office, open_office

MEMBERS = b"""
| survey | | | | | |
| | type | name | label | required | save_to |
| | text | judul | Judul | yes | |
| | begin_repeat | anggota | Anggota | | |
| | text | nama | Nama | yes | orang#nama |
| | end_repeat | anggota | | | |
| settings | | | |
| | form_id | form_title | version |
| | anggota | Anggota | 1 |
| entities | | | |
| | list_name | label | repeat |
| | orang | ${nama} | ${anggota} |
"""
PASSWORD = "a password of the office"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    port = free_port()
    variables = {"SISIR_URL": f"http://127.0.0.1:{port}", "SISIR_QUEUE": f"sqlite:{tmp_path / 'queue.db'}"}
    if request.param == "postgresql":
        variables["SISIR_DATABASE"] = request.getfixturevalue("postgres_database").url
    made = open_office(tmp_path / "var", **variables)
    made.publish(VISIT)
    made.publish(MEMBERS)
    with made.session() as session:
        actor = accounts.create_user(session, email="a@b.id", password=PASSWORD, name="Admin")
        accounts.assign(session, actor.id, "admin")
    with serving(made.app, port):
        yield made
    made.backends.engine.dispose()


@pytest.fixture
def phones(office: Office, tmp_path: Path, engine: Engine) -> Iterator[tuple[CollectPhone, CollectPhone]]:
    with ExitStack() as stack:
        made = [
            stack.enter_context(
                CollectPhone(
                    office.backends.config.url + office.phone(f"Petugas {letter}").base,
                    folder=tmp_path / letter,
                    engine=engine,
                    device_id=f"collect:{letter * 16}",
                )
            )
            for letter in "ab"
        ]
        assert [phone.sync().problems for phone in made] == [[], []]
        yield made[0], made[1]


def send_in_parts(phone: CollectPhone, instance: Instance, *, until: int | None = None) -> None:
    """A split upload, each file a part of its own; `until`: the network is gone after so many parts."""
    chunks = split(instance.xml.stat().st_size, instance.attachments, 1)
    for number, files in enumerate(chunks[:until], start=1):
        body = MultipartBody(instance.xml, files, incomplete=number < len(chunks))
        reply = phone.connection.post(f"{phone.server_url}/submission", body, body.content_type)
        assert reply.status == 201, reply.body


def send_badly(chance: random.Random, phone: CollectPhone, instance: Instance) -> None:
    """Through a network that loses replies and breaks off; at last it is there."""
    way = chance.randrange(3)
    if way == 0:
        send_in_parts(phone, instance, until=1)
    if way == 1:
        phone.send(instance)
    if way < 2 and chance.random() < 0.5:
        send_in_parts(phone, instance)
    assert phone.send(instance).state is InstanceState.SENT


def edited(instance: Instance, **changes: str) -> Instance:
    """The edit that Collect makes of a sent form: a new instanceID, the old one as deprecatedID."""
    folder = instance.xml.parent.parent / f"{instance.xml.parent.name}_edit"
    shutil.copytree(instance.xml.parent, folder)
    text = instance.submission.decode()
    old = instance.instance_id
    new = f"uuid:{old.removeprefix('uuid:')[:-4]}{'0000' if not old.endswith('0000') else '1111'}"
    start = text.index("instanceID>")
    prefix = text[text.rindex("<", 0, start) + 1 : start]
    text = text.replace(
        f"<{prefix}instanceID>{old}",
        f"<{prefix}deprecatedID>{old}</{prefix}deprecatedID><{prefix}instanceID>{new}",
    )
    for name, value in changes.items():
        before = instance.text(name)
        text = text.replace(f"<{name}>{before}</{name}>", f"<{name}>{value}</{name}>")
    path = folder / instance.xml.name
    path.write_text(text)
    return replace(instance, xml=path, state=InstanceState.FINALIZED)


def known(phone: CollectPhone, name: str = "warga") -> dict[str, tuple[int, str, dict[str, str], Origin]]:
    return {row.id: (row.version, row.label, row.properties, row.origin) for row in phone.entities(name)}


def require_peace(
    office: Office, phones: tuple[CollectPhone, ...], warnings: list[logging.LogRecord]
) -> None:
    """Nothing waits, nothing failed, nobody was warned, all know the same."""
    with office.session() as session:
        states = set(session.scalars(select(Submission.entity_state)))
        held = session.scalar(select(func.count()).select_from(EntityHold))
        errors = session.scalars(select(Audit.details).where(Audit.action == "entity.error")).all()
    assert (states, held, errors) == ({EntityState.done}, 0, [])
    reports = [phone.sync() for phone in phones]
    assert [(report.shown, report.problems) for report in reports] == [(None, [])] * len(phones)
    assert [record.getMessage() for record in warnings] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_conflicting_order_through_bad_networks(office, phones, caplog, seed):
    chance, (first, second) = random.Random(seed), phones
    caplog.set_level(logging.WARNING, "sisir")
    shared = first.fill("datang", 1, {"jenis": "baru", "rt": "1"}).entities[0].id
    assert {result.state for result in first.send_pending()} == {InstanceState.SENT}
    office.work()
    assert [phone.sync().problems for phone in phones] == [[], []]
    assert shared in known(second)

    # Offline: both change the shared one, each makes one of its own and goes on with it.
    mine = [first.fill("datang", 2 + n, {"jenis": "lama", "warga": shared, "rt": f"a{n}"}) for n in range(2)]
    theirs = [second.fill("datang", 9, {"jenis": "lama", "warga": shared, "rt": "b0"})]
    own: dict[CollectPhone, str] = {}
    for phone, filled in ((first, mine), (second, theirs)):
        filled.append(phone.fill("datang", 20, {"jenis": "baru", "rt": "n0"}))
        own[phone] = filled[-1].entities[0].id
        filled += [
            phone.fill("datang", 21 + n, {"jenis": "lama", "warga": own[phone], "rt": f"n{n + 1}"})
            for n in range(2)
        ]

    waiting = [(first, one) for one in mine] + [(second, one) for one in theirs]
    chance.shuffle(waiting)
    for phone, instance in waiting:
        send_badly(chance, phone, instance)
        if chance.random() < 0.4:
            office.work()
    office.work()

    with office.session() as session:
        found = {row.uuid: row for row in session.scalars(select(Entity))}
        histories = {
            uuid: session.scalars(
                select(EntityVersion).where(EntityVersion.entity_id == row.id).order_by(EntityVersion.version)
            ).all()
            for uuid, row in found.items()
        }
    assert set(found) == {shared, *own.values()}
    assert found[shared].version == 4, "every change of both is a version"
    assert found[shared].conflict == "hard"
    for uuid in own.values():
        assert (found[uuid].version, found[uuid].conflict, found[uuid].data) == (3, None, {"rt": "n2"})
        assert [row.data["rt"] for row in histories[uuid]] == ["n0", "n1", "n2"], "in the order of the branch"
    order = [row.data["rt"] for row in histories[shared]]
    assert order.index("a0") < order.index("a1"), "a phone's own changes stay in order"
    require_peace(office, phones, caplog.records)
    assert known(first) == known(second)
    assert {row[3] for row in known(first).values()} == {Origin.ONLINE}

    # An edit of a visit that made an entity stores the edit and leaves the entity alone.
    create = next(one for one in mine if one.entities[0].id == own[first] and one.entities[0].creates)
    send_badly(chance, first, edited(create, rt="x9"))
    office.work()
    with office.session() as session:
        assert session.scalars(select(Entity.version).where(Entity.uuid == own[first])).one() == 3

    # The office resolves the conflict; both phones hear of it.
    client = office.app.test_client(use_cookies=False)
    token = client.post("/v1/sessions", json={"email": "a@b.id", "password": PASSWORD}).json["token"]
    address = f"/v1/projects/1/datasets/warga/entities/{shared}"
    answer = client.patch(
        f"{address}?resolve=true&baseVersion=4",
        json={"data": {"rt": "kantor"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json["conflict"]) == (200, None)
    require_peace(office, phones, caplog.records)
    for phone in phones:
        assert known(phone)[shared][:3] == (5, known(first)[shared][1], {"rt": "kantor"})

    # What the office removes goes from the phones, what it makes comes.
    client.delete(
        f"/v1/projects/1/datasets/warga/entities/{own[second]}", headers={"Authorization": f"Bearer {token}"}
    )
    made = client.post(
        "/v1/projects/1/datasets/warga/entities",
        json={"entities": [{"label": "Dari kantor", "data": {"rt": "7"}}], "source": {"name": "a.csv"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.json == {"success": True}
    require_peace(office, phones, caplog.records)
    for phone in phones:
        assert own[second] not in known(phone)
        assert "Dari kantor" in {row[1] for row in known(phone).values()}


def test_several_entities_of_a_repeat_from_two_phones(office, phones, caplog):
    caplog.set_level(logging.WARNING, "sisir")
    for number, phone in enumerate(phones):
        visit = phone.fill(
            "anggota", number, {"anggota": "3", "nama": [f"{number}-{row}" for row in range(3)]}
        )
        assert len(visit.entities) == 3
        send_in_parts(phone, visit)
        assert phone.send(visit).state is InstanceState.SENT
    office.work()
    require_peace(office, phones, caplog.records)
    with office.session() as session:
        labels = sorted(session.scalars(select(Entity.label)))
    assert labels == ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]


def test_a_phone_gets_only_its_own_when_the_list_says_so(office, phones):
    first, second = phones
    for number, phone in enumerate(phones):
        phone.fill("datang", number, {"jenis": "baru", "rt": str(number)})
        phone.send_pending()
    office.work()
    client = office.app.test_client(use_cookies=False)
    token = client.post("/v1/sessions", json={"email": "a@b.id", "password": PASSWORD}).json["token"]
    answer = client.patch(
        "/v1/projects/1/datasets/warga",
        json={"ownerOnly": True},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.json["ownerOnly"] is True
    assert [phone.sync().problems for phone in phones] == [[], []]
    assert [len(known(phone)) for phone in phones] == [1, 1]
    assert known(first).keys() != known(second).keys()
