"""Filled forms on the phone: their folder, photographs, audit log and state."""

import csv
import enum
import itertools
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from tests.collect.blank_forms import BlankForm
from tests.collect.form_entities import FormEntity
from tests.collect.pictures import write_media
from tests.javarosa.engine import Filling, Place

Photos = Mapping[str, Path] | Sequence[Path]


class InstanceState(enum.Enum):
    """What the enumerator sees beside a filled form."""

    FINALIZED = "finalized"
    SENT = "sent"
    FAILED = "submission failed"


@dataclass
class Instance:
    """One finalised form, ready to be sent."""

    form_id: str
    version: str | None
    xml: Path
    filling: Filling
    entities: list[FormEntity]
    state: InstanceState = InstanceState.FINALIZED

    @property
    def submission(self) -> bytes:
        """The XML exactly as it is sent."""
        return self.xml.read_bytes()

    @property
    def attachments(self) -> list[Path]:
        """Every file of the folder but the XML and hidden ones, in the order of sending."""
        files = sorted(self.xml.parent.iterdir(), key=lambda path: path.name)
        return [path for path in files if path != self.xml and not path.name.startswith(".")]

    @property
    def instance_id(self) -> str:
        """meta/instanceID."""
        return self.text("instanceID")

    def text(self, name: str) -> str:
        """The text of the first element of that name; empty when absent or empty."""
        found = etree.fromstring(self.submission).find(f".//{{*}}{name}")
        return "" if found is None else found.text or ""


def new_instance_path(folder: Path, title: str) -> Path:
    """Where the XML of a new instance goes: folder and file are called after the form and the time."""
    plain = re.sub(r"[^\w]+", " ", title.replace("_", " ")).strip()
    stem = f"{plain}_{time.strftime('%Y-%m-%d_%H-%M-%S')}"
    names = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(1)))
    name = next(name for name in names if not (folder / name).exists())
    (folder / name).mkdir(parents=True)
    return folder / name / f"{name}.xml"


def put_media(folder: Path, filling: Filling, photos: Photos) -> None:
    """Puts a file under every name the answers mention: the test's own if it gave one, else a drawn one."""
    queue = itertools.cycle(photos) if isinstance(photos, Sequence) and photos else None
    named = photos if isinstance(photos, Mapping) else {}
    for path, file_name in filling.media.items():
        own = named.get(path) or named.get(path.rsplit("/", 1)[1]) or (next(queue) if queue else None)
        if own is None:
            write_media(folder / file_name, file_name)
        else:
            shutil.copyfile(own, folder / file_name)


def write_audit(form: BlankForm, folder: Path, filling: Filling, *, place: Place, duration_s: int) -> None:
    """Writes audit.csv when the form keeps a log: one row a question, spread evenly over the interview."""
    options = form.xform.audit
    if options is None:
        return
    located = "location-priority" in options
    end_ms = int(time.time() * 1000)
    start_ms = end_ms - duration_s * 1000
    step_ms = (end_ms - start_ms) // max(1, len(filling.answers))
    rows = [["form start", "", start_ms, ""]]
    for number, path in enumerate(filling.answers):
        rows.append(["question", path, start_ms + number * step_ms, start_ms + (number + 1) * step_ms])
    rows += [["end screen", "", end_ms, end_ms], *([event, "", end_ms, ""] for event in _LAST)]
    fix = [(place.box[0] + place.box[2]) / 2, (place.box[1] + place.box[3]) / 2, place.accuracy_m[0]]
    header = ["event", "node", "start", "end", *(["latitude", "longitude", "accuracy"] if located else [])]
    with (folder / "audit.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([*row, *(fix if located else [])] for row in rows)


_LAST = ("form save", "form exit", "form finalize")
