"""Which column of a register file means what: known names, mapping files, and the columns nobody mapped.

Belongs here: names. Does not: values (register_values.py), rows (register_rows.py).
Source of the canonical names and of those seen in extracts: the domain guide, 5.1. Import templates of the ministry
change, so a mapping file always wins over the known names:

    id_sumber = "IDSEMESTA"         # canonical name = column of the file
    kode_desa = "KODE_WILAYAH"
    nama_kepala = "NAMA"

    [program]                       # instead of program = "column": a column of yes/no for each programme
    PKH = "pkh"
    BPNT = "bpnt"
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.errors import ImportRefusedError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id_sumber": (
        "id_keluarga",
        "household_id",
        "idsemesta",
        "id_keluarga_p3ke",
        "id_keluarga_dtsen",
        "verifyid",
    ),
    "no_kk": ("nokk", "nomor_kk", "no_kartu_keluarga", "kk"),
    "nik": ("nik_head", "nik_kepala", "nik_kepala_keluarga", "nik_kk"),
    "nik_pengurus": ("nik_manager",),
    "nama_kepala": ("head_name", "nama_kepala_keluarga", "nama_kk", "kepala_keluarga", "nama"),
    "nama_pengurus": ("manager_name",),
    "jk_kepala": ("sex_head", "jk", "jenis_kelamin", "jenis_kelamin_kepala_keluarga"),
    "tgl_lahir_kepala": ("dob_head", "tgl_lahir", "tanggal_lahir", "tanggal_lahir_kepala_keluarga"),
    "kode_desa": (
        "village_code",
        "kode_wilayah",
        "kode_kemdagri",
        "kode_kemendagri",
        "kdepum",
        "kode_kelurahan",
    ),
    "kode_desa_bps": ("kode_bps", "kdebps"),
    "alamat": ("address",),
    "rt": ("no_rt",),
    "rw": ("no_rw",),
    "jml_art": (
        "n_members",
        "jumlah_anggota",
        "jumlah_anggota_keluarga",
        "jml_anggota_keluarga",
        "jml_anggota",
    ),
    "desil": ("desil_kesejahteraan", "desil_nasional"),
    "program": ("programmes", "programs", "programme", "program_bansos", "bansos"),
    "temuan": ("keterangan",),
    "nonaktif": ("is_nonaktif",),
    "lat": ("registered_lat", "latitude", "lintang"),
    "lon": ("registered_lon", "longitude", "lng", "bujur"),
    "sumber_titik": ("registered_source",),
    "no_hp": ("nomor_hp", "no_telepon", "hp"),
    "tahun_masuk": ("first_sk",),
    "padan_dukcapil": ("padankan_at",),
    "pkh_anak_usia_dini": ("jml_anak_usia_dini", "anak_usia_dini"),
    "lahir_anak_usia_dini": ("tgl_lahir_anak_usia_dini", "dob_early_children"),
}
"""Canonical name -> names seen elsewhere, best first. Case, spaces, dots and underscores do not count."""

PROGRAMME_FLAGS = ("pkh", "bpnt", "sembako", "pbi", "blt", "bst", "bpum", "pena", "yapi", "permakanan", "rutilahu",
                   "atensi", "sembako_adaptif")  # fmt: skip
"""Columns of yes/no that say which programme a family gets; recognised when there is no column of programmes."""

IGNORED = frozenset(
    [
        "villagename",
        "districtname",
        "regencyname",
        "provincename",
        "prov",
        "provinsi",
        "kab",
        "kabupaten",
        "kabkota",
        "kec",
        "kecamatan",
        "desa",
        "kel",
        "kelurahan",
        "namadesa",
        "namakecamatan",
        "namakabupaten",
        "namaprovinsi",
        "kelurahandesa",
        "desakelurahan",
        "kabupatenkota",
    ]
)
"""Names of areas: the tree of areas knows them by the code."""

_SENSITIVE = re.compile(
    r"(^|[^a-z])(nik\w*|no_?kk|kk|no_?rek\w*|rekening|npwp|(no_?)?kks|ibu_?kandung|paspor|bpjs)([^a-z]|$)"
)


@dataclass(frozen=True)
class RegisterMapping:
    """Canonical name -> column, programme -> yes/no column. Whether the columns exist is asked by `bind`."""

    columns: Mapping[str, str]
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BoundMapping:
    """A mapping over one file: positions of cells, from 0.

    extra: further columns worth keeping, without identity numbers and names of areas. seals_source_id: the office uses an
    identity number as the family's id, so a keyed hash takes its place.
    """

    width: int
    positions: Mapping[str, int]
    flags: Mapping[str, int]
    extra: Mapping[str, int]
    seals_source_id: bool

    def signature(self) -> str:
        """Equal for mappings that make the same household of the same cells."""
        return repr(
            (self.width, sorted(self.positions.items()), list(self.flags.items()), list(self.extra.items()))
        )


def load_mapping(path: Path) -> RegisterMapping:
    """The mapping that a TOML file describes. Raises: ImportRefusedError naming the line or key that is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"{path.name} is no mapping file: {error}") from error
    return parse_mapping(data)


def parse_mapping(data: Mapping[str, Any]) -> RegisterMapping:
    """The mapping in parsed TOML. Raises: ImportRefusedError for an unknown canonical name, with the nearest known one."""
    columns: dict[str, str] = {}
    flags: dict[str, str] = {}
    for name, value in data.items():
        if name == "program" and isinstance(value, Mapping):
            flags = {
                str(programme): _column(f"program.{programme}", column) for programme, column in value.items()
            }
            continue
        if name not in COLUMNS:
            raise ImportRefusedError(
                f"the mapping has {name!r}, which means nothing here{_nearest(name, COLUMNS)}"
            )
        columns[name] = _column(name, value)
    return RegisterMapping(columns, flags)


def recognise(header: Sequence[str]) -> RegisterMapping:
    """The mapping of a file whose columns have known names. Raises: ImportRefusedError when too few are known."""
    known = {_plain(name): name for name in reversed(header)}
    columns: dict[str, str] = {}
    for canonical, aliases in COLUMNS.items():
        found = next(
            (known[_plain(alias)] for alias in (canonical, *aliases) if _plain(alias) in known), None
        )
        if found is not None and found not in columns.values():
            columns[canonical] = found
    flags = (
        {}
        if "program" in columns
        else {flag.upper(): known[_plain(flag)] for flag in PROGRAMME_FLAGS if _plain(flag) in known}
    )
    mapping = RegisterMapping(columns, flags)
    missing = _missing(mapping)
    if missing:
        raise ImportRefusedError(
            f'no column is known as {missing}; write a mapping file with lines like {missing.split(" ")[0]} = "COLUMN". '
            f"The columns are: {', '.join(header)}"
        )
    return mapping


def bind(mapping: RegisterMapping, header: Sequence[str]) -> BoundMapping:
    """Where the mapped columns stand in this header.

    Raises: ImportRefusedError when a column is not there (with the nearest one that is), stands twice, or when id and
    village are not mapped.
    """
    missing = _missing(mapping)
    if missing:
        raise ImportRefusedError(f"the mapping does not say which column is {missing}")
    positions = {name: _position(column, header) for name, column in mapping.columns.items()}
    flags = {name: _position(column, header) for name, column in mapping.flags.items()}
    used = {*positions.values(), *flags.values()}
    extra = {
        name: index for index, name in enumerate(header) if index not in used and _is_worth_keeping(name)
    }
    numbers = {positions.get(name) for name in ("nik", "nik_pengurus", "no_kk")}
    seals = positions["id_sumber"] in numbers or bool(
        _SENSITIVE.search(_words(header[positions["id_sumber"]]))
    )
    return BoundMapping(len(header), positions, flags, extra, seals)


def describe(mapping: RegisterMapping) -> list[str]:
    """Lines 'canonical = column' for the operator."""
    return [f"{name} = {column}" for name, column in (*mapping.columns.items(), *mapping.flags.items())]


def _missing(mapping: RegisterMapping) -> str:
    if "id_sumber" not in mapping.columns:
        return "id_sumber (the register's own id of a family)"
    if not {"kode_desa", "kode_desa_bps"} & set(mapping.columns):
        return "kode_desa (the Kemendagri code of the village)"
    return ""


def _column(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ImportRefusedError(f"the mapping of {name!r} must be the name of a column in quotation marks")
    return value.strip()


def _position(column: str, header: Sequence[str]) -> int:
    exact = [index for index, name in enumerate(header) if name == column]
    found = exact or [index for index, name in enumerate(header) if _plain(name) == _plain(column)]
    if not found:
        raise ImportRefusedError(f"the file has no column {column!r}{_nearest(column, header)}")
    if len(found) > 1:
        raise ImportRefusedError(f"the file has the column {column!r} {len(found)} times; rename all but one")
    return found[0]


def _nearest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(known)}"


def _is_worth_keeping(name: str) -> bool:
    return bool(name) and _plain(name) not in IGNORED and not _SENSITIVE.search(_words(name))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _words(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())
