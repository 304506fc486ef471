"""The configuration: read once from the environment, frozen, passed in. The only reader of the environment.

Every variable is documented in README.md; tests/structure holds the two together.
"""

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.errors import SetupError

VARIABLES = {
    "SISIR_VAR": "folder of all runtime files; default var",
    "SISIR_PORT": "port that the server listens on; default 8000",
    "SISIR_HOST": "address that the server listens on; default 0.0.0.0",
    "SISIR_URL": "public address, used in every absolute URL and QR code; default http://<address in the local network>:<port>",
    "SISIR_DATABASE": "SQLAlchemy URL; default SQLite in $SISIR_VAR/sisir.db; postgresql://user:password@host/name",
    "SISIR_MEDIA": "where photos and files live; default file:$SISIR_VAR/media; s3://bucket/prefix?endpoint=...",
    "SISIR_QUEUE": "the queue; default sqlite:$SISIR_VAR/queue.db; postgresql://..., redis://...",
    "SISIR_KEY": "the office key (base64, 32 bytes); default the file $SISIR_VAR/office.key, made by sisir init",
    "SISIR_TIMEZONE": "time zone of the office; default Asia/Jakarta (WIB)",
    "SISIR_THREADS": "requests that one web process takes at a time, those of slow phones included; default 32",
    "SISIR_PROXIES": "addresses or networks of reverse proxies in front, comma between; default 127.0.0.1,::1",
}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_REQUEST_BYTES = 110_000_000
MAX_FILE_BYTES = 50_000_000
MAX_FILES = 100


@dataclass(frozen=True)
class Config:
    """One installation's settings. Paths are absolute; url has no trailing slash."""

    var: Path
    host: str
    port: int
    url: str
    database: str
    media: str
    queue: str
    key: str | None
    timezone: ZoneInfo
    threads: int = 32
    proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed."""

    @property
    def is_https(self) -> bool:
        """True when the public address is https: cookies are Secure then, and passwords need https."""
        return self.url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """The name of the cookie that keeps a person logged in: bound to the host on https."""
        return "__Host-session" if self.is_https else "session"

    @property
    def key_file(self) -> Path:
        """Where `sisir init` keeps the office key when the environment has none."""
        return self.var / "office.key"


def load_config(environ: Mapping[str, str]) -> Config:
    """The configuration that these variables describe.

    Raises: SetupError naming the variable, what is wrong with it and an example.
    """
    var = Path(environ.get("SISIR_VAR") or "var").absolute()
    port = _number(environ, "SISIR_PORT", 8000)
    url = (environ.get("SISIR_URL") or f"http://{_lan_address()}:{port}").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise SetupError(f"SISIR_URL={url!r} is no address; write it like https://sisir.example.id")
    return Config(
        var=var,
        host=environ.get("SISIR_HOST") or "0.0.0.0",  # noqa: S104 - phones in the same network must reach it
        port=port,
        url=url,
        database=_database_url(environ.get("SISIR_DATABASE") or f"sqlite:///{var / 'sisir.db'}"),
        media=environ.get("SISIR_MEDIA") or f"file:{var / 'media'}",
        queue=environ.get("SISIR_QUEUE") or f"sqlite:{var / 'queue.db'}",
        key=environ.get("SISIR_KEY") or None,
        timezone=_timezone(environ.get("SISIR_TIMEZONE") or "Asia/Jakarta"),
        threads=_number(environ, "SISIR_THREADS", 32),
        proxies=_networks(environ.get("SISIR_PROXIES") or "127.0.0.1,::1"),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise SetupError(f"{name}={text!r} is no number; for example {name}={default}")
    return int(text)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError as error:
        raise SetupError(
            f"SISIR_PROXIES={text!r} is no list of addresses; for example SISIR_PROXIES=10.0.0.5,172.16.0.0/12"
        ) from error


def _database_url(url: str) -> str:
    """SQLAlchemy's spelling with our driver: postgresql://… becomes postgresql+psycopg://…."""
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    if not url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise SetupError("SISIR_DATABASE must begin with sqlite:/// or postgresql://")
    return url


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SetupError(
            f"SISIR_TIMEZONE={name!r} is not known; use Asia/Jakarta, Asia/Makassar or Asia/Jayapura"
        ) from error


def _lan_address() -> str:
    """The address of this machine that other machines of the network reach; 127.0.0.1 without a network.

    Connecting a UDP socket sends nothing; it only asks the routing table which address would be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
