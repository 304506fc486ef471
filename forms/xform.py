"""Reading an XForm: its definition, and a copy of it under another version.

Belongs here: how model and body together make fields. Does not: the parts themselves (xform_model,
xform_body, xform_media, xform_entities), converting workbooks (compile.py).
"""

from collections.abc import Iterator
from dataclasses import replace

from forms.definition import Field, FormDefinition, MediaSlot
from forms.leaks import spread
from forms.xform_body import Body, Control, stem
from forms.xform_entities import read_entities
from forms.xform_media import expected_media
from forms.xform_model import InstanceNode, Model
from forms.xform_paths import parent_of
from forms.xml import find_attribute


def read_definition(xform: bytes) -> FormDefinition:
    """What an XForm asks.

    Raises: NotAFormError when the bytes are no XForm (Reason.NO_FORM_ID when only the id is missing);
    ConversionError with Reason.ENTITIES for a wrong entity declaration.
    """
    model = Model(xform)
    body = Body(model)
    media = expected_media(model, body)
    return FormDefinition(
        form_id=model.form_id,
        version=find_attribute(model.root, "version") or "",
        title=model.title,
        root=model.tree.name,
        fields=_with_copies(model, tuple(_fields(model, body))),
        choices=body.choices,
        external_lists=_external_lists(media),
        media=media,
        entities=read_entities(model),
        entities_version=model.entities_version,
        languages=tuple(model.translations),
        default_language=model.default_language,
        encrypted=bool(model.public_key),
        instance_name=any(node.path == "/meta/instanceName" for node in model.tree.walk()),
    )


def _with_copies(model: Model, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Questions that copy a sensitive one are sensitive too (forms.leaks)."""
    held = spread(model)
    return tuple(replace(field, sensitive=True) if field.path in held else field for field in fields)


def _external_lists(media: tuple[MediaSlot, ...]) -> tuple[str, ...]:
    names = (slot.name for slot in media if slot.kind == "file")
    return tuple(dict.fromkeys(stem(name) for name in names))


def _fields(model: Model, body: Body) -> Iterator[Field]:
    repeats = body.repeats | {node.path for node in model.tree.walk() if node.template}
    for node in model.tree.walk():
        repeat = _enclosing(node.path, repeats)
        if node.path in repeats:
            yield Field(node.path, node.name, "repeat", repeat=repeat, labels=body.groups.get(node.path, {}))
        elif node.children or (node.path in body.groups and node.path not in body.controls):
            yield Field(
                node.path, node.name, "structure", repeat=repeat, labels=body.groups.get(node.path, {})
            )
        else:
            yield _leaf(model, body, node, repeat)


def _enclosing(path: str, repeats: set[str]) -> str | None:
    path = parent_of(path)
    while path:
        if path in repeats:
            return path
        path = parent_of(path)
    return None


def _leaf(model: Model, body: Body, node: InstanceNode, repeat: str | None) -> Field:
    bind = model.binds.get(node.path)
    control = body.controls.get(node.path)
    said = control or Control("")
    xsd_type = _type(bind.get("type", "string")) if bind is not None else "unknown"
    attributes = bind or {}
    return Field(
        path=node.path,
        name=node.name,
        type=xsd_type,
        select=said.select
        or ("multiple" if xsd_type == "select" else "one" if xsd_type == "select1" else None),
        choices=said.choices,
        external=said.external,
        repeat=repeat,
        role=attributes.get("role", "").strip() or None,
        save_to=attributes.get("saveto", "").strip() or None,
        preload=_preload(attributes.get("preload", ""), attributes.get("preloadParams", ""))
        or body.located.get(node.path),
        calculated=bool(attributes.get("calculate", "").strip()) and control is None,
        required=attributes.get("required", "").strip() not in ("", "false()"),
        media=_media(xsd_type, said, node.path in body.recorded),
        labels=said.labels,
    )


def _type(written: str) -> str:
    return written.removeprefix("xsd:").removeprefix("xs:").strip() or "string"


def _preload(name: str, parameters: str) -> str | None:
    parts = [part for part in (name.strip(), parameters.strip()) if part]
    return "/".join(parts) or None


def _media(xsd_type: str, control: Control, recorded: bool) -> str | None:
    if xsd_type != "binary":
        return None
    return "audio" if recorded else control.media or "file"
