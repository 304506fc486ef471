"""Photos: bytes for those who may see them, small and full, never anything a browser would run."""

import hmac
import time

from flask import Response, request

from server.console.blueprint import blueprint
from server.console.pages import reading_page, row_id
from server.edge import backends
from server.errors import NotAllowedError, NotFoundError
from server.services import case_photos
from server.services.blobs import open_blob

SHOWN = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
REVEAL_SECONDS = 600


@blueprint.get("/projects/<int:project_id>/photos/<int:attachment_id>")
def photo(project_id: int, attachment_id: int) -> Response:
    """A photo; size=thumb for a small one. A sensitive one needs the right and the short-lived pass of an unmasked page."""
    with reading_page(project_id, "case.read") as page:
        attachment, blob, facts = case_photos.get_photo(page.session, page.caller, project_id, attachment_id)
        if attachment.is_sensitive:
            page.caller.require("identity.unmask", page.campaign.actee_id)
            _require_pass(page.caller.actor_id, attachment_id)
    small = request.args.get("size") == "thumb"
    kind = SHOWN.get(facts.kind or "") if facts else None
    if small or kind is None:
        data = case_photos.read_thumbnail(backends(), blob, facts)
        if data is None:
            raise NotFoundError("this file is no picture", message_id="Berkas ini bukan gambar.")
        response = Response(data, content_type="image/jpeg")
    else:
        with open_blob(backends(), blob) as file:
            response = Response(file.read(), content_type=kind)
    return _guarded(response)


def photo_pass(actor_id: int, attachment_id: int) -> str:
    """What opens one sensitive photo for one person for REVEAL_SECONDS."""
    until = int(time.time()) + REVEAL_SECONDS
    return f"{until}.{_sign(actor_id, attachment_id, until)}"


def _require_pass(actor_id: int, attachment_id: int) -> None:
    until, _, signature = request.args.get("pass", "").partition(".")
    moment = row_id(until) or 0
    wanted = _sign(actor_id, attachment_id, moment)
    if moment < time.time() or not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise NotAllowedError(
            "a sensitive photo is opened from an unmasked case only",
            message_id="Foto peka dibuka lewat halaman kasus, dengan tujuan yang dicatat.",
        )


def _sign(actor_id: int, attachment_id: int, until: int) -> str:
    return backends().seal.keyed_hash(f"photo {actor_id} {attachment_id} {until}").hex()


def _guarded(response: Response) -> Response:
    """Nothing a browser would run, and nothing it keeps: a shared computer shows no photo after the log-out."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "no-store"
    return response


blueprint.add_app_template_global(photo_pass, "photo_pass")
