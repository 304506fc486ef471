"""What an honest officer types at a house, in the three bundled forms.

Belongs here: from what there is to see (Scene) to answers by question name. Does not: XML (forms.instance), sending.
"""

import random  # furniture, not secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

WALK = timedelta(seconds=60)
STICKER_TIME = timedelta(seconds=420)
ASSET_TIME = timedelta(seconds=720)
COMPONENT_AGES = {
    "ibu_hamil": (range(22, 35), "p"),
    "anak_usia_dini": (range(1, 6), "lp"),
    "sd": (range(7, 12), "lp"),
    "smp": (range(13, 16), "lp"),
    "sma": (range(16, 19), "lp"),
    "lansia": (range(70, 80), "lp"),
    "disabilitas_berat": (range(20, 45), "lp"),
}
"""Ages and sexes that a member with the component may have."""


@dataclass(frozen=True)
class Scene:
    """What there is to see at one house. sex: 'l' or 'p'. point: 'lat lon altitude accuracy'. presence: a code of the
    form's list `keberadaan`. programmes: codes of the list `program`. typed_nik: what the officer reads off the card.
    """

    name: str
    nik: str
    no_kk: str
    sex: str
    born_on: date
    rt: str
    rw: str
    address: str
    village_code: str
    members: int
    components: tuple[str, ...]
    programmes: tuple[str, ...]
    point: str
    started_at: datetime
    seconds: int
    presence: str = "ada"
    typed_nik: str | None = None
    head_is_dead: bool = False
    has_civil_servant: bool = False
    refuses_sticker: bool = False
    withdraws: bool = False
    cars: int = 0
    motorcycles: int = 0
    ac: int = 0
    power: str = "2"
    land: str = "lt_1000"
    is_poor: bool = False
    photo: bytes | None = None
    sticker_photo: bytes | None = None
    """Another shot of the house; None = `photo` again."""
    no_gps: bool = False
    pace: float = 1.0
    """How long sticker and assets take against STICKER_TIME and ASSET_TIME."""
    visit_number: int = 1
    letter: bytes | None = None
    """Photo of the letter of a family that withdraws."""
    sticker_photo_lost: bool = False
    """The sticker's photo is named, and never arrives."""


@dataclass(frozen=True)
class FilledForm:
    """A filled form: answers by question name (a repeat is a list of such), when, files by name."""

    form_id: str
    answers: dict[str, Any]
    started_at: datetime
    ended_at: datetime
    files: Mapping[str, bytes] = field(default_factory=dict)


def fill_forms(scene: Scene, entity: Mapping[str, str], village_uuid: str) -> list[FilledForm]:
    """The forms of one visit in the order they are filled in: the sweep, then sticker and assets when somebody was met.

    Args: entity = the household's row of keluarga.csv; village_uuid = the village's name in desa.csv.
    """
    target = {
        "desa": village_uuid,
        "keluarga": entity["name"],
        "kode_desa": scene.village_code,
        "label_keluarga": entity["label"],
    }
    forms = [_sweep(scene, target)]
    if scene.presence == "ada":
        forms.append(_sticker(scene, target, forms[-1].ended_at + WALK))
        forms.append(_assets(scene, target, forms[-1].ended_at + WALK))
    return forms


def _sweep(scene: Scene, target: Mapping[str, str]) -> FilledForm:
    met = scene.presence == "ada"
    answers: dict[str, Any] = {
        **target,
        "jenis_sasaran": "terdaftar",
        "pernyataan_kerabat": "tidak",
        "nama_reg": scene.name,
        "kunjungan_ke": str(scene.visit_number),
        "kode_desa_simpan": scene.village_code,
        "tgl_simpan": scene.started_at.date().isoformat(),
        "status_keberadaan": scene.presence,
        "gps_bisa": "tidak" if scene.no_gps else "ya",
        "saran": "tetap" if met else "perbaikan",
        **(_interview(scene) if met else _gone(scene)),
    }
    answers |= {"alasan_tanpa_gps": "GPS mati"} if scene.no_gps else {"titik_rumah": scene.point}
    files = {}
    if scene.photo is not None and met:
        answers |= {"foto_depan_boleh": "ya", "foto_depan": "depan.jpg"}
        files["depan.jpg"] = scene.photo
    ended = scene.started_at + timedelta(seconds=scene.seconds)
    return FilledForm("penyisiran", answers, scene.started_at, ended, files)


def _gone(scene: Scene) -> dict[str, Any]:
    gone: dict[str, Any] = {
        "sumber_info": "rt_rw tetangga",
        "rumah_masih_ada": "tidak",
        "alasan_saran": "keluarga sudah tidak di sini",
    }
    return gone | ({"tujuan_pindah": "kabupaten lain"} if scene.presence.startswith("pindah") else {})


def _interview(scene: Scene) -> dict[str, Any]:
    members = _members(scene)
    answers: dict[str, Any] = {
        "rt": scene.rt,
        "rw": scene.rw,
        "alamat": scene.address,
        "hasil_wawancara": "lengkap",
        "paham_data": "ya",
        "izin_foto": "ya",
        "responden": "kepala",
        "nama_responden": scene.name,
        "dokumen": "ktp kk",
        "nik": scene.typed_nik or scene.nik,
        "no_kk": scene.no_kk,
        "jml_art": str(len(members)),
        "art": members,
        "program_diterima": _programmes(scene),
        "kesan": "sangat_miskin" if scene.is_poor else "miskin",
    }
    return answers | ({"pengurus_diganti": "tidak"} if scene.head_is_dead else {})


def _programmes(scene: Scene) -> str:
    return " ".join(scene.programmes) or "tidak_ada"


def _members(scene: Scene) -> list[dict[str, str]]:
    """The head, one member for each component, and children up to the number on the family card."""
    age = scene.started_at.year - scene.born_on.year
    head = _member(scene.name, "1", scene.sex, age, "tidak_ada", scene)
    head |= {"tgl_lahir": scene.born_on.isoformat(), "pengurus": "ya"}
    rows = [head]
    dice = random.Random(f"anggota {scene.nik}")  # noqa: S311
    for component in scene.components[: scene.members - 1]:
        years, sexes = COMPONENT_AGES[component]
        sex = dice.choice(sexes)
        rows.append(_member(f"Anggota {component}", "3", sex, dice.choice(years), component, scene))
    while len(rows) < scene.members:
        rows.append(
            _member("Anak Keluarga", "3", dice.choice("lp"), dice.randrange(7, 15), "tidak_ada", scene)
        )
    for row in rows:
        if "kerja_status" in row:
            row["kerja_status"] = dice.choice("1467")
    if scene.has_civil_servant:
        worker = next((row for row in rows[1:] if int(row["umur"]) >= 18), rows[0])
        worker |= {"kerja_khusus": "asn", "kerja_status": "5"}
    if scene.head_is_dead:
        rows[0] = {
            name: rows[0][name] for name in ("nama_art", "shdk", "pengurus", "jk", "umur", "tgl_lahir")
        }
        rows[0]["status_art"] = "2"
    return rows


def _member(name: str, relation: str, sex: str, age: int, component: str, scene: Scene) -> dict[str, str]:
    row = {
        "nama_art": name,
        "shdk": relation,
        "pengurus": "tidak",
        "jk": sex,
        "umur": str(age),
        "status_art": "1",
        "komponen": component,
        "disabilitas": "berat" if component == "disabilitas_berat" else "tidak",
        "sakit_kronis": "tidak",
    }
    if 5 <= age <= 25:
        row["sekolah"] = "2"
    if age >= 15:
        income = "lt1jt" if scene.is_poor else "sd_umk"
        row |= {"kerja_status": "6", "kerja_khusus": "tidak_ada", "penghasilan": income}
    return row


def _sticker(scene: Scene, target: Mapping[str, str], at: datetime) -> FilledForm:
    choice, result = "tetap_tempel", "terpasang"
    if scene.refuses_sticker:
        choice, result = "tetap_tolak", "ditolak"
    if scene.withdraws:
        choice, result = "mundur", "ditolak"
    answers: dict[str, Any] = {
        **target,
        "titik_stiker": scene.point,
        "ada_responden": "ya",
        "nama_responden": scene.name,
        "pilihan_keluarga": choice,
        "hasil_stiker": result,
        "status_stiker_baru": result,
    }
    files = {}
    if result == "ditolak":
        answers["alasan_tolak"] = "malu"
    else:
        number = f"ST-{target['keluarga'][:6].upper()}"
        answers |= {"no_stiker_ketik": number, "no_stiker_simpan": number, "posisi": "pintu"}
        answers |= {"program_dicentang": _programmes(scene), "foto_stiker": "stiker.jpg"}
        shot = scene.sticker_photo or scene.photo
        if shot is not None and not scene.sticker_photo_lost:
            files["stiker.jpg"] = shot
    if scene.withdraws:
        answers |= {"hak_dijelaskan": "ya", "alasan_mundur": "malu_stiker", "foto_surat": "surat.jpg"}
        answers |= {"saksi": "Ketua RT 001", "tanpa_paksaan": "OK"}
        if scene.letter is not None:
            files["surat.jpg"] = scene.letter
    return FilledForm("stiker", answers, at, at + STICKER_TIME * scene.pace, files)


_MODEST = {
    "status_rumah": "1", "bukti_lahan": "5", "jml_lantai_bangunan": "1", "luas_lantai": "48", "lantai": "6",
    "dinding": "1", "plester": "ya", "kondisi_dinding": "baik", "atap": "2", "kondisi_atap": "baik", "air": "5",
    "jarak_air": "2", "penerangan": "1", "jml_meter": "1", "bahan_bakar": "4", "bab": "1", "kloset": "1", "tinja": "1",
    "emas_10g": "tidak", "jml_kulkas": "0", "jml_tv": "0", "jml_pemanas_air": "0", "jml_laptop": "0", "jml_hp": "1",
    "jml_kapal": "0", "rumah_lain": "tidak", "jml_sapi": "0", "jml_kerbau": "0", "jml_kambing": "0",
    "kk_bekerja": "ya", "pendidikan_kk": "3", "khawatir_makan": "tidak", "makan_separuh": "tidak", "beli_pakaian": "2",
    "makan_daging": "2", "frek_makan": "3", "bayar_berobat": "ya", "tabungan_500": "ya", "omzet_usaha": "0",
    "beda_pengamatan": "tidak",
}  # fmt: skip
_POOR = {
    "luas_lantai": "20", "lantai": "8", "dinding": "4", "kondisi_dinding": "rusak_berat", "atap": "7",
    "kondisi_atap": "rusak_berat", "air": "6", "bahan_bakar": "10", "bab": "4", "pendidikan_kk": "1",
    "khawatir_makan": "ya", "makan_separuh": "ya", "beli_pakaian": "0", "makan_daging": "0", "frek_makan": "2",
    "bayar_berobat": "tidak", "tabungan_500": "tidak",
}  # fmt: skip

_EITHER: Mapping[str, tuple[str, ...]] = {
    "bukti_lahan": ("1", "2", "3", "4", "5", "6"), "kondisi_dinding": ("baik", "rusak_ringan"), "atap": ("2", "3", "4"),
    "kondisi_atap": ("baik", "rusak_ringan"), "air": ("4", "5", "7"), "jarak_air": ("1", "2", "3"),
    "kloset": ("1", "2", "3"), "tinja": ("1", "2", "3", "4"), "jml_sepeda": ("0", "1", "2", "3"), "jml_tv": ("0", "1"),
    "jml_hp": ("0", "1", "2", "3", "4"), "jml_kambing": ("0", "1", "2", "3", "4", "5"), "pendidikan_kk": ("3", "4"),
    "beli_pakaian": ("2", "3", "4", "5"), "makan_daging": ("2", "3", "4", "5"), "frek_makan": ("2", "3"),
}  # fmt: skip
"""Answers that no rule asks for: no two houses are furnished alike, and an officer who copies is told by that."""


def _furnish(scene: Scene) -> dict[str, str]:
    """What stands in this house, the same at each visit."""
    dice = random.Random(scene.nik)  # noqa: S311
    return {name: dice.choice(codes) for name, codes in _EITHER.items()}


def _assets(scene: Scene, target: Mapping[str, str], at: datetime) -> FilledForm:
    answers: dict[str, Any] = {
        **target,
        "jml_art_reg": str(scene.members),
        "izin_foto": "tidak",
        "titik_aset": scene.point,
        "punya_tempat": "ya",
        **_MODEST,
        **_furnish(scene),
        **(_POOR if scene.is_poor else {}),
        "luas_per_orang": str(int((20 if scene.is_poor else 48) * 10 / scene.members) / 10),
        "daya": scene.power,
        "jml_mobil": str(scene.cars),
        "jml_motor": str(scene.motorcycles),
        "jml_ac": str(scene.ac),
        "luas_lahan": scene.land,
    }
    if scene.is_poor:
        for name in ("plester", "kloset", "tinja"):
            answers.pop(name)
    if scene.cars:
        answers["mobil_milik"] = "sendiri"
    if scene.motorcycles:
        answers["motor_baru"] = "tidak"
    return FilledForm("aset", answers, at, at + ASSET_TIME * scene.pace)
