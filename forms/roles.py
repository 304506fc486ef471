"""Which question of a form is the house point, the house photo, the household, the claimed village.

Belongs here: the rules of the house's semantics, section 1, over a FormDefinition. Does not: answers.
"""

from forms.definition import Field, FormDefinition

HOUSE_POINT = "house_point"
HOUSE_PHOTO = "house_photo"
HOUSEHOLD_LIST = "keluarga"


def find_house_point(definition: FormDefinition) -> Field | None:
    """The geopoint of the house: marked house_point; else saved to `geometry`; else, in a form without any mark, the
    only geopoint that is no preload; else None."""
    points = [field for field in definition.fields if field.type == "geopoint" and not field.preload]
    marked = [field for field in points if field.role == HOUSE_POINT]
    if marked:
        return marked[0]
    saved = [field for field in points if field.save_to == "geometry" and field.role is None]
    if saved:
        return saved[0]
    if any(field.role for field in definition.fields):
        return None
    return points[0] if len(points) == 1 else None


def find_house_photo(definition: FormDefinition) -> Field | None:
    """The photo of the house: marked house_photo; else, in a form without any mark, its first image; else None.

    A form with marks and no house photo has none: its meter photos would all look alike.
    """
    images = [field for field in definition.fields if field.media == "image"]
    marked = [field for field in images if field.role == HOUSE_PHOTO]
    if marked or any(field.role for field in definition.fields):
        return next(iter(marked), None)
    return next(iter(images), None)


def find_household_select(definition: FormDefinition) -> Field | None:
    """The first select from keluarga.csv, or None."""
    for field in definition.fields:
        if field.select == "one" and field.external and field.choices == HOUSEHOLD_LIST:
            return field
    return None


def find_village_answer(definition: FormDefinition) -> Field | None:
    """The question whose answer is saved to `kode_desa`; else one of that name outside repeats; else None."""
    saved = [field for field in definition.fields if field.save_to == "kode_desa"]
    named = [field for field in definition.by_name.get("kode_desa", ()) if field.repeat is None]
    return next(iter([*saved, *named]), None)


def find_preload(definition: FormDefinition, preload: str) -> Field | None:
    """The first field with this preload ('timestamp/start', 'timestamp/end', 'date/today'), or None."""
    return next((field for field in definition.fields if field.preload == preload), None)
