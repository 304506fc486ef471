"""A small OpenRosa server whose faults a test switches on, to prove the fake phone."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

SUCCESS = "full submission upload was successful!"
RESPONSE = (
    '<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0">'
    '<message nature="">{}</message></OpenRosaResponse>'
)


def md5(body: bytes) -> str:
    """Lower-case hex MD5."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass
class Offered:
    """One form on offer."""

    body: bytes
    version: str = "1"
    media: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    """Entity list name to the manifest type."""


@dataclass(frozen=True)
class Part:
    """One part of a POST: its header block, still bytes, and its content."""

    header: bytes
    content: bytes

    @property
    def name(self) -> str:
        """The part name, decoded as UTF-8."""
        found = re.search(rb'name="([^"]*)"', self.header)
        return found.group(1).decode() if found else ""


@dataclass
class LittleServer:
    """What is on offer, what shall go wrong, what arrived."""

    url: str = ""
    forms: dict[str, Offered] = field(default_factory=dict)
    lists: dict[str, bytes] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    asked_integrity: list[str] = field(default_factory=list)
    posts: list[list[Part]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    """Answers of the coming POSTs, status and body; then 201 and the usual text."""
    head: tuple[int, dict[str, str]] = (204, {})
    list_status: int = 200
    list_type: str = "text/xml; charset=utf-8"
    false_hashes: dict[str, str] = field(default_factory=dict)
    """Form id or file name to the hash that is listed instead of the right one."""
    integrity_status: int = 200

    def form_list(self) -> str:
        """The list document."""
        return '<xforms xmlns="http://openrosa.org/xforms/xformsList">{}</xforms>'.format(
            "".join(self._form(form_id, form) for form_id, form in self.forms.items())
        )

    def _form(self, form_id: str, form: Offered) -> str:
        name = quote(form_id)
        digest = self.false_hashes.get(form_id, md5(form.body))
        manifest = (
            f"<manifestUrl>{self.url}/manifest/{name}</manifestUrl>" if form.media or form.lists else ""
        )
        return (
            f"<xform><formID>{escape(form_id)}</formID><name>{escape(form_id)}</name><version>{form.version}</version>"
            f"<hash>md5:{digest}</hash><downloadUrl>{self.url}/form/{name}</downloadUrl>{manifest}</xform>"
        )

    def manifest(self, form: Offered) -> str:
        """The manifest of one form."""
        files = [self._file(name, body, "") for name, body in form.media.items()]
        files += [self._file(f"{n}.csv", self.lists[n], f' type="{kind}"') for n, kind in form.lists.items()]
        return f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{"".join(files)}</manifest>'

    def _file(self, name: str, body: bytes, kind: str) -> str:
        digest = self.false_hashes.get(name, md5(body))
        integrity = f"<integrityUrl>{self.url}/integrity/{name[:-4]}</integrityUrl>" if kind else ""
        return (
            f"<mediaFile{kind}><filename>{name}</filename><hash>md5:{digest}</hash>"
            f"<downloadUrl>{self.url}/media/{quote(name)}</downloadUrl>{integrity}</mediaFile>"
        )

    def find_media(self, name: str) -> bytes | None:
        """The bytes of a media file or an entity list."""
        stores = [form.media for form in self.forms.values()]
        stores.append({f"{list_name}.csv": body for list_name, body in self.lists.items()})
        return next((store[name] for store in stores if name in store), None)

    def integrity(self, ids: list[str]) -> str:
        """The deleted-states document."""
        rows = (f'<entity id="{i}"><deleted>{str(i in self.deleted).lower()}</deleted></entity>' for i in ids)
        return f"<data><entities>{''.join(rows)}</entities></data>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: LittleServer

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        kind, _, name = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if kind == "formList":
            self._xml(self.state.list_status, self.state.form_list(), self.state.list_type)
        elif kind == "manifest":
            self._xml(200, self.state.manifest(self.state.forms[name]))
        elif kind == "form":
            self._bytes(self.state.forms[name].body)
        elif kind == "media":
            self._bytes(self.state.find_media(name) or b"")
        else:
            ids = parse_qs(urlsplit(self.path).query).get("id", [""])[0]
            self.state.asked_integrity.append(ids)
            self._xml(self.state.integrity_status, self.state.integrity(ids.split(",")))

    def do_HEAD(self) -> None:
        status, headers = self.state.head
        self._send(status, b"", {"X-OpenRosa-Version": "1.0", **headers})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.state.posts.append(_parts(body, self.headers["Content-Type"]))
        status, text = self.state.answers.pop(0) if self.state.answers else (201, RESPONSE.format(SUCCESS))
        self._xml(status, text)

    def _xml(self, status: int, text: str, kind: str = "text/xml; charset=utf-8") -> None:
        self._send(status, text.encode(), {"Content-Type": kind, "X-OpenRosa-Version": "1.0"})

    def _bytes(self, body: bytes) -> None:
        tag = f'"{md5(body)}"'
        fresh = self.headers.get("If-None-Match") == tag
        self._send(
            304 if fresh else 200, b"" if fresh else body, {"ETag": tag, "Cache-Control": "private, no-cache"}
        )

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _parts(body: bytes, content_type: str) -> list[Part]:
    boundary = b"--" + content_type.split("boundary=")[1].encode()
    pieces = body.split(boundary)[1:-1]
    return [
        Part(head.strip(), content[:-2]) for head, _, content in (p.partition(b"\r\n\r\n") for p in pieces)
    ]


@contextmanager
def run_little_server() -> Iterator[LittleServer]:
    """A server on a free port of this machine."""
    state = LittleServer()
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            http.shutdown()
            thread.join()
