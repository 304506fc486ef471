"""Which column means what: known names, mapping files, columns nobody mapped."""

from pathlib import Path

import pytest

from server.errors import ImportRefusedError
from server.services.register_mapping import (
    RegisterMapping,
    bind,
    describe,
    load_mapping,
    parse_mapping,
    recognise,
)
from tests.server.factories import HEADER


def test_the_synthetic_register_needs_no_mapping() -> None:
    columns = recognise(HEADER).columns
    assert columns["id_sumber"] == "household_id"
    assert columns["nik"] == "nik_head"
    assert columns["kode_desa"] == "village_code"
    assert columns["jk_kepala"] == "sex_head"
    assert columns["sumber_titik"] == "registered_source"


def test_columns_of_siks_ng_are_known_with_their_flags() -> None:
    header = [
        "IDSEMESTA",
        "NOKK",
        "NIK",
        "NAMA",
        "KODE_WILAYAH",
        "ALAMAT",
        "RT",
        "RW",
        "pkh",
        "bpnt",
        "pbi",
        "periode_pkh",
    ]
    mapping = recognise(header)
    assert mapping.columns["id_sumber"] == "IDSEMESTA"
    assert mapping.columns["nama_kepala"] == "NAMA"
    assert mapping.flags == {"PKH": "pkh", "BPNT": "bpnt", "PBI": "pbi"}
    assert "periode_pkh" in bind(mapping, header).extra


def test_columns_of_p3ke_are_known() -> None:
    header = [
        "IDKeluargaP3KE",
        "NIK",
        "Nama",
        "Kode Kemdagri",
        "Desil Kesejahteraan",
        "Padan Dukcapil",
        "BPNT",
        "PKH",
    ]
    columns = recognise(header).columns
    assert columns["id_sumber"] == "IDKeluargaP3KE"
    assert columns["kode_desa"] == "Kode Kemdagri"
    assert columns["desil"] == "Desil Kesejahteraan"
    assert columns["padan_dukcapil"] == "Padan Dukcapil"


def test_a_file_of_unknown_names_asks_for_a_mapping_and_names_its_columns() -> None:
    with pytest.raises(ImportRefusedError, match=r"id_sumber.*kolom_a, kolom_b"):
        recognise(["kolom_a", "kolom_b"])
    with pytest.raises(ImportRefusedError, match="kode_desa"):
        recognise(["household_id", "nama"])


def test_a_mapping_file(tmp_path: Path) -> None:
    file = tmp_path / "peta.toml"
    file.write_text('id_sumber = "ID"\nkode_desa = "Kode"\n[program]\nPKH = "ada_pkh"\n', encoding="utf-8")
    mapping = load_mapping(file)
    assert mapping == RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode"}, {"PKH": "ada_pkh"})
    assert describe(mapping) == ["id_sumber = ID", "kode_desa = Kode", "PKH = ada_pkh"]


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "peta.toml"
    file.write_text('id_sumber = "ID"\nkode_desa = \n', encoding="utf-8")
    with pytest.raises(ImportRefusedError, match="line 2"):
        load_mapping(file)


def test_a_wrong_canonical_name_is_told_the_nearest() -> None:
    with pytest.raises(ImportRefusedError, match="did you mean 'kode_desa'"):
        parse_mapping({"kode_desaa": "x"})


@pytest.mark.parametrize("value", [3, "", [], {"a": "b"}])
def test_a_column_must_be_a_name(value: object) -> None:
    with pytest.raises(ImportRefusedError, match="quotation marks"):
        parse_mapping({"nik": value})


def test_a_missing_column_is_told_the_nearest() -> None:
    mapping = RegisterMapping({"id_sumber": "ID", "kode_desa": "kode_wilaya"})
    with pytest.raises(ImportRefusedError, match="did you mean 'kode_wilayah'"):
        bind(mapping, ["ID", "kode_wilayah"])


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match="2 times"):
        bind(RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode"}), ["ID", "Kode", "Kode"])


def test_a_mapping_must_say_where_the_id_and_the_village_are() -> None:
    with pytest.raises(ImportRefusedError, match="id_sumber"):
        bind(RegisterMapping({"kode_desa": "Kode"}), ["Kode"])
    with pytest.raises(ImportRefusedError, match="kode_desa"):
        bind(RegisterMapping({"id_sumber": "ID"}), ["ID"])


def test_other_columns_are_kept_except_numbers_and_names_of_areas() -> None:
    header = [
        "ID",
        "Kode",
        "pkh_lansia",
        "NIK Pasangan",
        "No_Rekening",
        "KKS",
        "ibu_kandung",
        "Kecamatan",
        "jenis_klinik",
        "",
    ]
    bound = bind(RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode"}), header)
    assert bound.extra == {"pkh_lansia": 2, "jenis_klinik": 8}


@pytest.mark.parametrize("column", ["NIK", "no_kk"])
def test_an_identity_number_as_id_is_noticed(column: str) -> None:
    assert bind(RegisterMapping({"id_sumber": column, "kode_desa": "Kode"}), [column, "Kode"]).seals_source_id
    assert not bind(RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode"}), ["ID", "Kode"]).seals_source_id


def test_the_signature_changes_with_the_mapping() -> None:
    header = ["ID", "Kode", "A", "B"]
    one = bind(RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode", "alamat": "A"}), header)
    two = bind(RegisterMapping({"id_sumber": "ID", "kode_desa": "Kode", "alamat": "B"}), header)
    assert one.signature() != two.signature()
