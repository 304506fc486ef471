"""Playing the campaign: an installation of its own, the real commands, the real server, submissions over HTTP."""

import csv
import io
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import requests
from tqdm import tqdm

from forms.definition import FormDefinition
from forms.instance import EntityElement, render_instance
from forms.xform import read_definition
from server.demo.answers import FilledForm, fill_forms
from tests.installation import Installation, new_installation
from tests.real.drawing import draw_photo
from tests.real.truth import Folder, House
from tests.real.visits import photo_scenes, scene_of

HEADERS = {"X-OpenRosa-Version": "1.0"}
FORMS = ("penyisiran", "stiker", "aset")
SENDERS = 4


@dataclass(frozen=True)
class Tables:
    """What the installation says afterwards: rows of `sisir export findings` and `sisir export visits`."""

    findings: list[dict[str, str]]
    visits: list[dict[str, str]]


def play(folder: Folder, houses: list[House], var: Path) -> Tables:
    """Imports, publishes, visits every house, waits for the checks, exports."""
    office = new_installation(var)
    office.run("area", "import", str(folder.villages), "--uncertainty", "11")
    office.run("household", "import", str(folder.register), "--name", "uji", may_fail=True)
    office.run(
        "household", "enrol", *(f"--area={code}" for code in sorted({house.village[:4] for house in houses}))
    )
    office.run("form", "publish", "--bundled")
    officers = _add_officers(office, houses)
    with office.serving():
        _send_all(office.url, houses, officers, _households(office))
        office.wait_until_checked()
    return Tables(_export(office, "findings"), _export(office, "visits"))


def _add_officers(office: Installation, houses: list[House]) -> dict[str, str]:
    """Enumerator -> token; each sees the villages of the houses that the truth gives to it."""
    areas: dict[str, set[str]] = {}
    for house in houses:
        areas.setdefault(house.truth["enumerator_id"], set()).add(house.village)
    listed = office.var / "officers.csv"
    with listed.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "areas"])
        rows.writerows([name, " ".join(sorted(codes))] for name, codes in areas.items())
    made = csv.DictReader(io.StringIO(office.run("officer", "import", str(listed))))
    return {row["name"]: row["token"] for row in made}


def _households(office: Installation) -> dict[str, str]:
    """Register id -> uuid on the phones."""
    rows = csv.DictReader(io.StringIO(office.run("export", "households")))
    return {row["source_id"]: row["entity"] for row in rows}


class _Phone:
    """One officer's phone: fetches its forms and lists once, then sends."""

    def __init__(self, url: str, token: str) -> None:
        self._session = requests.Session()
        self._session.headers.update(HEADERS)
        self._base = f"{url}/v1/key/{token}/projects/1"
        self.definitions: dict[str, FormDefinition] = {
            name: read_definition(self._get(f"forms/{name}.xml")) for name in FORMS
        }
        self.villages = {row["kode_desa"]: row["name"] for row in self._rows("desa.csv")}
        self.families = {row["name"]: row for row in self._rows("keluarga.csv")}

    def _get(self, rest: str) -> bytes:
        answer = self._session.get(f"{self._base}/{rest}", timeout=60)
        answer.raise_for_status()
        return answer.content

    def _rows(self, name: str) -> list[dict[str, str]]:
        text = self._get(f"forms/penyisiran/attachments/{name}").decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def send(self, form: FilledForm, entity: Mapping[str, str]) -> None:
        """One POST; anything but 201 ends the run."""
        xml = _render(self.definitions[form.form_id], form, entity)
        files = {name: (name, data, "image/jpeg") for name, data in form.files.items()}
        answer = self._session.post(
            f"{self._base}/submission",
            files={"xml_submission_file": ("a.xml", xml, "text/xml"), **files},
            timeout=120,
        )
        if answer.status_code != 201:
            raise SystemExit(f"{form.form_id}: {answer.status_code} {answer.text}")


def _render(definition: FormDefinition, form: FilledForm, entity: Mapping[str, str]) -> bytes:
    """The XML that a phone makes of these answers."""
    paths = {definition.by_name[name][0].path: value for name, value in form.answers.items()}
    for name, moment in (
        ("start", form.started_at),
        ("end", form.ended_at),
        ("today", form.started_at.date()),
    ):
        paths[definition.by_name[name][0].path] = moment
    update = EntityElement(
        "keluarga", entity["name"], update=True, label=entity["label"], base_version=entity["__version"]
    )
    return render_instance(definition, paths, instance_id=f"uuid:{uuid.uuid4()}", entity=update)


def _send_all(
    url: str, houses: list[House], officers: Mapping[str, str], households: Mapping[str, str]
) -> None:
    scenes = photo_scenes(houses)
    ordered = sorted(houses, key=lambda house: house.truth["enumerator_id"])
    rounds = [
        (name, list(group))
        for name, group in groupby(ordered, key=lambda house: house.truth["enumerator_id"])
    ]
    with ThreadPoolExecutor(SENDERS) as pool, tqdm(total=len(houses), unit=" houses", mininterval=5) as bar:
        for done in pool.map(lambda item: _walk(url, officers[item[0]], item[1], households, scenes), rounds):
            bar.update(done)


def _walk(
    url: str,
    token: str,
    houses: list[House],
    households: Mapping[str, str],
    scenes: Mapping[str, tuple[str, str]],
) -> int:
    phone = _Phone(url, token)
    for house in houses:
        entity = phone.families[households[house.id]]
        photo = draw_photo(*scenes[house.id]) if house.id in scenes else None
        for form in fill_forms(scene_of(house, photo), entity, phone.villages[house.village]):
            phone.send(form, entity)
    return len(houses)


def _export(office: Installation, table: str) -> list[dict[str, str]]:
    target = office.var / f"{table}.csv"
    office.run("export", table, "--output", str(target))
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
