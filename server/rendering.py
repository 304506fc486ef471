"""Errors as the caller reads them: OpenRosa XML for phones, problem JSON for the API, pages for people.

The only place that turns exceptions into answers.
"""

import logging

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from media.errors import StorageUnavailableError, is_lacking
from server.errors import (
    BadRequestError,
    BadValueError,
    NotFoundError,
    SisirError,
    TooLargeError,
    UnavailableError,
)
from server.openrosa.answers import answer_error, is_phone_route

LOG = logging.getLogger("sisir.edge")


def register_error_pages(app: Flask) -> None:
    """Hooks the handlers into an application."""
    app.register_error_handler(SisirError, _answer)
    app.register_error_handler(HTTPException, _from_framework)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(PoolTimeoutError, _database_down)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(OverflowError, _unfit)
    app.before_request(_refuse_nul)
    app.register_error_handler(StorageUnavailableError, _storage_down)
    app.register_error_handler(Exception, _unexpected)


def _answer(error: SisirError) -> ResponseReturnValue:
    if is_phone_route(request):
        return answer_error(error)
    if request.path.startswith("/v1"):
        return _problem(error)
    return _page(error)


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
    if error.code == 404:
        return _answer(NotFoundError())
    ours = SisirError(error.description or error.name, message_id=error.description or error.name)
    ours.code = f"{error.code or 500}.1"
    return _answer(ours)


def _refuse_nul() -> None:
    """No name, id or search word holds a NUL; PostgreSQL cannot even be asked for one."""
    if "\x00" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise BadRequestError("the address holds a NUL character")


def _unfit(error: Exception) -> ResponseReturnValue:
    """A number or text that no column can hold: the caller's mistake, whatever it was meant for."""
    LOG.warning("request.unfit", extra={"route": request.endpoint, "error": type(error).__name__})
    return _answer(
        BadValueError("a value is out of range", message_id="Ada isian yang terlalu besar atau tidak sah.")
    )


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
