"""CSV and XLSX, gzipped or not, as rows of text."""

import gzip
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from server.errors import ImportRefusedError
from server.services.table_files import TableRow, cell_text, open_table


def read(path: Path, sheet: str | None = None) -> tuple[list[str], list[TableRow]]:
    with open_table(path, sheet=sheet) as table:
        return table.header, list(table.rows)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.txt"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter(tmp_path: Path, name: str, delimiter: str) -> None:
    data = (
        delimiter.join(["a", "b"])
        + "\r\n"
        + delimiter.join(["1", '"x, y;z"'])
        + "\r\n\r\n"
        + delimiter.join(["2", ""])
    )
    header, rows = read(write(tmp_path / name, data.encode()))
    assert header == ["a", "b"]
    assert [(row.line, row.cells) for row in rows] == [(2, ["1", "x, y;z"]), (4, ["2", ""])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    header, rows = read(write(tmp_path / "a.csv", "nama,kode\nRené Müller,1\nSiti,2\n".encode(encoding)))
    assert header == ["nama", "kode"]
    assert [row.cells[0] for row in rows] == ["René Müller", "Siti"]


def test_a_cell_over_several_lines_counts_them(tmp_path: Path) -> None:
    _, rows = read(write(tmp_path / "a.csv", b'a,b\n1,"x\ny"\n2,z\n'))
    assert [(row.line, row.cells[1]) for row in rows] == [(3, "x\ny"), (4, "z")]


def test_an_open_quotation_mark_is_one_problem_and_not_a_crash(tmp_path: Path) -> None:
    _, rows = read(write(tmp_path / "a.csv", b'a,b\n1,"open\n' + b"2,x\n" * 50_000))
    assert any(row.problem and "quotation" in row.problem for row in rows)


def make_book(path: Path, rows: list[list[object]], title: str = "Data") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.create_sheet("Lain").append(["x"])
    book.save(path)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsx.gz", "wrong_name.csv"])
def test_workbooks(tmp_path: Path, name: str) -> None:
    path = make_book(
        tmp_path / "a.xlsx",
        [["id", "nik", None], ["H1", "3517012309509171", None], [None, None, None], [7, None, None]],
    )
    data = path.read_bytes()
    target = write(tmp_path / name, data)
    header, rows = read(target)
    assert header == ["id", "nik"]
    assert [(row.line, row.cells) for row in rows] == [(2, ["H1", "3517012309509171"]), (4, ["7", ""])]


def test_a_named_sheet(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.xlsx", [["a"], ["1"]])
    assert read(path, "Lain") == (["x"], [])
    with pytest.raises(ImportRefusedError, match="Data, Lain"):
        read(path, "Tiada")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("x", "x"), (True, "1"), (False, "0"), (3, "3"), (3.0, "3"), (3.5, "3.5"), (3517012309509171, "3517012309509171"),
     (3.517012309509171e15, "3.51701230950917E+15"), (datetime(2026, 3, 1), "2026-03-01"), (date(2026, 3, 1), "2026-03-01")],
)  # fmt: skip
def test_cells_are_text_and_lost_digits_stay_visible(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    for name, data, message in [
        ("empty.csv", b"", "empty"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "xlsx"),
        ("broken.xlsx", b"PK\x03\x04 no zip", "damaged"),
        ("cut.csv.gz", gzip.compress(b"a,b\n" + bytes(range(256)) * 99)[:20], "cut short"),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImportRefusedError, match=message):
            read(tmp_path / name)


def test_the_position_runs_to_the_total(tmp_path: Path) -> None:
    for path in (
        write(tmp_path / "a.csv.gz", b"a\n" + b"1\n" * 1000),
        make_book(tmp_path / "a.xlsx", [["a"], *[[1]] * 100]),
    ):
        with open_table(path) as table:
            assert len(list(table.rows)) >= 100
            assert table.position() == table.total
