"""How ODK Collect talks HTTP: its headers, device id, disk cache, redirects and log-in.

Belongs here: one request and its answer. Not here: what a form list or a submission answer means.
Source: spec of the OpenRosa wire behaviour, sections 0, 1.3 and 1.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.structures import CaseInsensitiveDict

USER_AGENT = "org.odk.collect.android/v2026.2.0 Dalvik/2.1.0 (Linux; U; Android 13; SM-A146P)"
TIMEOUT_S = (30, 60)


class NetworkFailure(Exception):
    """No HTTP answer came back; the text is what the phone shows."""


@dataclass(frozen=True)
class Reply:
    """An answer as the app sees it: a 304 from the server has become the cached 200."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def speaks_openrosa(self) -> bool:
        """Whether the header that makes Collect believe in the server is there."""
        return "X-OpenRosa-Version" in self.headers

    @property
    def is_text_xml(self) -> bool:
        """Whether the content type contains text/xml; application/xml does not count."""
        return "text/xml" in self.headers.get("Content-Type", "")


@dataclass(frozen=True)
class Exchange:
    """One request as it went over the wire; `status` is the server's own, 304 included."""

    method: str
    url: str
    status: int
    sent_headers: Mapping[str, str]


class Connection:
    """Requests of one phone to its server; `log` keeps every exchange in order."""

    def __init__(self, device_id: str, username: str = "", password: str = "") -> None:
        self._device_id = device_id
        self._login = (username, password)
        self._auth: AuthBase | None = None
        self._cache: dict[str, Reply] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self.log: list[Exchange] = []

    def close(self) -> None:
        """Drops the open sockets."""
        self._session.close()

    def get(self, url: str, **query: str) -> Reply:
        """The answer to a GET, from the disk cache when the server agrees; redirects are followed."""
        address = self._address(url, query)
        cached = self._cache.get(address)
        conditional = {"If-None-Match": cached.headers["ETag"]} if cached and "ETag" in cached.headers else {}
        reply = self._request("GET", address, headers=conditional)
        if reply.status == 304 and cached:
            return cached
        self._remember(address, reply)
        return reply

    def head(self, url: str) -> Reply:
        """The answer to a HEAD."""
        return self._request("HEAD", self._address(url, {}))

    def post(self, url: str, body: Iterable[bytes], content_type: str) -> Reply:
        """The answer to a POST whose body knows its length; nothing is cached or redirected."""
        return self._request(
            "POST", self._address(url, {}), body=body, headers={"Content-Type": content_type}
        )

    def _address(self, url: str, query: Mapping[str, str]) -> str:
        mark = "&" if urlsplit(url).query else "?"
        return url + mark + urlencode({**query, "deviceID": self._device_id})

    def _request(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Iterable[bytes] | None = None,
    ) -> Reply:
        reply = self._once(method, address, headers or {}, body)
        challenge = reply.headers.get("WWW-Authenticate", "")
        if reply.status == 401 and challenge and self._auth is None:
            self._auth = self._answer_challenge(challenge, address)
            if self._auth is not None:
                return self._once(method, address, headers or {}, body)
        return reply

    def _answer_challenge(self, challenge: str, address: str) -> AuthBase | None:
        username, password = self._login
        scheme = challenge.split(" ", 1)[0].lower()
        if not username or (scheme == "basic" and urlsplit(address).scheme != "https"):
            return None
        return {"digest": HTTPDigestAuth, "basic": HTTPBasicAuth}[scheme](username, password)

    def _once(
        self, method: str, address: str, headers: Mapping[str, str], body: Iterable[bytes] | None
    ) -> Reply:
        sent = {
            "X-OpenRosa-Version": "1.0",
            "User-Agent": USER_AGENT,
            "Date": formatdate(usegmt=True),
            "Accept-Encoding": "gzip",
            **headers,
        }
        self._session.cookies.clear()
        try:
            answer = self._session.request(
                method,
                address,
                headers=sent,
                data=body,
                auth=self._auth,
                timeout=TIMEOUT_S,
                allow_redirects=method != "POST",
            )
        except requests.RequestException as error:
            raise NetworkFailure(str(error)) from error
        self.log.append(
            Exchange(
                method,
                address,
                answer.status_code,
                {name: str(value) for name, value in answer.request.headers.items()},
            )
        )
        return Reply(
            answer.status_code, answer.reason, CaseInsensitiveDict(answer.headers), answer.content, answer.url
        )

    def _remember(self, address: str, reply: Reply) -> None:
        control = reply.headers.get("Cache-Control", "")
        if reply.status == 200 and "no-store" not in control and reply.headers.get("Vary") != "*":
            self._cache[address] = reply
