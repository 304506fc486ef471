"""Phones that send whatever happens to the server, as Collect does: what got no 201 is sent again, later.

Belongs here: visits, sending, remembering what was thanked for. Does not: what happens to the server.
"""

import io
import random
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import requests
from PIL import Image

from tests.factories import SIZE, SOUTH, WEST
from tests.fuzz.office_forms import Target, shop_xml
from tests.office import HEADERS
from tests.stage import visit_xml

TIMEOUT_S = 30


@dataclass
class Visit:
    """A submission with its photos; phone: which of the target's phones sends it."""

    iid: str
    xml: bytes
    files: dict[str, bytes]
    phone: int
    has_entity: bool
    thanked: bool = False
    tries: int = 0


@dataclass
class _Pool:
    """What may be used a second time."""

    photos: list[bytes] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)


class Visits:
    """Draws visits of one phone: families seen again, photos and points used twice, shops made and changed."""

    def __init__(self, seed: int, target: Target, phone: int) -> None:
        self._chance, self._target, self._phone = random.Random(seed), target, phone
        self._shops: list[tuple[str, Visit]] = []
        # Apart, since a photo that a shop and a house share is known to the house only if the shop came first.
        self._house_pool, self._shop_pool = _Pool(), _Pool()
        self._pool = self._house_pool

    def draw(self) -> Visit:
        """The next visit."""
        chance = self._chance
        iid = f"uuid:{uuid.UUID(int=chance.getrandbits(128), version=4)}"
        if chance.random() < 0.4:
            self._pool = self._shop_pool
            lat, lon = self._point()
            key, action = str(uuid.UUID(int=chance.getrandbits(128), version=4)), 'create="1"'
            known = [key for key, visit in self._shops if visit.thanked]
            if known and chance.random() < 0.4:
                key, action = chance.choice(known), 'update="1" baseVersion="1"'
            xml = shop_xml(iid, key, action, f"Warung {chance.randrange(99)}", f"{lat:.6f} {lon:.6f} 0 5")
            visit = Visit(iid, xml, {"warung.jpg": self._photo()}, self._phone, True)
            if key not in known:
                self._shops.append((key, visit))
            return visit
        self._pool = self._house_pool
        lat, lon = self._point()
        answers = {
            "lat": f"{lat:.6f}",
            "lon": f"{lon:.6f}",
            "daya": chance.choice("14"),
            "mobil": str(chance.randrange(2)),
        }
        xml = visit_xml("aset", iid, chance.choice(self._target.entities), answers | {"milik": "sendiri"})
        return Visit(iid, xml, {"depan.jpg": self._photo(), "kk.jpg": self._photo()}, self._phone, False)

    def _photo(self) -> bytes:
        if self._pool.photos and self._chance.random() < 0.05:
            return self._chance.choice(self._pool.photos)
        grain = np.random.default_rng(self._chance.getrandbits(32)).integers(0, 255, (12, 16), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(grain).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        self._pool.photos.append(file.getvalue())
        return self._pool.photos[-1]

    def _point(self) -> tuple[float, float]:
        if self._pool.points and self._chance.random() < 0.05:
            return self._chance.choice(self._pool.points)
        self._pool.points.append((SOUTH + self._chance.random() * SIZE, WEST + self._chance.random() * SIZE))
        return self._pool.points[-1]


@dataclass
class Phones:
    """Threads that send visits to an address until they are stopped; every visit is remembered."""

    target: Target
    url: str
    count: int = 5
    pause_s: float = 0.3
    visits: list[Visit] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.count)]

    def start(self) -> None:
        """Begins to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends when the posts under way have an answer or broke off."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def thanked(self) -> int:
        """How many visits got their 201."""
        return sum(visit.thanked for visit in self.visits)

    def wait_for_more(self, seconds: float = 60) -> None:
        """Until another visit got its 201: the server is under load again."""
        before, deadline = self.thanked(), time.monotonic() + seconds
        while self.thanked() == before:
            assert time.monotonic() < deadline, "no visit got through"
            time.sleep(0.02)

    def send(self, visit: Visit) -> bool:
        """One attempt. Returns: whether it was thanked for."""
        return self._send(requests, visit)

    def _run(self, number: int) -> None:
        drawn, mine = Visits(number, self.target, number % len(self.target.phones)), []
        chance = random.Random(number)
        with requests.Session() as session:
            while not self._stopping.is_set():
                waiting = [visit for visit in mine if not visit.thanked and visit.tries < 3]
                visit = chance.choice(waiting) if waiting and chance.random() < 0.8 else drawn.draw()
                if visit.tries == 0:
                    mine.append(visit)
                    self.visits.append(visit)
                is_through = self._send(session, visit)
                time.sleep(self.pause_s * (chance.random() * 2 if is_through else 3))

    def _send(self, session: "requests.Session | object", visit: Visit) -> bool:
        visit.tries += 1
        parts: Sequence[tuple[str, tuple[str, bytes, str]]] = [
            ("xml_submission_file", ("a.xml", visit.xml, "text/xml")),
            *((name, (name, data, "image/jpeg")) for name, data in visit.files.items()),
        ]
        address = self.url + self.target.phones[visit.phone].url("submission?deviceID=collect%3Aabc")
        try:
            answer = session.post(address, files=parts, headers=HEADERS, timeout=TIMEOUT_S)  # type: ignore[attr-defined]
        except requests.RequestException:
            return False
        self.statuses.add(answer.status_code)
        visit.thanked = visit.thanked or answer.status_code == 201
        return answer.status_code == 201
