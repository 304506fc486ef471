"""Errors as the caller reads them: OpenRosa XML for phones, problem JSON for the API, pages for people.

The only place that turns exceptions into answers.
"""

import logging
import re

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from media.errors import StorageUnavailableError, is_lacking
from server.errors import (
    BadRequestError,
    BadValueError,
    ConflictError,
    NotFoundError,
    SisirError,
    TooLargeError,
    UnavailableError,
)
from server.openrosa.answers import answer_error, is_phone_route, retry_after
from server.problems import MissingApiVersionError, UnknownApiVersionError

API_VERSION = re.compile(r"/v([0-9]+)(?:/|$)")
LOG = logging.getLogger("sisir.edge")


def register_error_pages(app: Flask) -> None:
    """Hooks the handlers into an application."""
    app.register_error_handler(SisirError, _answer)
    app.register_error_handler(HTTPException, _from_framework)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(PoolTimeoutError, _database_down)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(IntegrityError, _taken)
    app.register_error_handler(OverflowError, _unfit)
    app.before_request(_refuse_nul)
    app.register_error_handler(StorageUnavailableError, _storage_down)
    app.register_error_handler(Exception, _unexpected)


def _answer(error: SisirError) -> ResponseReturnValue:
    if is_phone_route(request):
        return answer_error(error)
    is_api = API_VERSION.match(request.path) or isinstance(error, MissingApiVersionError)
    response = make_response(_problem(error) if is_api else _page(error))
    if error.status in (429, 503):
        response.headers["Retry-After"] = retry_after(error)
    return response


def _problem(error: SisirError) -> Response:
    body: dict[str, object] = {"message": error.message, "code": float(error.code)}
    if error.details is not None:
        body["details"] = error.details
    response = jsonify(body)
    response.status_code = error.status
    return response


def _page(error: SisirError) -> ResponseReturnValue:
    page = render_template(
        "error.html", status=error.status, message=gettext(error.message_id), detail=error.message
    )
    return page, error.status


def _from_framework(error: HTTPException) -> ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error
    if error.code == 413:
        return _answer(TooLargeError())
    if error.code in (404, 405):
        return _answer(_unknown_route(error))
    return _answer(_named(error))


def _unknown_route(error: HTTPException) -> SisirError:
    """In the API a known address with an unknown method is as unknown as any; elsewhere clients are told of /v1."""
    version = API_VERSION.match(request.path)
    if version and version[1] != "1":
        return UnknownApiVersionError(details={"got": version[1]})
    if version is None and not request.accept_mimetypes.accept_html and error.code == 404:
        return MissingApiVersionError()
    if version is None and error.code == 405:
        return _named(error)
    return NotFoundError()


def _named(error: HTTPException) -> SisirError:
    ours = SisirError(error.description or error.name, message_id=error.description or error.name)
    ours.code = f"{error.code or 500}.1"
    return ours


def _refuse_nul() -> None:
    """No name, id, note or search word holds a NUL; PostgreSQL cannot even be asked for one."""
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise BadRequestError("the address holds a NUL character")
    if request.mimetype == "application/x-www-form-urlencoded" and any(
        "\x00" in text for pair in request.form.items(multi=True) for text in pair
    ):
        raise BadRequestError("a field holds a NUL character", message_id="Ada isian yang tidak sah.")


def _unfit(error: Exception) -> ResponseReturnValue:
    """A number or text that no column can hold: the caller's mistake, whatever it was meant for."""
    LOG.warning("request.unfit", extra={"route": request.endpoint, "error": type(error).__name__})
    return _answer(
        BadValueError("a value is out of range", message_id="Ada isian yang terlalu besar atau tidak sah.")
    )


def _taken(error: IntegrityError) -> ResponseReturnValue:
    """Two callers at once: the other one's row came between our look and our write."""
    LOG.warning("request.conflict", extra={"route": request.endpoint, "error": type(error.orig).__name__})
    return _answer(ConflictError("somebody else changed this at the same moment; look again"))


def _database_down(error: OperationalError | PoolTimeoutError) -> ResponseReturnValue:
    LOG.warning("database.unavailable", extra={"error": type(getattr(error, "orig", error)).__name__})
    return _answer(UnavailableError())


def _storage_down(error: StorageUnavailableError) -> ResponseReturnValue:
    LOG.warning("storage.unavailable", extra={"error": type(error).__name__})
    return _answer(UnavailableError())


def _unexpected(error: Exception) -> ResponseReturnValue:
    if is_lacking(error):
        LOG.error(
            "machine.lacking", extra={"route": request.endpoint, "errno": getattr(error, "errno", None)}
        )
        return _answer(UnavailableError())
    LOG.exception("request.failed", extra={"route": request.endpoint})
    ours = SisirError("Internal Server Error")
    return _answer(ours)
