"""Central's problems that only API clients meet: a class a code, so that a service raises what it means.

Belongs here: codes of the REST specification, "Problem codes", that errors.py does not have already. Does not: texts for phones
(a phone never meets these), how they are answered (rendering.py).
Each docstring is the message a client reads; `details` are given by whoever raises it, with Central's keys.
"""

from server.errors import BadRequestError, BadValueError, ConflictError, NotFoundError, SisirError


class MissingParametersError(BadRequestError):
    """Some required values are missing."""

    code = "400.3"


class UnknownParameterError(BadRequestError):
    """A parameter is not known here."""

    code = "400.4"


class DecryptionError(BadRequestError):
    """The passphrase does not open the encryption key."""

    code = "400.12"


class TooLongError(BadRequestError):
    """A value is too long."""

    code = "400.13"


class UnknownReferenceError(BadRequestError):
    """A value refers to something that does not exist."""

    code = "400.14"


class FieldTypeChangedError(BadRequestError):
    """A field has another type than in an earlier version of this form."""

    code = "400.17"


class FilterError(BadRequestError):
    """The filter expression cannot be read."""

    code = "400.18"


class MissingDeprecatedIdError(BadRequestError):
    """An edit must name the instance that it replaces in deprecatedID."""

    code = "400.19"


class PasswordTooShortError(BadValueError):
    """The password or passphrase must have at least 10 characters."""

    code = "400.21"


class OutOfRangeError(BadRequestError):
    """A number is out of range."""

    code = "400.22"


class UnknownSelectError(BadRequestError):
    """$select names a property that does not exist."""

    code = "400.23"


class SelectInRepeatError(BadRequestError):
    """$select names a property inside of a repeat."""

    code = "400.24"


class EntityDeclarationError(BadRequestError):
    """The entity declaration of the form is invalid."""

    code = "400.25"


class NotAFileSlotError(BadRequestError):
    """An entity list can be linked only to a slot of type file."""

    code = "400.26"


class NoMetaGroupError(BadRequestError):
    """The form has no meta group."""

    code = "400.27"


class EntityDataError(BadRequestError):
    """The entity is invalid."""

    code = "400.28"


class PendingSubmissionsError(BadRequestError):
    """Submissions still wait for approval; say with convert what becomes of them."""

    code = "400.29"


class UnexpectedKeysError(BadRequestError):
    """The JSON has keys that are not expected here."""

    code = "400.31"


class NoConflictError(BadRequestError):
    """The entity has no conflict to resolve."""

    code = "400.32"


class UnexpectedPropertiesError(BadRequestError):
    """There are properties that are not expected here."""

    code = "400.33"


class SkipTokenRowError(BadRequestError):
    """The row named by $skiptoken was not found."""

    code = "400.34"


class SkipTokenError(BadRequestError):
    """The $skiptoken cannot be read."""

    code = "400.35"


class BodyTooLargeError(BadRequestError):
    """The body of the request is too large."""

    code = "400.36"


class BodyEncodingError(BadRequestError):
    """This Content-Encoding is not supported."""

    code = "400.37"


class PasswordTooLongError(BadValueError):
    """The password or passphrase is longer than 72 bytes."""

    code = "400.38"


class QueryCombinationError(BadRequestError):
    """These query parameters cannot be combined."""

    code = "400.41"


class RangeReversedError(BadRequestError):
    """The range ends before it begins."""

    code = "400.42"


class EntityErrorsError(BadRequestError):
    """Several entities of one submission failed."""

    code = "400.43"


class PasswordTooWeakError(BadValueError):
    """The password is too easy to guess."""

    code = "400.44"


class MethodDisabledError(SisirError):
    """This way of logging in is switched off."""

    code = "401.5"


class EntityActionError(SisirError):
    """The form does not permit this entity action."""

    code = "403.2"


class MissingApiVersionError(NotFoundError):
    """The address must begin with an API version, like /v1."""

    code = "404.2"


class UnknownApiVersionError(NotFoundError):
    """This API version is not known; there is only /v1."""

    code = "404.3"


class DeadDraftLinkError(NotFoundError):
    """This link for testing a draft is not valid any more."""

    code = "404.4"


class NotAcceptableError(SisirError):
    """The format that is asked for is not available."""

    code = "406.1"


class AlreadyActiveError(ConflictError):
    """This is switched on already."""

    code = "409.4"


class OnlyDraftError(ConflictError):
    """The draft of a form that was never published cannot be deleted."""

    code = "409.7"


class InstanceExistsError(ConflictError):
    """The instanceID of the edit exists already."""

    code = "409.8"


class EditorClosedError(ConflictError):
    """The form does not take edits from the web editor any more."""

    code = "409.12"


class EntityDeletedError(ConflictError):
    """The uuid belongs to an entity that was deleted."""

    code = "409.19"


class ListInUseError(ConflictError):
    """A form still uses this entity list."""

    code = "409.21"


class PropertyInUseError(ConflictError):
    """The property is still in use."""

    code = "409.22"


class CannotRestoreError(ConflictError):
    """The form cannot be restored."""

    code = "409.23"


class NotSupportedError(SisirError):
    """This server does not offer that."""

    code = "501.1"


class IncompleteListError(SisirError):
    """Everything must be listed: what is left out would be removed."""

    code = "501.2"


class NoConverterError(SisirError):
    """The XLSForm converter is not set up."""

    code = "501.3"


class ExpressionUnsupportedError(SisirError):
    """This filter expression is not supported."""

    code = "501.4"


class FilterFieldUnsupportedError(SisirError):
    """This field cannot be filtered by."""

    code = "501.5"


class ExpandUnsupportedError(SisirError):
    """Only $expand=* is supported."""

    code = "501.6"


class SelectWithExpandError(SisirError):
    """$select and $expand cannot be combined."""

    code = "501.11"


class ConverterUnreachableError(SisirError):
    """The XLSForm converter does not answer."""

    code = "502.2"
