"""The static types of rule expressions, and which type a question has.

Belongs here: the types and how a form's bind type maps to one.
Does not: values of these types (rules_values.py), checking expressions (rules_check.py).
Source: the ODK XForms specification, "Data types"; docs/semantics, section 3.
"""

from collections.abc import Mapping
from enum import Enum

from forms.definition import Field


class Type(Enum):
    """What an expression yields; the value is the word that authors read in messages.

    CALCULATED is a calculation whose form says only "string": a number, text or date by what it meets.
    ANY stands for an expression that already has a mistake; nothing more is said about it.
    """

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DATETIME = "date and time"
    SET = "set of choices"
    BOOLEAN = "yes/no condition"
    POINT = "place"
    CALCULATED = "calculated value"
    ANY = "?"


_BIND_TYPES: Mapping[str, Type] = {
    "int": Type.NUMBER,
    "integer": Type.NUMBER,
    "long": Type.NUMBER,
    "short": Type.NUMBER,
    "decimal": Type.NUMBER,
    "double": Type.NUMBER,
    "float": Type.NUMBER,
    "date": Type.DATE,
    "dateTime": Type.DATETIME,
    "geopoint": Type.POINT,
    "geotrace": Type.POINT,
    "geoshape": Type.POINT,
}


def type_of_field(field: Field) -> Type:
    """The type of a question's answers; times, files and barcodes are text."""
    if field.select == "multiple":
        return Type.SET
    if field.select == "one":
        return Type.TEXT
    named = _BIND_TYPES.get(field.type.removeprefix("xsd:"), Type.TEXT)
    return Type.CALCULATED if field.calculated and named is Type.TEXT else named
