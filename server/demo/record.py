"""What scripts and people need to know of the demo: who logs in, the phones; the file demo.json.

Belongs here: the record, its file, telling it on a terminal. Does not: making the demo (campaign.py). Imports nothing that
a second start would have to wait for.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import segno

from server.phone_code import qr_text, server_url

FILE_NAME = "demo.json"
PROJECT = "Penyisiran Contoh (data rekaan)"


@dataclass(frozen=True)
class Person:
    """Somebody who logs in. role: of permissions.ROLES."""

    key: str
    email: str
    name: str
    role: str


PEOPLE = (
    Person("admin", "admin@contoh.sisir", "Administrator (rekaan)", "admin"),
    Person("supervisor", "supervisor@contoh.sisir", "Supervisor (rekaan)", "supervisor"),
    Person("dinsos", "dinsos@contoh.sisir", "Dinas Sosial (rekaan)", "dinsos"),
)


@dataclass(frozen=True)
class Login:
    """What a person types."""

    email: str
    password: str


@dataclass(frozen=True)
class OfficerAccess:
    """An officer's phone."""

    name: str
    token: str
    areas: tuple[str, ...]


@dataclass(frozen=True)
class DemoRecord:
    """What scripts need to know of the demo: the content of demo.json."""

    base_url: str
    project_id: int
    admin: Login
    supervisor: Login
    dinsos: Login
    officers: tuple[OfficerAccess, ...]


def write_record(record: DemoRecord, path: Path) -> None:
    """Writes demo.json, readable by its owner only; an older one is replaced in one step."""
    text = json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n"
    temporary = path.with_suffix(".json.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def read_record(path: Path) -> DemoRecord | None:
    """The record in demo.json, or None when there is none or it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return DemoRecord(
            base_url=data["base_url"],
            project_id=data["project_id"],
            **{person.key: Login(**data[person.key]) for person in PEOPLE},
            officers=tuple(
                OfficerAccess(row["name"], row["token"], tuple(row["areas"])) for row in data["officers"]
            ),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def show_record(record: DemoRecord, url: str) -> None:
    """Prints the log-ins and the QR code of the first officer's phone.

    Args: url = the address of today's start, which need not be the one that the demo was made with.
    """
    for person in PEOPLE:
        login: Login = getattr(record, person.key)
        click.echo(f"  {person.key:11} {login.email:26} {login.password}")
    officer = record.officers[0]
    text = qr_text(url, officer.token, record.project_id, PROJECT)
    click.echo(f"\nODK Collect, {officer.name}: pindai kode ini / scan this code")
    segno.make(text, error="l", boost_error=False).terminal(compact=True)
    click.echo(f"  {server_url(url, officer.token, record.project_id)}")
