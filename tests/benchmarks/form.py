"""The invented form that is sent: 60 questions in six groups and a repeat, 40 rules, two photos, a household list.

Belongs here: the workbook as Markdown and filled instances. Does not: sending them.
"""

import random
from collections.abc import Mapping

FORM_ID = "ukur"
GROUPS = 5
IN_GROUP = 10
ROWS = 3
PHOTOS = ("foto_rumah", "foto_dapur")
RULES = 38


def workbook() -> bytes:
    """The form as Markdown."""
    survey = [
        ("start", "start", "", ""),
        ("end", "end", "", ""),
        ("today", "today", "", ""),
        ("select_one_from_file keluarga.csv", "keluarga", "Keluarga", ""),
        *((kind, name, f"Pertanyaan {name}", "") for name, kind in _questions().items()),
        ("begin_repeat", "anggota", "Anggota", ""),
        ("text", "nama", "Nama", ""),
        ("integer", "umur", "Umur", ""),
        ("select_one ya", "sekolah", "Sekolah", ""),
        ("end_repeat", "", "", ""),
        ("geopoint", "titik", "Titik rumah", "house_point"),
        ("image", PHOTOS[0], "Foto rumah", "house_photo"),
        ("image", PHOTOS[1], "Foto dapur", ""),
    ]
    return "\n".join(
        [
            _sheet("survey", ("type", "name", "label", "bind::sisir:role"), _grouped(survey)),
            _sheet("choices", ("list_name", "name", "label"), [("ya", "1", "Ya"), ("ya", "2", "Tidak")]),
            _sheet(
                "settings",
                ("form_title", "form_id", "version", "namespaces"),
                [("Ukur", FORM_ID, "1", 'sisir="https://sisir.id/xforms"')],
            ),
            _sheet("rules", ("name", "kind", "severity", "label", "level", "expression", "source"), _rules()),
        ]
    ).encode()


def fill(number: int, household: str, point: str, instance_id: str, *, photos: bool) -> bytes:
    """A filled form; about four of its rules fire. point: as phones write it."""
    answer = random.Random(number)
    groups = []
    for group in range(GROUPS):
        names = [name for name in _questions() if name.startswith(f"q{group}")]
        inner = "".join(f"<{name}>{_answer(name, answer)}</{name}>" for name in names)
        groups.append(f"<g{group}>{inner}</g{group}>")
    rows = "".join(
        f"<anggota><nama>Nama {answer.randrange(9999)}</nama><umur>{answer.randrange(80)}</umur>"
        f"<sekolah>{answer.randrange(1, 3)}</sekolah></anggota>"
        for _ in range(ROWS)
    )
    names = photo_names(number) if photos else {}
    pictures = "".join(f"<{field}>{name}</{field}>" for field, name in names.items())
    minute = f"{number % 60:02d}"
    return (
        f'<data id="{FORM_ID}" version="1"><start>2026-03-02T08:{minute}:00.000+07:00</start>'
        f"<end>2026-03-02T09:{minute}:00.000+07:00</end><today>2026-03-02</today><keluarga>{household}</keluarga>"
        f"{''.join(groups)}{rows}<titik>{point}</titik>{pictures}"
        f"<meta><instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def photo_names(number: int) -> Mapping[str, str]:
    """Field -> name of its file."""
    return {field: f"{field}-{number}.jpg" for field in PHOTOS}


def _questions() -> dict[str, str]:
    kinds = (
        "integer",
        "text",
        "select_one ya",
        "integer",
        "date",
        "select_one ya",
        "integer",
        "text",
        "decimal",
    )
    return {
        f"q{group}_{place}": kinds[place % len(kinds)]
        for group in range(GROUPS)
        for place in range(IN_GROUP + group % 2)
    }


def _answer(name: str, answer: random.Random) -> str:
    kind = _questions()[name]
    return {
        "integer": f"{answer.randrange(100)}",
        "text": f"Jawaban yang agak panjang {answer.randrange(10**6)}",
        "date": f"20{answer.randrange(10, 26)}-0{answer.randrange(1, 10)}-15",
        "decimal": f"{answer.randrange(10000) / 100:.2f}",
    }.get(kind, f"{answer.randrange(1, 3)}")


def _grouped(survey: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    rows, inside = [], ""
    for row in survey:
        group = row[1][:2] if row[1].startswith("q") else ""
        if group != inside:
            rows += [("end_group", "", "", "")] if inside else []
            rows += [("begin_group", f"g{group[1]}", "Bagian", "")] if group else []
            inside = group
        rows.append(row)
    return rows


def _rules() -> list[tuple[str, ...]]:
    numbers = [name for name, kind in _questions().items() if kind == "integer"]
    selects = [name for name, kind in _questions().items() if kind == "select_one ya"]
    rules = []
    for number in range(RULES):
        first, second = numbers[number % len(numbers)], numbers[(number * 7 + 3) % len(numbers)]
        chosen = selects[number % len(selects)]
        forms = (
            f"${{{first}}} > 93 and ${{{second}}} > 20",
            f"selected(${{{chosen}}}, '1') and ${{{first}}} < 15",
            "rows(${umur} > 70) >= 2",
            f"(${{{first}}} + ${{{second}}}) div 2 > 92 or ${{{first}}} = 7",
        )
        severity, kind = ("tinggi", "sedang", "rendah", "info")[number % 4], ("data", "protect")[number % 2]
        rules.append((f"U{number:02d}", kind, severity, f"Aturan {number}", "", forms[number % 4], "rekaan"))
    rules.append(("U38", "location", "sedang", "Titik jauh", "", "$outside_m > 100", "rekaan"))
    rules.append(("U39", "protect", "info", "Bersama", "household", "$fires_U00 and $fires_U01", "rekaan"))
    return rules


def _sheet(name: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {name} |", *(f"| | {' | '.join(row)} |" for row in [columns, *rows])]
    return "\n".join(lines)
