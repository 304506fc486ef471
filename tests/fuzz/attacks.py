"""What the fuzz run sends: every phone route, right, wrong, broken and hostile, drawn from a seed.

Belongs here: drawing one request. Does not: judging the answer (test_phone_routes.py).
"""

import gzip
import random
import uuid
import zlib
from collections.abc import Callable, Sequence
from urllib.parse import quote

from tests.fuzz.office_forms import Target, Visit, draw_visit
from tests.fuzz.wire import BOUNDARY, Part, Request, render_parts
from tests.media.pictures import draw_house, encode

MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
OPENROSA = {"X-OpenRosa-Version": "1.0"}
PHOTOS = tuple(encode(draw_house(seed, (160, 120))) for seed in range(6))
NAMES = (
    "../../x", "..\\..\\x", "/etc/passwd", "C:\\x", "a\x00b", "", ".", "..", "a/b.jpg", "x" * 300, "ä" * 200, "\u202egpj.exe",
    "a\r\nSet-Cookie: x=1", "%2e%2e%2f", "'; drop table blob; --", "<script>alert(1)</script>.jpg", "CON", "a.jpg ", "\ud800",
)  # fmt: skip
LAUGHS = b'<!DOCTYPE d [<!ENTITY a "ha">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(12)
)
HEADS = (
    LAUGHS + b"]>",
    b'<!DOCTYPE d SYSTEM "file:///etc/passwd">',
    b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
    b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="1.0" encoding="nonsense"?>',
    b'<?xml version="1.1"?>',
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x00",
    b" \n",
)
VALUES = (
    b"\x00", b"&#0;", b"&#x1F;", b"&amp;", b"&nope;", b"<![CDATA[x]]>", b"]]>", b"NaN", b"-0", b"1e400", b"9" * 400,
    b"\xc3\x28", b"\xf0\x9f\x98\x80", b"2026-13-45", b"1 2 3 4", b"999 999 999 999", b"null", b"' or 1=1", b"${x}",
    b"{{7*7}}", b"<x/>", b"\xed\xa0\x80", b"\xe2\x80\xae", b" " * 2000,
)  # fmt: skip


class Attacker:
    """Draws requests; `earlier` are right ones that were drawn before, for repeats and edits."""

    def __init__(self, seed: int, target: Target) -> None:
        self.chance, self.target = random.Random(seed), target
        self._earlier: list[tuple[Visit, str]] = []

    def draw(self) -> Request:
        """The next request."""
        kinds: Sequence[tuple[Callable[[], Request], int]] = (
            (self._right, 4), (self._again, 6), (self._edit, 3), (self._other_xml, 3), (self._broken_xml, 12), (self._values, 5),
            (self._names, 5), (self._broken_multipart, 12), (self._lengths, 4), (self._many_parts, 1), (self._bombs, 1),
            (self._headers, 4), (self._reads, 14), (self._paths, 14), (self._methods, 4),
        )  # fmt: skip
        make = self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return make()

    def _url(self, rest: str) -> str:
        return self.chance.choice(self.target.phones).url(rest)

    def _post(self, xml: bytes, parts: Sequence[Part] = (), *, url: str = "", **options: object) -> Request:
        first = Part("xml_submission_file", xml, "a.xml", "text/xml")
        body = render_parts([first, *parts])
        headers = {**OPENROSA, "Content-Type": MULTIPART}
        return Request("POST", url or self._url("submission?deviceID=x"), headers, body, xml=xml, **options)  # type: ignore[arg-type]

    def _photos(self, names: Sequence[str]) -> list[Part]:
        some = [name for name in names if self.chance.random() < 0.7]
        return [Part(name, self.chance.choice(PHOTOS), name) for name in some]

    def _visit(self) -> Visit:
        return draw_visit(self.chance, self.target)

    def _right(self) -> Request:
        visit = self._visit()
        url = self._url("submission?deviceID=x")
        self._earlier.append((visit, url))
        return self._post(visit.xml, self._photos(visit.names), url=url)

    def _some_earlier(self) -> tuple[Visit, str]:
        return (
            self.chance.choice(self._earlier) if self._earlier else (self._visit(), self._url("submission"))
        )

    def _again(self) -> Request:
        visit, url = self._some_earlier()
        return self._post(visit.xml, self._photos(visit.names), url=url)

    def _edit(self) -> Request:
        visit, url = self._some_earlier()
        old = visit.xml.partition(b"<instanceID>")[2].partition(b"</instanceID>")[0]
        new = f"uuid:{uuid.UUID(int=self.chance.getrandbits(128), version=4)}".encode()
        if not old:
            return self._right()
        xml = visit.xml.replace(
            b"<instanceID>" + old, b"<deprecatedID>" + old + b"</deprecatedID><instanceID>" + new
        )
        return self._post(xml, self._photos(visit.names), url=url)

    def _other_xml(self) -> Request:
        visit, url = self._some_earlier()
        return self._post(visit.xml.replace(b"<meta>", b"<lain>1</lain><meta>"), url=url)

    def _broken_xml(self) -> Request:
        xml, chance = bytearray(self._visit().xml), self.chance
        kind = chance.randrange(7)
        if kind == 0:
            for _ in range(chance.randint(1, 6)):
                xml[chance.randrange(len(xml))] = chance.randrange(256)
        elif kind == 1:
            del xml[chance.randrange(len(xml)) :]
        elif kind == 2:
            xml[:0] = chance.choice(HEADS)
        elif kind == 3:
            depth = chance.choice([10, 200, 300, 20_000])
            xml = bytearray(bytes(xml).replace(b"<meta>", b"<x>" * depth + b"</x>" * depth + b"<meta>"))
        elif kind == 4:
            start = chance.randrange(len(xml))
            end = min(len(xml), start + chance.randrange(1, 60))
            xml[start:end] = xml[start:end] * chance.choice([0, 2, 50])
        elif kind == 5:
            xml = bytearray(bytes(xml).decode().encode(chance.choice(["utf-16", "utf-32", "utf-7"])))
        else:
            xml = bytearray(chance.randbytes(chance.randrange(200)))
        return self._post(bytes(xml))

    def _values(self) -> Request:
        visit, chance = self._visit(), self.chance
        pieces = visit.xml.split(b">")
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(1, len(pieces))
            head, mark, tail = pieces[place].partition(b"<")
            pieces[place] = (chance.choice(VALUES) if chance.random() < 0.8 else head) + mark + tail
        return self._post(b">".join(pieces), self._photos(visit.names))

    def _names(self) -> Request:
        visit, chance = self._visit(), self.chance
        name = chance.choice(NAMES)
        safe = name.encode("utf-8", "surrogatepass")
        xml = visit.xml
        if chance.random() < 0.6:
            for known in visit.names:
                xml = xml.replace(known.encode(), safe.replace(b"<", b"&lt;").replace(b"\x00", b""), 1)
        odd = name.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
        return self._post(xml, [Part(odd, chance.choice(PHOTOS), odd), Part("a.jpg", b"", odd)])

    def _broken_multipart(self) -> Request:
        request, chance = self._right(), self.chance
        body = bytearray(request.body)
        headers = dict(request.headers)
        kind = chance.randrange(8)
        if kind == 0:
            del body[chance.randrange(len(body)) :]
        elif kind == 1:
            headers["Content-Type"] = chance.choice(
                ["", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 5000,
                 "multipart/mixed; boundary=x", "text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=\"a;b",
                 "multipart/form-data; boundary=ä", "multipart/form-data; charset=nonsense; boundary=" + BOUNDARY.decode()]
            )  # fmt: skip
        elif kind == 2:
            for _ in range(chance.randint(1, 8)):
                body[chance.randrange(min(len(body), 400))] = chance.randrange(256)
        elif kind == 3:
            body = bytearray(chance.randbytes(chance.randrange(1, 3000)))
        elif kind == 4:
            body = bytearray(bytes(body).replace(b"\r\n", chance.choice([b"\n", b"\r", b"\r\n\r\n"])))
        elif kind == 5:
            body[:0] = (
                b"--"
                + BOUNDARY
                + b"\r\n"
                + b"X-Long: "
                + b"y" * chance.choice([10, 70_000])
                + b"\r\n\r\n\r\n"
            )
        elif kind == 6:
            odd = chance.choice([b"form-data", b"attachment; name=xml_submission_file", b'form-data; name="', b"",
                                 b"form-data; name*=utf-8''%ff%fe; filename*=nope'x'%41", b'form-data; name="\xff\xfe"'])  # fmt: skip
            body = bytearray(
                render_parts(
                    [Part("", b"x", disposition=odd), Part("xml_submission_file", request.xml or b"")]
                )
            )
        else:
            body += chance.randbytes(200)
        return Request("POST", request.path, headers, bytes(body))

    def _lengths(self) -> Request:
        request, chance = self._right(), self.chance
        size = len(request.body)
        declared = chance.choice(
            [
                "0",
                "-1",
                "",
                "abc",
                "1e3",
                "٣",
                str(size - 1),
                str(size + 1),
                str(size // 2),
                str(size + 10**6),
                str(10**30),
                "200000000",
            ]
        )
        body = request.body
        if declared.isascii() and declared.isdigit() and int(declared) < size:
            body = body[: int(declared)]
        return Request("POST", request.path, request.headers, body, declared=declared)

    def _many_parts(self) -> Request:
        count = self.chance.choice([99, 100, 101, 500, 1200])
        parts = [Part(f"f{number}.jpg", b"x", f"f{number}.jpg") for number in range(count)]
        if self.chance.random() < 0.3:
            parts = [Part(f"f{number}", b"x") for number in range(count)]
        return self._post(self._visit().xml, parts)

    def _bombs(self) -> Request:
        visit, chance = self._visit(), self.chance
        kind = chance.randrange(4)
        if kind == 0:
            xml = visit.xml.replace(
                b"<meta>", b"<nama>" + b"z" * chance.choice([10**6, 6 * 10**6, 11 * 10**6]) + b"</nama><meta>"
            )
            return self._post(xml)
        if kind == 1:
            request = self._post(visit.xml)
            squeezed = gzip.compress(request.body if chance.random() < 0.5 else b"0" * 10**7)
            return Request("POST", request.path, {**request.headers, "Content-Encoding": "gzip"}, squeezed)
        if kind == 2:
            wide = b"".join(f"<n{number}/>".encode() for number in range(20_000))
            return self._post(visit.xml.replace(b"<meta>", wide + b"<meta>"))
        return self._post(visit.xml, [Part(name, png_bomb(), name) for name in visit.names])

    def _headers(self) -> Request:
        request, chance = self._right(), self.chance
        headers = dict(request.headers)
        name = chance.choice(["X-OpenRosa-Version", "Authorization", "Cookie", "Accept-Language", "User-Agent", "X-Forwarded-Proto",
                              "Expect", "Transfer-Encoding", "odk-client", "Date", "X-HTTP-Method-Override"])  # fmt: skip
        headers[name] = chance.choice(["", "2.0", "Basic Og==", "Basic !", "Bearer " + "x" * 64, "Bearer", "session=" + "y" * 64, "ä" * 10,
                                       "x" * 9000, "id;q=nope,en;;", "chunked", "\x01"])  # fmt: skip
        path = request.path
        if name in ("Authorization", "Cookie"):
            path = f"/v1/projects/{self.target.office.project_id}/submission"
        return Request("POST", path, headers, request.body, xml=request.xml)

    def _reads(self) -> Request:
        chance = self.chance
        form = chance.choice(["uji", "aset", "usaha"])
        rest = chance.choice(
            ["formList", "submission", f"formList?formID={form}", f"forms/{form}.xml", f"forms/{form}/manifest",
             f"forms/{form}/versions/1.xml", f"forms/{form}/versions/1/manifest", "forms/aset/attachments/keluarga.csv",
             "forms/aset/versions/___/attachments/keluarga.csv", "datasets/keluarga/integrity",
             "datasets/keluarga/integrity?id=" + ",".join(chance.sample(self.target.entities, 3))]
        )  # fmt: skip
        headers = dict(OPENROSA)
        if chance.random() < 0.3:
            headers[chance.choice(["If-None-Match", "If-Modified-Since", "Range", "Accept-Encoding"])] = (
                chance.choice(
                    [
                        "*",
                        '"x"',
                        "W/",
                        "bytes=5-2",
                        "bytes=0-99999999999999",
                        "Thu, 01 Jan 1970 00:00:00 GMT",
                        "\xff",
                        "gzip;q=x",
                    ]
                )
            )
        return Request(chance.choice(["GET", "GET", "HEAD"]), self._url(rest), headers)

    def _paths(self) -> Request:
        chance = self.chance
        odd = [quote(name.encode("utf-8", "surrogatepass"), safe="") for name in NAMES]
        odd += ["%ff%fe", "%00", "9" * 30, "-1", "0", "%E2%80%AE", "a" * 5000, "%2f%2f", "."]
        word, other = chance.choice(odd), chance.choice(odd)
        token = chance.choice([self.target.phones[0].token, self.target.revoked, word])
        project = chance.choice([str(self.target.office.project_id), "999", "9" * 25, word])
        rest = chance.choice(
            ["formList", f"formList?formID={word}", f"forms/{word}.xml", f"forms/{word}/manifest", f"forms/uji/versions/{word}.xml",
             f"forms/uji/versions/{word}/manifest", f"forms/aset/attachments/{word}", f"forms/aset/attachments/../{word}",
             f"forms/aset/versions/{other}/attachments/{word}", f"datasets/{word}/integrity", f"datasets/keluarga/integrity?id={word}",
             f"submission?st={word}", f"formList?st={self.target.phones[0].token}", word]
        )  # fmt: skip
        head = f"/v1/key/{token}" if chance.random() < 0.8 else "/v1"
        return Request("GET", f"{head}/projects/{project}/{rest}", OPENROSA if chance.random() < 0.9 else {})

    def _methods(self) -> Request:
        request = self._right() if self.chance.random() < 0.5 else self._reads()
        method = self.chance.choice(
            ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "HEAD", "POST"]
        )
        if method == "POST":
            return Request("POST", request.path, request.headers, request.body)
        return Request(method, request.path, request.headers, request.body)


def png_bomb() -> bytes:
    """A PNG of a few kilobytes that says 30,000 by 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (30_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
