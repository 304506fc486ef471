"""What findings of checks say to people: sentences with the evidence in its places, in Indonesian and
English.

Belongs here: filling sentences, the words for reasons and for coded values. Does not: the sentences (each
check has its own), explaining rules (forms.rules_explain).
"""

import string
from collections.abc import Mapping

from workers.checking import Check
from workers.facts import Reason

REASONS: Mapping[Reason, Mapping[str, str]] = {
    Reason.NO_POINT: {"id": "Titik rumah tidak ada.", "en": "There is no house point."},
    Reason.NO_ACCURACY: {"id": "Ketelitian GPS tidak diketahui.", "en": "The GPS accuracy is not known."},
    Reason.NO_VILLAGE: {"id": "Desa yang diakui tidak diketahui.", "en": "The claimed village is not known."},
    Reason.NO_BOUNDARY: {"id": "Batas desa belum diimpor.", "en": "The village has no boundary yet."},
    Reason.NO_AREA: {
        "id": "Batas kecamatan atau kabupaten belum lengkap.",
        "en": "The boundaries of the sub-district or district are missing.",
    },
    Reason.NO_HOUSEHOLD: {"id": "Keluarga tidak diketahui.", "en": "The household is not known."},
    Reason.NO_REGISTER: {
        "id": "Keluarga belum ada di register.",
        "en": "The household is not in the register.",
    },
    Reason.NO_REGISTER_VALUE: {"id": "Data register kosong.", "en": "The register does not say."},
    Reason.NO_ANSWERS: {"id": "Jawaban tidak dapat dibaca.", "en": "The answers cannot be read."},
    Reason.NO_ANSWER: {"id": "Pertanyaan tidak dijawab.", "en": "The question was not answered."},
    Reason.NO_TIMES: {
        "id": "Waktu wawancara tidak diketahui.",
        "en": "The time of the interview is not known.",
    },
    Reason.PHOTO_PENDING: {"id": "Foto belum diterima.", "en": "A photo has not arrived yet."},
    Reason.NO_PICTURE: {
        "id": "Berkas foto tidak dapat dibaca.",
        "en": "A photo cannot be read as a picture.",
    },
    Reason.NO_EXIF: {
        "id": "Foto tidak menyimpan letak maupun waktu.",
        "en": "No photo says where or when it was taken.",
    },
    Reason.NO_OFFICER: {"id": "Petugas tidak diketahui.", "en": "The officer is not known."},
    Reason.NOT_LOOKED: {"id": "Belum diperiksa.", "en": "Nobody has looked yet."},
    Reason.DOUBTFUL_TIMES: {
        "id": "Jam mulai dan selesai meragukan.",
        "en": "The times of start and end are doubtful.",
    },
    Reason.NO_PEERS: {
        "id": "Belum cukup kunjungan petugas lain di kecamatan yang sama.",
        "en": "Other officers have too few visits in the same sub-district.",
    },
    Reason.ERROR: {
        "id": "Pemeriksaan gagal; admin perlu melihat log.",
        "en": "The check failed; see the log.",
    },
}

_REASON_WORDS = {reason.value: words for reason, words in REASONS.items()}

TERMS: Mapping[str, Mapping[str, str]] = {
    "empty": {"id": "kosong", "en": "empty"},
    "implausible": {"id": "koordinat tidak masuk akal", "en": "impossible coordinates"},
    "register": {"id": "register", "en": "the register"},
    "register_manager": {"id": "register, pengurus", "en": "the register, card manager"},
    "last_visit": {"id": "kunjungan sebelumnya", "en": "the last visit"},
    "typed": {"id": "diketik petugas", "en": "typed by the officer"},
    "list": {"id": "daftar BLT-DD", "en": "the BLT-DD list"},
    "answer": {"id": "jawaban keluarga", "en": "the family's answer"},
    "not_16_digits": {"id": "bukan 16 angka", "en": "not 16 digits"},
    "no_date": {"id": "tanggal lahirnya tidak ada", "en": "it holds no date of birth"},
    "serial_0000": {"id": "nomor urut 0000", "en": "serial 0000"},
    "equals_nik": {"id": "sama dengan NIK", "en": "the same as the NIK"},
    "born_on": {"id": "tanggal lahir", "en": "birth date"},
    "sex": {"id": "jenis kelamin", "en": "sex"},
    "l": {"id": "laki-laki", "en": "male"},
    "p": {"id": "perempuan", "en": "female"},
    "not_taken": {"id": "tidak difoto", "en": "not taken"},
    "not_arrived": {"id": "berkasnya belum diterima", "en": "its file has not arrived"},
    "exponent": {"id": "tertulis sebagai pangkat (E+)", "en": "written with an exponent (E+)"},
    "decimal": {"id": "tertulis sebagai pecahan", "en": "written with decimals"},
    "apostrophe": {"id": "diawali tanda petik", "en": "with an apostrophe"},
    "ends_in_zero": {"id": "angka ke-16 menjadi 0", "en": "the 16th digit turned to 0"},
    "nik": {"id": "NIK kepala keluarga", "en": "the head's NIK"},
    "nik_pengurus": {"id": "NIK pengurus", "en": "the card manager's NIK"},
    "no_kk": {"id": "No. KK", "en": "the KK number"},
    "small": {"id": "terlalu kecil (piksel)", "en": "is too small (pixels)"},
    "dark": {"id": "terlalu gelap (terang 0–255)", "en": "is too dark (brightness 0–255)"},
    "blurred": {"id": "kabur (tajam tepi)", "en": "is blurred (sharpness of edges)"},
    "screen": {"id": "tampak difoto dari layar (pola)", "en": "looks taken from a screen (pattern)"},
    "end": {"id": "selesai", "en": "end"},
    "start": {"id": "mulai", "en": "start"},
    "day": {"id": "tanggal", "en": "day"},
    "all_forms": {"id": "formulir semuanya", "en": "forms of all kinds"},
    "hard_limit": {"id": "batas tetap", "en": "fixed limit"},
    "spread": {"id": "rata-rata ditambah simpangan", "en": "mean plus deviations"},
    "waits_review": {"id": "Temuan tinggi belum diputuskan", "en": "A high finding has not been decided"},
    "waits_confirmation": {"id": "Usul menunggu Dinsos", "en": "A proposal waits for Dinsos"},
    "proposed": {"id": "diusulkan", "en": "proposed"},
    "decided": {"id": "diputuskan", "en": "decided"},
    "removal": {"id": "nonaktif", "en": "removal"},
    "graduation": {"id": "graduasi", "en": "graduation"},
    "keep": {"id": "tetap", "en": "keep"},
    "terpasang": {"id": "terpasang", "en": "attached"},
    "diganti": {"id": "diganti baru", "en": "replaced"},
}


def explain_check(check: Check, evidence: Mapping[str, object], language: str = "id") -> str:
    """The check's sentence with the evidence in its places; of an unknown, why it could not look.

    Args: language: 'id' or 'en'; any other gives English. A place without evidence shows a dash.
    """
    language = "id" if language.lower().startswith("id") else "en"
    reason = _REASON_WORDS.get(str(evidence.get("reason")))
    if reason is not None:
        return reason[language]
    shown = _Shown({name: _say(value, language) for name, value in evidence.items()})
    return string.Formatter().vformat(check.explain[language], (), shown)


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def _say(value: object, language: str) -> str:
    if value is None or value in ([], ()):
        return "–"
    if isinstance(value, float):
        text = f"{value:,.1f}".removesuffix(".0")
        return text.translate(str.maketrans(",.", ".,")) if language == "id" else text
    if isinstance(value, list | tuple):
        return ", ".join(_say(item, language) for item in value)
    terms = TERMS.get(str(value))
    return str(value) if terms is None else terms[language]
