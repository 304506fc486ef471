"""Which forms read an entity list, and which write to it; published ones and drafts.

Belongs here: forms around a list. Does not: the list itself (datasets.py), what a submission does to entities.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models.entity import EntityList
from server.models.form import Form, FormFile, FormVersion
from server.services import form_cache


@dataclass(frozen=True)
class UsingForm:
    """A form beside a list. repeat_path: '/anggota/' when its entities come from a repeat; properties: what it writes."""

    name: str
    xml_form_id: str
    repeat_path: str | None = None
    properties: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        """As clients read it; repeatPath only for repeats."""
        found = {"name": self.name, "xmlFormId": self.xml_form_id}
        return found if self.repeat_path is None else {**found, "repeatPath": self.repeat_path}


@dataclass(frozen=True)
class ListUses:
    """The forms around a list, by name: those that read it, those that write to it."""

    linked: tuple[UsingForm, ...]
    sources: tuple[UsingForm, ...]
    draft_linked: tuple[UsingForm, ...]
    draft_sources: tuple[UsingForm, ...]

    @property
    def all_forms(self) -> tuple[UsingForm, ...]:
        """Every form that reads or writes, drafts too."""
        return (*self.linked, *self.sources, *self.draft_linked, *self.draft_sources)

    def writers_of(self, name: str) -> list[UsingForm]:
        """The forms, drafts too, that write a property."""
        return [form for form in (*self.sources, *self.draft_sources) if name in form.properties]


def uses_of(session: Session, listed: EntityList) -> ListUses:
    """What the live forms of the project do with a list."""
    forms = session.execute(
        select(Form.xml_form_id, Form.current_version_id, Form.draft_version_id).where(
            Form.project_id == listed.project_id, Form.deleted_at.is_(None)
        )
    ).all()
    published = {row.current_version_id: row.xml_form_id for row in forms if row.current_version_id}
    drafts = {row.draft_version_id: row.xml_form_id for row in forms if row.draft_version_id}
    titles = {
        row.id: row.title
        for row in session.execute(
            select(FormVersion.id, FormVersion.title).where(FormVersion.id.in_([*published, *drafts]))
        )
    }
    reading = set(
        session.scalars(select(FormFile.form_version_id).where(FormFile.entity_list_id == listed.id))
    )
    return ListUses(
        linked=_reading(published, titles, reading),
        sources=_writing(session, listed.name, published, titles),
        draft_linked=_reading(drafts, titles, reading),
        draft_sources=_writing(session, listed.name, drafts, titles),
    )


def _reading(versions: dict[int, str], titles: dict[int, str], reading: set[int]) -> tuple[UsingForm, ...]:
    return _sorted(UsingForm(titles[key], form_id) for key, form_id in versions.items() if key in reading)


def _writing(
    session: Session, name: str, versions: dict[int, str], titles: dict[int, str]
) -> tuple[UsingForm, ...]:
    found = []
    for version_id, definition in form_cache.definitions_of(session, versions).items():
        repeats = {item.path for item in definition.fields if item.type == "repeat"}
        found += [
            UsingForm(
                titles[version_id],
                versions[version_id],
                f"{declared.container}/" if declared.container in repeats else None,
                tuple(declared.properties),
            )
            for declared in definition.entities
            if declared.dataset == name
        ]
    return _sorted(found)


def _sorted(forms: Iterable[UsingForm]) -> tuple[UsingForm, ...]:
    return tuple(sorted(forms, key=lambda form: (form.name, form.xml_form_id, form.repeat_path or "")))
