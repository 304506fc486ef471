"""Which files an XForm expects beside it.

Belongs here: the five rules of the specification. Does not: whether a file is there (server).
Source: the server's OpenRosa notes, section 3 "Which files a form expects".
"""

import re
from collections.abc import Iterator

from forms.definition import MediaSlot
from forms.xform_body import Body, file_of, source_of
from forms.xform_model import Model
from forms.xml import text_of

_ITEXT_KINDS = {"image": "image", "big-image": "image", "audio": "audio", "video": "video"}
_DEFAULT_IMAGE = re.compile(r"^jr://images/(.+)$")


def expected_media(model: Model, body: Body) -> tuple[MediaSlot, ...]:
    """The slots in the order of their discovery, each name and kind once."""
    return tuple(
        dict.fromkeys(
            [
                *(MediaSlot(name, "file") for name in _instance_files(model)),
                *_itext_media(model),
                *_default_images(model),
                *(MediaSlot(name, "file") for name in body.files),
            ]
        )
    )


def _instance_files(model: Model) -> Iterator[str]:
    return (name for name in (source_of(model, instance) for instance in model.secondary) if name)


def _itext_media(model: Model) -> Iterator[MediaSlot]:
    for texts in model.translations.values():
        for text in texts.values():
            for value in text:
                kind, name = _ITEXT_KINDS.get(value.get("form") or ""), file_of(text_of(value))
                if kind and name:
                    yield MediaSlot(name, kind)


def _default_images(model: Model) -> Iterator[MediaSlot]:
    for node in model.tree.walk():
        match = _DEFAULT_IMAGE.match(text_of(node.element).strip())
        if match and not node.children:
            yield MediaSlot(match.group(1), "image")
