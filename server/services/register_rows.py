"""Rows of a register file made into values of a household, before anything is sealed.

Belongs here: one row at a time, in two steps: `identify` says which family it is, cheaply, so that unchanged rows cost no
more; `read` says what the row tells about it. And why a row is refused. Does not: the database, the office key.
"""

from collections.abc import Callable
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from server.services import register_values as values
from server.services.areas import area_path, normal_rt
from server.services.identity import digits_of
from server.services.register_mapping import BoundMapping
from server.services.table_files import TableRow

MAX_ID, MAX_NAME, MAX_ADDRESS, MAX_TEXT, MAX_EXTRA, MAX_SOURCE, MAX_NUMBER = 100, 200, 500, 500, 200, 32, 64
FORMAT = 1
"""Part of every row's hash: raised when the same cells would make another household."""


class FoundRow(NamedTuple):
    """A row whose family and village are known; its cells are clean, and one empty cell stands behind them.

    text stands for all of its cells and holds identity numbers: for a keyed hash only.
    """

    line: int
    source_id: str
    village_code: str
    cells: list[str]
    text: str


class HouseholdRow(NamedTuple):
    """What a row says about a family. Numbers are as spelled, in clear: this never leaves the import."""

    source_id: str
    area_path: str
    village_code: str
    rt: str
    rw: str
    address: str
    head_name: str
    manager_name: str
    head_sex: str | None
    members: int | None
    desil: int | None
    finding_text: str
    is_inactive: bool
    lat: float | None
    lon: float | None
    point_source: str | None
    head_born_on: date | None
    programmes: tuple[str, ...]
    extra: tuple[tuple[str, str], ...]
    nik: str
    manager_nik: str
    kk: str


class RefusedRowError(Exception):
    """The row cannot be imported; the text says why, without repeating any identity number."""


class RowReader:
    """Reads the rows of one file.

    Args: find_village gives the 10-digit code for a cell (and whether it is a BPS code), or None.
    """

    def __init__(self, bound: BoundMapping, find_village: Callable[[str, bool], str | None]) -> None:
        self._width = bound.width
        self._at = {**dict.fromkeys(_ALL, bound.width), **bound.positions}
        self._pick = itemgetter(*(self._at[name] for name in _PICKED))
        self._find_village = find_village
        self._flags = tuple(bound.flags.items())
        self._extra = tuple(bound.extra.items())
        self._further = tuple((name, bound.positions[name]) for name in _FURTHER if name in bound.positions)
        self._hides_id = bound.seals_source_id

    def identify(self, row: TableRow) -> FoundRow:
        """Which family and village a row is about.

        Raises: RefusedRowError when the row cannot be read, has no id, or its village is unknown.
        """
        if row.problem:
            raise RefusedRowError(row.problem)
        if len(row.cells) != self._width:
            found, expected = len(row.cells), self._width
            raise RefusedRowError(
                f"{found} kolom, seharusnya {expected} / {found} cells instead of {expected}"
            )
        cells, text = values.clean_cells(row.cells)
        cells.append("")
        source_id = cells[self._at["id_sumber"]]
        if not source_id:
            raise RefusedRowError("tanpa id keluarga / no id of the family")
        if len(source_id) > MAX_ID:
            raise RefusedRowError(f"id lebih dari {MAX_ID} huruf / id longer than {MAX_ID} characters")
        return FoundRow(row.line, source_id, self._village(cells), cells, text)

    def read(self, found: FoundRow) -> HouseholdRow:
        """The household that a row describes. A value that cannot be understood is left out, never a reason to refuse."""
        _, source_id, village, cells, _ = found
        (
            rt_text, rw_text, address, head, manager, sex, born_text, nik, manager_nik, kk, members, desil, programmes,
            finding, inactive, lat_text, lon_text, point_source,
        ) = self._pick(cells)  # fmt: skip
        rt, rw = normal_rt(rt_text), normal_rt(rw_text)
        lat, lon = values.parse_coordinates(lat_text, lon_text)
        born_on = values.parse_date(born_text)
        return HouseholdRow(
            source_id,
            area_path(village, rw, rt),
            village,
            rt,
            rw,
            address[:MAX_ADDRESS],
            head[:MAX_NAME],
            manager[:MAX_NAME],
            values.parse_sex(sex),
            values.parse_count(members),
            values.parse_desil(desil),
            values.without_long_numbers(finding)[:MAX_TEXT],
            values.parse_yes(inactive),
            lat,
            lon,
            (point_source[:MAX_SOURCE] or None) if lat is not None else None,
            born_on,
            self._flagged(cells) if self._flags else values.parse_programmes(programmes),
            self._kept(cells, "" if born_on else born_text),
            nik[:MAX_NUMBER],
            manager_nik[:MAX_NUMBER],
            kk[:MAX_NUMBER],
        )

    def count_ends(self, found: FoundRow, ends: dict[str, list[int]]) -> None:
        """Adds the row's identity numbers of 16 digits to name -> [how many, of these those that end in 0]: a spreadsheet
        keeps 15 digits and makes the last one 0."""
        for name in _NUMBERS:
            digits = digits_of(found.cells[self._at[name]])
            if digits is not None:
                count = ends.setdefault(name, [0, 0])
                count[0] += 1
                count[1] += digits[-1] == "0"

    def id_to_show(self, row: TableRow) -> str:
        """The id of a refused row as far as it can be told; '' where the office's id is an identity number."""
        position = self._at["id_sumber"]
        if self._hides_id or position >= len(row.cells):
            return ""
        return values.without_long_numbers(values.parse_text(row.cells[position], MAX_ID))

    def _village(self, cells: list[str]) -> str:
        text, bps = cells[self._at["kode_desa"]], cells[self._at["kode_desa_bps"]]
        code = self._find_village(text, False) if text else None
        if code is None and bps:
            code = self._find_village(bps, True)
        if code is None:
            shown = values.without_long_numbers((text or bps)[:20])
            raise RefusedRowError(f"desa tidak dikenal / unknown village: {shown!r}")
        return code

    def _flagged(self, cells: list[str]) -> tuple[str, ...]:
        return tuple(name for name, position in self._flags if values.parse_yes(cells[position]))

    def _kept(self, cells: list[str], odd_date: str) -> tuple[tuple[str, str], ...]:
        """Columns without a place of their own, as text, with long numbers hidden; empty ones are left out."""
        kept = [(name, cells[at]) for name, at in self._extra if cells[at]]
        if any(len(text) > values.SHORT for _, text in kept):
            kept = [(name, values.without_long_numbers(text)[:MAX_EXTRA]) for name, text in kept]
        for name, at in self._further:
            if cells[at]:
                kept.append(
                    (name, values.parse_phone(cells[at]) if name == _PHONE else cells[at][:MAX_EXTRA])
                )
        if odd_date:
            kept.append(("tgl_lahir_kepala", odd_date[:MAX_EXTRA]))
        return tuple(kept)


_PHONE = "no_hp"
_FURTHER = (_PHONE, "tahun_masuk", "padan_dukcapil", "pkh_anak_usia_dini", "lahir_anak_usia_dini")
_NUMBERS = ("nik", "nik_pengurus", "no_kk")
_PICKED = [
    "rt",
    "rw",
    "alamat",
    "nama_kepala",
    "nama_pengurus",
    "jk_kepala",
    "tgl_lahir_kepala",
    "nik",
    "nik_pengurus",
    "no_kk",
    "jml_art",
    "desil",
    "program",
    "temuan",
    "nonaktif",
    "lat",
    "lon",
    "sumber_titik",
]
_ALL = ("id_sumber", "kode_desa", "kode_desa_bps", *_PICKED)
