"""A phone with ODK Collect on it, driven by a test: sync, fill, send.

`CollectPhone` keeps the OpenRosa wire behaviour from the client's side and knows no code of the server.
Belongs here: the phone as a whole. Its parts are in `tests.collect`, the form engine in `tests.javarosa`.
"""

import itertools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.collect.blank_forms import BlankForm, Shelf
from tests.collect.connection import Connection
from tests.collect.entity_store import EntityStore, LocalEntity
from tests.collect.form_entities import read_form_entities
from tests.collect.instances import (
    Instance,
    InstanceState,
    Photos,
    new_instance_path,
    put_media,
    write_audit,
)
from tests.collect.sending import SendResult, send_instance
from tests.collect.syncing import Mode, Synchroniser, SyncReport
from tests.javarosa.engine import Device, Engine, Place


class CollectPhone:
    """One installation of Collect with one project.

    Args:
        server_url: what the QR code holds, without /formList.
        device_id: `collect:` and 16 characters.
        folder: an empty folder for this phone alone.
        engine: a running JavaRosa to share between phones; without it the phone starts its own when it fills.
        username, password: of the settings; used only when the server sends a challenge.
        name: the "username" of the form metadata settings.
    """

    def __init__(
        self,
        server_url: str,
        *,
        folder: Path,
        device_id: str = "collect:0123456789abcdef",
        engine: Engine | None = None,
        mode: Mode = Mode.MATCH_EXACTLY,
        username: str = "",
        password: str = "",
        name: str = "",
    ) -> None:
        self.server_url = server_url.rstrip("/")
        self.device = Device(device_id=device_id, username=name)
        self.mode = mode
        self.connection = Connection(device_id, username, password)
        self.shelf = Shelf(folder / "forms")
        self.store = EntityStore()
        self.instances: list[Instance] = []
        self._folder = folder
        self._fillings = itertools.count(1)
        self._engine = engine
        self._own_engine: Engine | None = None
        self._synchroniser = Synchroniser(self.connection, self.shelf, self.store, server_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the sockets, and the engine if it is this phone's own."""
        self.connection.close()
        if self._own_engine is not None:
            self._own_engine.close()

    @property
    def forms(self) -> dict[str, BlankForm]:
        """The forms that the enumerator can start, by form id; the newest version of each."""
        return self.shelf.newest()

    def entities(self, list_name: str) -> list[LocalEntity]:
        """The rows of an entity list as this phone knows them; empty when it has no such list."""
        known = self.store.lists.get(list_name)
        return list(known.entities.values()) if known else []

    def sync(self, chosen: Iterable[str] = ()) -> SyncReport:
        """One refresh in the phone's mode. `chosen`: form ids picked by hand, for mode MANUAL."""
        waiting = {one.form_id for one in self.instances if one.state is not InstanceState.SENT}
        return self._synchroniser.run(self.mode, waiting, set(chosen))

    def fill(
        self,
        form_id: str,
        seed: int,
        hints: Mapping[str, Any] | None = None,
        *,
        photos: Photos = (),
        place: Place | None = None,
        duration_s: int = 600,
        optional_share: float = 0.5,
    ) -> Instance:
        """A finalised instance; local entities change at once, as on a phone without signal.

        Args:
            hints: see `Engine.fill`.
            photos: files for media questions, by node name or path, or a sequence used in turn; else drawn.
            duration_s: how long the interview lasted, for the `start` value and the audit log.

        Raises: KeyError when the form is not on the phone; EngineError when it cannot be filled.
        """
        form = self.forms[form_id]
        stand = place or Place()
        filling = self._load(form).fill(
            seed, hints, place=stand, duration_s=duration_s, optional_share=optional_share
        )
        xml = self.engine.serialize(new_instance_path(self._folder / "instances", form.xform.title))
        put_media(xml.parent, filling, photos)
        write_audit(form, xml.parent, filling, place=stand, duration_s=duration_s)
        changes = read_form_entities(form.xform, xml.read_bytes())
        if form.xform.offline_entities:
            self.store.apply(changes)
        instance = Instance(form.form_id, form.version, xml, filling, changes)
        self.instances.append(instance)
        return instance

    def send(self, instance: Instance) -> SendResult:
        """One attempt to send an instance, from the first file on, also when it was sent before."""
        return send_instance(self.connection, self.server_url, instance)

    def send_pending(self) -> list[SendResult]:
        """One round of auto-send: everything not sent yet, oldest first."""
        return [self.send(one) for one in self.instances if one.state is not InstanceState.SENT]

    @property
    def engine(self) -> Engine:
        """The JavaRosa that this phone fills with."""
        if self._engine is None:
            self._engine = self._own_engine = Engine()
        return self._engine

    def _load(self, form: BlankForm) -> Engine:
        """The engine with the form open, media and entity lists laid out as Collect offers them."""
        folder = self._folder / f"open-{next(self._fillings)}"
        shutil.copytree(form.media, folder)
        (folder / "form.xml").write_bytes(form.body)
        for name in form.entity_lists:
            self.store.write_csv(name, folder / f"{name}.csv")
        self.engine.load(folder / "form.xml", folder, self.device)
        return self.engine
