"""Getting blank forms, media and entity lists: what Collect does at every refresh.

Belongs here: which requests are made, what changes on the phone, what a careful tester should hear about. Not
here: how documents are read (`documents`) and how rows are merged (`entity_store`).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.collect.blank_forms import BlankForm, Shelf, UnreadableForm, md5_hex
from tests.collect.connection import Connection, NetworkFailure, Reply
from tests.collect.documents import FormEntry, MediaEntry, read_form_list, read_integrity, read_manifest
from tests.collect.entity_store import EntityStore, Outcome


class FormState(enum.Enum):
    """How an offered form compares with the phone."""

    NEW = "new"
    UP_TO_DATE = "up to date"
    MEDIA_UPDATE = "media update"
    HASH_UPDATE = "updated (hash)"
    VERSION_UPDATE = "updated (version)"


class Mode(enum.Enum):
    """The setting form_update_mode."""

    MATCH_EXACTLY = "match_exactly"
    PREVIOUSLY_DOWNLOADED = "previously_downloaded"
    MANUAL = "manual"


class SyncFailure(Exception):
    """The refresh, or one form of it, failed; the text is what the phone shows."""


@dataclass
class SyncReport:
    """What one refresh did. `shown` is the error on the screen, None when the enumerator sees none."""

    shown: str | None = None
    states: dict[str, FormState] = field(default_factory=dict)
    downloaded: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    entity_lists: dict[str, Outcome] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Breaches of the protocol that Collect passes over in silence, or suffers from later."""


@dataclass(frozen=True)
class Offer:
    """A form on offer with its manifest; None when there is none, or it could not be read."""

    entry: FormEntry
    manifest: list[MediaEntry] | None
    state: FormState


class Synchroniser:
    """Refreshes the shelf and the entity store of one phone."""

    def __init__(self, connection: Connection, shelf: Shelf, store: EntityStore, server_url: str) -> None:
        self._connection = connection
        self._shelf = shelf
        self._store = store
        self._list_url = server_url.rstrip("/") + "/formList"

    def run(self, mode: Mode, needed: set[str], chosen: set[str]) -> SyncReport:
        """One refresh. `needed`: forms of unsent instances; `chosen`: forms picked by hand in manual mode."""
        report = SyncReport()
        try:
            offers = [self._offer(entry, report) for entry in self._fetch_list()]
        except (SyncFailure, NetworkFailure) as failure:
            report.shown = str(failure)
            return report
        report.states = {offer.entry.form_id: offer.state for offer in offers}
        if mode is Mode.MATCH_EXACTLY:
            self._remove_unlisted({offer.entry.form_id for offer in offers}, needed, report)
        for offer in offers:
            if _wanted(offer, mode, chosen):
                self._try_download(offer, report)
        if report.failures:
            report.shown = "some forms could not be downloaded: " + "; ".join(report.failures.values())
        return report

    def _fetch_list(self) -> list[FormEntry]:
        reply = self._connection.get(self._list_url)
        if reply.status != 200:
            raise SyncFailure(_list_error(reply))
        if not (reply.is_text_xml and reply.speaks_openrosa):
            raise SyncFailure("the server is not an OpenRosa server")
        entries = read_form_list(reply.body)
        if entries is None:
            raise SyncFailure("the form list cannot be read")
        return entries

    def _offer(self, entry: FormEntry, report: SyncReport) -> Offer:
        manifest = self._fetch_manifest(entry, report) if entry.manifest_url else None
        return Offer(entry, manifest, self._compare(entry, manifest))

    def _fetch_manifest(self, entry: FormEntry, report: SyncReport) -> list[MediaEntry] | None:
        """The manifest; None, with a remark, when it fails: Collect then installs the form without media."""
        assert entry.manifest_url
        try:
            reply = self._connection.get(entry.manifest_url)
        except NetworkFailure as failure:
            report.problems.append(f"manifest of {entry.form_id}: {failure}")
            return None
        readable = reply.status == 200 and reply.is_text_xml and reply.speaks_openrosa
        files = read_manifest(reply.body) if readable else None
        if files is None:
            report.problems.append(f"manifest of {entry.form_id} is no use: status {reply.status}")
        return files

    def _compare(self, entry: FormEntry, manifest: list[MediaEntry] | None) -> FormState:
        versions = self._shelf.visible(entry.form_id)
        if not versions:
            return FormState.NEW
        same = self._shelf.find_by_md5(entry.hash or "")
        if same is not None and not same.hidden:
            hashes = same.media_hashes()
            wanted = [file.hash for file in manifest or [] if not file.filename.endswith(".zip")]
            return FormState.UP_TO_DATE if hashes.issuperset(wanted) else FormState.MEDIA_UPDATE
        known = any(form.version == entry.version for form in versions)
        return FormState.HASH_UPDATE if known else FormState.VERSION_UPDATE

    def _remove_unlisted(self, listed: set[str], needed: set[str], report: SyncReport) -> None:
        for form in [form for form in self._shelf.all if form.form_id not in listed and not form.hidden]:
            report.deleted.append(form.form_id)
            if form.form_id in needed:
                form.hidden = True
            else:
                self._shelf.remove(form)

    def _try_download(self, offer: Offer, report: SyncReport) -> None:
        form_id = offer.entry.form_id
        try:
            self._download(offer, report)
            report.downloaded.append(form_id)
        except (SyncFailure, NetworkFailure, UnreadableForm, ValueError) as failure:
            report.failures[form_id] = f"{form_id}: {failure}"

    def _download(self, offer: Offer, report: SyncReport) -> None:
        entry = offer.entry
        if entry.hash is None:
            raise SyncFailure("the form list gives no hash for this form")
        body = self._fetch(entry.download_url)
        if md5_hex(body) != entry.hash:
            report.problems.append(f"form {entry.form_id}: the bytes served do not have the listed hash")
        form = BlankForm(body, self._shelf.new_media_folder())
        self._fetch_media(form, offer.manifest or [], report)
        if form.form_id != entry.form_id:
            report.problems.append(f"form {entry.form_id} is listed, but its XML says {form.form_id}")
        self._install(form, entry)

    def _install(self, form: BlankForm, entry: FormEntry) -> None:
        """Puts the form on the shelf, then drops those of its version without the *listed* hash."""
        same = self._shelf.find_by_md5(form.md5)
        if same is not None:
            self._shelf.remove(same)
        self._shelf.all.append(form)
        for other in self._shelf.visible(entry.form_id):
            if other.version == entry.version and other.md5 != entry.hash:
                self._shelf.remove(other)

    def _fetch_media(self, form: BlankForm, files: list[MediaEntry], report: SyncReport) -> None:
        for file in files:
            if file.is_entity_list:
                form.entity_lists.append(file.list_name)
                self._fetch_entities(file, report)
            else:
                body = self._kept_copy(form.form_id, file) or self._fetch(file.download_url)
                if md5_hex(body) != file.hash:
                    report.problems.append(
                        f"media {file.filename}: the bytes served do not have the listed hash"
                    )
                (form.media / file.filename).write_bytes(body)

    def _kept_copy(self, form_id: str, file: MediaEntry) -> bytes | None:
        """The file as an older version of the form has it, if it is still the one listed."""
        for form in reversed(self._shelf.all):
            path = form.media / file.filename
            if form.form_id == form_id and path.exists():
                body = path.read_bytes()
                return body if md5_hex(body) == file.hash else None
        return None

    def _fetch_entities(self, file: MediaEntry, report: SyncReport) -> None:
        known = self._store.lists.get(file.list_name)
        outcome = Outcome.UNCHANGED
        if known is None or known.hash != file.hash:
            reply = self._fetch_reply(file.download_url)
            if file.hash not in reply.headers.get("ETag", ""):
                report.problems.append(
                    f"entity list {file.list_name}: the ETag is not the hash of the manifest"
                )
            approval = file.type == "approvalEntityList"
            outcome = self._store.download(file.list_name, reply.body, file.hash, needs_approval=approval)
        report.entity_lists[file.list_name] = outcome
        self._check_integrity(file)

    def _check_integrity(self, file: MediaEntry) -> None:
        ids = self._store.offline_ids(file.list_name)
        if not ids or file.integrity_url is None:
            return
        reply = self._connection.get(file.integrity_url, id=",".join(ids))
        readable = reply.status == 200 and reply.is_text_xml and reply.speaks_openrosa
        states = read_integrity(reply.body) if readable else None
        if states is None:
            raise SyncFailure(f"integrity of {file.list_name}: status {reply.status}")
        for entity_id in [entity_id for entity_id, deleted in states.items() if deleted]:
            self._store.drop(file.list_name, entity_id)

    def _fetch(self, url: str) -> bytes:
        return self._fetch_reply(url).body

    def _fetch_reply(self, url: str) -> Reply:
        reply = self._connection.get(url)
        if reply.status != 200:
            raise SyncFailure(f"server error {reply.status} for {reply.url}")
        return reply


def _wanted(offer: Offer, mode: Mode, chosen: set[str]) -> bool:
    if mode is Mode.MANUAL:
        return offer.entry.form_id in chosen
    if offer.state is FormState.NEW:
        return mode is Mode.MATCH_EXACTLY
    return offer.state is not FormState.UP_TO_DATE


def _list_error(reply: Reply) -> str:
    texts: Mapping[int, str] = {
        401: "authentication required: please enter user name and password",
        404: "cannot reach the server",
    }
    return texts.get(reply.status, f"server error {reply.status}")
