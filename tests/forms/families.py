"""Ordinary families as phones send them: answers as nested dicts, and the instance XML they become.

A dict is a group, a list of dicts a repeat, None a question that was not asked (the node is left out), '' one
that was asked and left empty.
"""

from typing import TypeAlias

from lxml import etree

from forms.submission import parse_submission
from forms.values import Answers
from tests.forms.bundled import compiled

Node: TypeAlias = "str | int | dict[str, Node] | list[dict[str, Node]] | None"
Group: TypeAlias = "dict[str, Node]"


def answers_of(form: str, answers: Group) -> Answers:
    """The typed answers of a submission with these nodes."""
    return parse_submission(render_instance(form, answers), compiled(form).definition)


def render_instance(form: str, answers: Group) -> bytes:
    """The instance XML, as a phone would send it."""
    version = compiled(form).definition.version
    root = etree.Element("data", {"id": form, "version": version})
    _fill(root, {**answers, "meta": {"instanceID": "uuid:4c1b0a5c-6c0a-4c59-9d2f-0f7a3c2b9e11"}})
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _fill(parent: etree._Element, nodes: Group) -> None:
    for name, node in nodes.items():
        for item in node if isinstance(node, list) else [node]:
            if item is None:
                continue
            child = etree.SubElement(parent, name)
            if isinstance(item, dict):
                _fill(child, item)
            else:
                child.text = str(item)


def member(**answers: Node) -> Group:
    """A working man of 45, no component, no aid-relevant job."""
    ordinary: Group = {
        "nama_art": "Bayu",
        "shdk": "1",
        "pengurus": "tidak",
        "jk": "l",
        "umur": 45,
        "status_art": "1",
        "inti_meninggal": 0,
        "komponen": "tidak_ada",
        "disabilitas": "tidak",
        "sakit_kronis": "tidak",
        "kerja_status": "7",
        "kerja_khusus": "tidak_ada",
        "penghasilan": "lt1jt",
    }
    return {**ordinary, **answers}


def pupil(**answers: Node) -> Group:
    """A girl of 10 at primary school; the questions about work are not asked of her."""
    child: Group = {
        "nama_art": "Wati",
        "shdk": "3",
        "jk": "p",
        "umur": 10,
        "sekolah": "2",
        "komponen": "sd",
        "kerja_status": None,
        "kerja_khusus": None,
        "penghasilan": None,
    }
    return member(**{**child, **answers})


def dead(**answers: Node) -> Group:
    """A member who died: nothing but the status is asked."""
    gone: Group = dict.fromkeys(
        ("komponen", "disabilitas", "sakit_kronis", "kerja_status", "kerja_khusus", "penghasilan")
    )
    return member(**{"status_art": "2", **gone, **answers})


def interview(*members: Group, **answers: Node) -> Group:
    """The group of a complete interview with these members; without any, a working man and a pupil."""
    art = list(members) or [member(), pupil()]
    ordinary: Group = {"izin_foto": "ya", "jml_art": len(art), "art": art, "program_diterima": "pkh"}
    return {**ordinary, **answers}


def sweep(**answers: Node) -> Group:
    """Form penyisiran: the family lives there and was interviewed."""
    ordinary: Group = {
        "g_sasaran": {"jenis_sasaran": "terdaftar", "keluarga": "0c7e64d1-39b1-4f26-a2f3-5f6b0d7f7c21"},
        "status_keberadaan": "ada",
        "hasil_wawancara": "lengkap",
        "g_wawancara": interview(),
    }
    return {**ordinary, **answers}


def talk(*members: Group, **answers: Node) -> Group:
    """A sweep whose interview has these members and answers."""
    return sweep(g_wawancara=interview(*members, **answers))


# Nobody was at home, so there is no interview.
AWAY = sweep(hasil_wawancara="tidak_di_rumah", g_wawancara=None)


def sticker(**answers: Node) -> Group:
    """Form stiker: the family stays and has the sticker attached."""
    ordinary: Group = {
        "stiker_lama": "",
        "ada_responden": "ya",
        "pilihan_keluarga": "tetap_tempel",
        "hasil_stiker": "terpasang",
    }
    return {**ordinary, **answers}


def assets(**answers: Node) -> Group:
    """Form aset: a plain house with 900 VA, one motorcycle, no criterion of poverty, no asset that counts.

    Answers are given by name, wherever they stand; a group's name with None leaves the whole group out.
    """
    groups: Group = {}
    for group, ordinary in _ASSETS.items():
        if group not in answers:
            groups[group] = {name: answers.pop(name, value) for name, value in ordinary.items()}
    root: Group = {"punya_tempat": "ya", "skor_aset": 0, "beda_pengamatan": "tidak"}
    return {**root, **groups, **answers}


_ASSETS: dict[str, Group] = {
    "g_rumah": {
        "status_rumah": "1",
        "jml_lantai_bangunan": 1,
        "luas_lantai": 60,
        "luas_per_orang": "15",
        "lantai": "4",
        "dinding": "1",
        "plester": "ya",
        "kondisi_dinding": "baik",
        "atap": "2",
        "kondisi_atap": "baik",
        "air": "3",
        "penerangan": "1",
        "jml_meter": 1,
        "daya": "2",
        "bahan_bakar": "4",
        "bab": "1",
    },
    "g_aset": {
        "jml_mobil": 0,
        "mobil_milik": None,
        "jml_motor": 1,
        "motor_baru": "tidak",
        "emas_10g": "tidak",
        "jml_kulkas": 0,
        "jml_tv": 0,
        "jml_ac": 0,
        "jml_pemanas_air": 0,
        "jml_laptop": 0,
        "jml_kapal": 0,
        "rumah_lain": "tidak",
        "luas_lahan": "tidak_punya",
        "jml_sapi": 0,
        "jml_kerbau": 0,
    },
    "g_hidup": {
        "kk_bekerja": "ya",
        "pendidikan_kk": "4",
        "khawatir_makan": "tidak",
        "makan_separuh": "tidak",
        "beli_pakaian": 3,
        "makan_daging": 3,
        "frek_makan": 3,
        "bayar_berobat": "ya",
        "tabungan_500": "ya",
        "omzet_usaha": "0",
    },
}
