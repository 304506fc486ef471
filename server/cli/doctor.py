"""`sisir doctor`: what is wrong with this installation, and what to do."""

import json
import os
import sys
from collections.abc import Iterator

import click

from server.config import load_config
from server.errors import SetupError
from server.services.diagnosis import Diagnosis, Level, Text
from server.services.doctor import examine

_HEADS = {
    "id": {Level.error: "RUSAK", Level.warning: "PERHATIKAN"},
    "en": {Level.error: "BROKEN", Level.warning: "NOTE"},
}
_FINE = {"id": "Tidak ada yang salah.", "en": "Nothing is wrong."}


def _language(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    return "id" if (value or "").lower().startswith("id") else "en"


@click.command()
@click.option("--full", is_flag=True, help="Read every media file instead of a sample.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of sentences.")
@click.option(
    "--language",
    envvar=["LC_ALL", "LC_MESSAGES", "LANG"],
    callback=_language,
    help="id or en; default as LANG says.",
)
def doctor(full: bool, as_json: bool, language: str) -> None:
    """Says in plain sentences what is wrong with this installation and what to do.

    Exit status 0 when nothing is, 1 when there are only notes, 2 when something is broken.
    """
    found: list[Diagnosis] = []
    for diagnosis in _examine(full):
        found.append(diagnosis)
        if not as_json:
            _tell(diagnosis, language)
    if as_json:
        click.echo(json.dumps([_to_json(item) for item in found], ensure_ascii=False, indent=1))
    elif not found:
        click.echo(_FINE[language])
    sys.exit(max((item.level for item in found), default=Level.fine))


def _examine(full: bool) -> Iterator[Diagnosis]:
    try:
        config = load_config(os.environ)
    except SetupError as error:
        yield Diagnosis(
            "variables_unreadable",
            Level.error,
            Text(
                f"Pengaturan tidak dapat dibaca: {error.message}.",
                f"A variable cannot be read: {error.message}.",
            ),
            Text("Betulkan variabel itu.", "Mend that variable."),
        )
        return
    yield from examine(config, is_full=full)


def _tell(diagnosis: Diagnosis, language: str) -> None:
    head = _HEADS[language][diagnosis.level]
    click.echo(f"{head}: {diagnosis.wrong.in_language(language)}")
    click.echo(f"    -> {diagnosis.advice.in_language(language)}")


def _to_json(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "code": diagnosis.code,
        "level": diagnosis.level.name,
        "wrong": {"id": diagnosis.wrong.id, "en": diagnosis.wrong.en},
        "advice": {"id": diagnosis.advice.id, "en": diagnosis.advice.en},
        "details": diagnosis.details,
    }
