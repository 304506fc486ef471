"""Small forms for tests: XLSForm tables in Markdown, compiled by pyxform without ODK Validate."""

import csv
from collections.abc import Sequence
from pathlib import Path

from pyxform.xls2xform import convert


def compile_markdown(text: str) -> str:
    """The XForm of a Markdown workbook."""
    return str(convert(text, file_type=".md", validate=False).xform)


def compile_workbook(path: Path) -> str:
    """The XForm of an .xlsx workbook."""
    return str(convert(path, validate=False).xform)


def write_csv(path: Path, header: str, rows: Sequence[Sequence[str]]) -> Path:
    """The path, now a CSV with the space-separated column names and the rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)
    return path
