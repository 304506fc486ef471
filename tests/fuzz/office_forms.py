"""The office that the fuzz run plays on: three forms (plain, sensitive, making entities), families, two phones.

Belongs here: the forms and what a right submission of each looks like. Does not: what is done to them (attacks.py).
"""

import random
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from server.app import create_app
from server.backends import open_backends
from server.config import load_config
from server.models.entity import Entity
from tests import factories
from tests.flows.shapes import FORM
from tests.office import Office, Phone, open_office
from tests.stage import form_text, visit_xml

SHOPS = """
| survey | | | | | | | |
| | type | name | label | required | calculation | relevant | save_to |
| | select_one apa | jenis | Jenis | yes | | | |
| | select_one_from_file usaha.csv | usaha | Usaha | yes | | ${jenis} = 'lama' | |
| | calculate | baru | | | once(uuid()) | | |
| | calculate | id_u | | | if(${jenis} = 'baru', ${baru}, ${usaha}) | | |
| | text | nama | Nama | yes | | | nama |
| | geopoint | titik | Titik | | | | |
| | image | foto | Foto | | | | |
| choices | | | |
| | list_name | name | label |
| | apa | lama | Lama |
| | apa | baru | Baru |
| entities | | | | | |
| | list_name | entity_id | create_if | update_if | label |
| | usaha | ${id_u} | ${jenis} = 'baru' | ${jenis} = 'lama' | ${nama} |
| settings | | | |
| | form_id | form_title | version |
| | usaha | Usaha | 1 |
"""


@dataclass(frozen=True)
class Target:
    """The office, its phones and what their submissions may point at."""

    office: Office
    phones: tuple[Phone, ...]
    revoked: str
    entities: tuple[str, ...]


def open_target(folder: Path, *, families: int = 10, uuids: Sequence[str] = (), **variables: str) -> Target:
    """A campaign with three forms, some families and two officers. uuids: those that the families shall have."""
    office = open_office(folder, **variables)
    with office.session() as session:
        factories.make_areas(session)
        snapshot = factories.make_snapshot(session)
        for number in range(families):
            factories.make_household(session, office.project_id, f"Ibu {number}", snapshot_id=snapshot.id)
        made = session.scalars(select(Entity).order_by(Entity.id)).all()
        for entity, uuid_ in zip(made, uuids, strict=False):
            entity.uuid = uuid_
        entities = tuple(entity.uuid for entity in made)
    office.publish(FORM)
    office.publish(form_text("aset", "Aset"), "aset.md")
    office.publish(SHOPS.encode(), "usaha.md")
    phones = (office.phone("Siti", "3599"), office.phone("Budi", "3599012002"))
    return Target(office, phones, "r" * 64, entities)


def copy_target(made: Target, folder: Path, **variables: str) -> Target:
    """A target on SQLite again in another folder, with the same phones and families: much faster than a new one."""
    config = made.office.backends.config
    copied = folder / "var"
    shutil.copytree(config.var, copied)
    environ = {"SISIR_VAR": str(copied), "SISIR_URL": config.url, "SISIR_KEY": str(config.key), **variables}
    backends = open_backends(load_config(environ))
    return replace(made, office=Office(backends, create_app(backends), made.office.project_id))


@dataclass(frozen=True)
class Visit:
    """A right submission: its XML and the names of the files that it asks for."""

    xml: bytes
    names: tuple[str, ...]


def shop_xml(iid: str, key: str, action: str, name: str, point: str) -> bytes:
    """A submission about a shop, an entity; action: attributes of its entity element."""
    return (
        '<data id="usaha" version="1" xmlns:orx="http://openrosa.org/xforms"'
        ' xmlns:entities="http://www.opendatakit.org/xforms/entities">'
        f"<nama>{name}</nama><titik>{point}</titik><foto>warung.jpg</foto><meta><instanceID>{iid}</instanceID>"
        f'<entities:entity dataset="usaha" id="{key}" {action}><entities:label>{name}</entities:label></entities:entity>'
        "</meta></data>"
    ).encode()


def draw_visit(chance: random.Random, target: Target) -> Visit:
    """One of the three forms, filled in by chance."""
    iid = f"uuid:{uuid.UUID(int=chance.getrandbits(128), version=4)}"
    kind = chance.randrange(4)
    if kind == 0:
        answers = {
            "daya": chance.choice("14"),
            "lantai": chance.choice("28"),
            "mobil": str(chance.randrange(3)),
        }
        entity = chance.choice(target.entities)
        return Visit(visit_xml("aset", iid, entity, answers), ("depan.jpg", "kk.jpg"))
    if kind == 1:
        key = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        return Visit(shop_xml(iid, key, 'create="1"', "Warung", "-7.5 112.2 0 5"), ("warung.jpg",))
    names = chance.choice([(), ("a.jpg",), ("a.jpg", "b é.jpg")])
    photos = "".join(f"<{tag}>{name}</{tag}>" for tag, name in zip(("foto", "foto2"), names, strict=False))
    xml = (
        '<data id="uji" version="1" xmlns:orx="http://openrosa.org/xforms">'
        f"<nama>Sari {chance.randrange(1000)}</nama><umur>{chance.randrange(200)}</umur>{photos}"
        f"<meta><instanceID>{iid}</instanceID></meta></data>"
    )
    return Visit(xml.encode(), names)
