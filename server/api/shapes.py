"""The base of all schemas: camelCase names, Central's times, mistakes as Central's problems.

Belongs here: what every schema of the API shares. Does not: the schema of one resource (in its file).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from server.errors import BadTypeError, BadValueError, MissingParameterError, SisirError
from server.problems import MissingParametersError, OutOfRangeError, TooLongError

MISSING, WRONG_TYPE, TOO_LONG, OUT_OF_RANGE = "400.2", "400.11", "400.13", "400.22"
EXPECTED = {
    fields.String: "string",
    fields.Integer: "integer",
    fields.Boolean: "boolean",
    fields.List: "array",
    fields.Nested: "object",
    fields.Dict: "object",
    fields.DateTime: "timestamp",
}
MAX_ID = 2**31 - 1


def camel(name: str) -> str:
    """'created_at' -> 'createdAt'."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


class Shape(Schema):
    """A JSON object of the API. Attributes are snake_case, keys camelCase; null is present, unknown keys are passed over.

    Loading raises Central's problems instead of ValidationError: 400.2 (or 400.3 where `together` is set and for several
    missing ones), 400.11, 400.13, 400.8.
    """

    together = False
    """True: one missing required value is answered 400.3 with all that are expected."""

    class Meta:
        """Unknown keys are ignored, as Central does where it does not say otherwise."""

        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Names keys and mistakes; what is not required may be null."""
        if field_obj.data_key is None:
            field_obj.data_key = camel(field_name)
        if not field_obj.required:
            field_obj.allow_none = True
        codes = dict.fromkeys(field_obj.error_messages, WRONG_TYPE)
        field_obj.error_messages.update({**codes, "required": MISSING, "null": MISSING})

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        """Raises: the problem that the first mistake is."""
        if not isinstance(data, Mapping):
            raise BadTypeError("the body must be an object", details={"field": "body", "expected": "object"})
        found = error.normalized_messages()
        missing = [key for key, messages in found.items() if messages == [MISSING]]
        if missing:
            raise self._missing(missing, data)
        key = next(iter(found))
        raise self._wrong(key, found[key], data.get(key))

    def _missing(self, missing: list[str], data: Mapping[str, Any]) -> SisirError:
        if len(missing) == 1 and not self.together:
            return MissingParameterError(
                f"the required value {missing[0]} is missing", details={"field": missing[0]}
            )
        expected = [field.data_key for field in self.fields.values() if field.required and field.data_key]
        secret = {field.data_key for field in self.fields.values() if field.load_only}
        got = {key: data[key] for key in expected if data.get(key) is not None and key not in secret}
        return MissingParametersError(details={"expected": expected, "got": got})

    def _wrong(self, key: str, messages: Any, value: Any) -> SisirError:
        code = messages[0] if isinstance(messages, list) else WRONG_TYPE
        if code == TOO_LONG:
            return TooLongError(f"the value of {key} is too long", details={"field": key})
        if code == OUT_OF_RANGE:
            return OutOfRangeError(
                f"the value of {key} is out of range", details={"value": value, "type": "integer"}
            )
        if code != WRONG_TYPE:
            return BadValueError(
                f"the value of {key} is not acceptable: {code}",
                details={"field": key, "value": value, "reason": code},
            )
        field = next((field for field in self.fields.values() if field.data_key == key), None)
        expected = next((name for kind, name in EXPECTED.items() if isinstance(field, kind)), "another type")
        return BadTypeError(
            f"invalid data type: {key} must be {expected}",
            details={"field": key, "value": value, "expected": expected},
        )


@cache
def made(shape: type[Shape]) -> Shape:
    """The one instance of a schema that all requests share: making one costs more than using it."""
    return shape()


class Text(fields.String):
    """A text that can be stored; a required one may not be blank."""

    def __init__(self, *, max_chars: int = 200_000, **options: Any) -> None:
        super().__init__(metadata={"maxLength": max_chars}, **options)
        self.max_chars = max_chars

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if self.required and not text.strip():
            raise ValidationError(MISSING)
        if len(text) > self.max_chars:
            raise ValidationError(TOO_LONG)
        return text


class Time(fields.DateTime):
    """ISO 8601 in UTC with three decimals and Z: '2026-10-12T01:15:02.331Z'. Reads dates and any offset."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else render_time(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            return parse_time(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(WRONG_TYPE) from error


class Whole(fields.Integer):
    """A whole number; no fraction, none over four bytes unless said. in_query: it comes as text."""

    def __init__(
        self, *, least: int = -MAX_ID - 1, most: int = MAX_ID, in_query: bool = False, **options: Any
    ) -> None:
        super().__init__(strict=not in_query, metadata={"minimum": least, "maximum": most}, **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int:
        if isinstance(value, bool):
            raise ValidationError(WRONG_TYPE)
        number: int = super()._deserialize(value, attr, data, **options)
        if not self.least <= number <= self.most:
            raise ValidationError(OUT_OF_RANGE)
        return number


class Flag(fields.Boolean):
    """A boolean in a query, in any case: 'true', 'True', 'FALSE'. Other words are false, as Central takes them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        return str(value).lower() == "true"


class PageQuery(Shape):
    """Paging: ?limit=&offset=."""

    limit = Whole(in_query=True, least=0, load_default=None)
    offset = Whole(in_query=True, least=0, load_default=0)


class ActorShape(Shape):
    """An actor anywhere: a person, an officer's phone, a link."""

    id = fields.Integer()
    type = fields.String(attribute="kind")
    display_name = fields.String()
    created_at = Time()
    updated_at = Time()
    deleted_at = Time()


class Success(Shape):
    """What a writing route without content answers."""

    success = fields.Boolean()


def render_time(moment: datetime) -> str:
    """'2026-10-12T01:15:02.331Z'."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """An aware time from a date or a time; without offset it is UTC. Raises: ValueError, TypeError."""
    if len(text) <= 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
