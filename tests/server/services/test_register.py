"""Importing the register: what is kept, what is refused, and what a repeat does."""

import csv
import hashlib
import logging
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select, text

from server.backends import Backends
from server.db import session_scope
from server.errors import ImportRefusedError
from server.models.audit import Audit
from server.models.blob import Blob
from server.models.household import Household, Snapshot
from server.services.blobs import open_blob
from server.services.facts_people import load_register
from server.services.identity import identity_numbers, number_hash
from server.services.register import SeenIds
from server.services.register_import import import_register
from server.services.register_mapping import RegisterMapping
from tests.server.factories import HEADER, JOGOROTO, PERAK, add_village, register_row, write_csv

NIK, KK = "3517012309509001", "3517010101209001"


@pytest.fixture
def office(backends: Backends) -> Backends:
    with session_scope(backends.sessions) as session:
        add_village(session, PERAK)
        add_village(session, JOGOROTO, bps_code="3517020001")
    return backends


def households(office: Backends) -> list[Household]:
    with office.sessions() as session:
        return list(session.scalars(select(Household).order_by(Household.source_id)))


def refusals(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_becomes_a_household(office: Backends, tmp_path: Path) -> None:
    report = import_register(office, write_csv(tmp_path / "r.csv.gz", [register_row()]), name="DTSEN-2026-T3")
    assert (report.rows, report.created, report.refused) == (1, 1, 0)
    (found,) = households(office)
    assert (found.source_id, found.area_path, found.village_code, found.rt, found.rw) == (
        "H000001",
        f"{PERAK}/001/002",
        PERAK,
        "002",
        "001",
    )
    assert (found.head_name, found.head_sex, found.head_born_on) == (
        "Bayu Widarto Mahoni 1",
        "l",
        date(1950, 9, 23),
    )
    assert (found.members, found.desil, found.programmes, found.is_inactive) == (3, 2, ["PKH", "BPNT"], False)
    assert (found.lat, found.lon, found.point_source) == (-7.604602, 112.1632805, "survei")
    assert found.extra == {"pkh_lansia": "1"}
    assert (found.nik_mask, found.kk_mask) == ("351701******9001", "3517010101******")
    assert found.updated_at is None


def test_numbers_are_sealed_and_can_be_compared(office: Backends, tmp_path: Path) -> None:
    import_register(office, write_csv(tmp_path / "r.csv", [register_row()]), name="T3")
    (found,) = households(office)
    numbers = identity_numbers(office.seal, found)
    assert (numbers.nik, numbers.manager_nik, numbers.kk) == (NIK, None, KK)
    assert found.nik_hash == number_hash(office.seal, NIK)
    assert found.kk_hash == number_hash(office.seal, KK)
    with office.engine.connect() as connection:
        row = connection.execute(text("select * from household")).one()
    stored = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert NIK.encode() not in stored
    assert KK.encode() not in stored


def test_what_is_odd_is_imported_and_left_for_the_checks(office: Backends, tmp_path: Path) -> None:
    odd = [
        register_row(1, nik_head="3.51701E+15", no_kk="'" + KK),
        register_row(
            2, nik_head="", no_kk="123", head_name="", n_members="banyak", desil="99", dob_head="31/02/1950"
        ),
        register_row(3, nik_head=NIK, village_code="3517022001"),
        register_row(4, nik_head=NIK, rt="0", rw="", registered_lat="0", registered_lon="0"),
    ]
    report = import_register(office, write_csv(tmp_path / "r.csv", odd), name="T3")
    assert (report.created, report.refused) == (4, 0)
    one, two, three, four = households(office)
    assert identity_numbers(office.seal, one).nik == "3.51701E+15"
    assert identity_numbers(office.seal, one).kk == "'" + KK
    assert (one.nik_hash, one.nik_mask, one.kk_hash) == (None, "******", number_hash(office.seal, KK))
    assert (two.nik_sealed, two.nik_mask, two.head_name, two.members, two.desil, two.head_born_on) == (
        None,
        "",
        "",
        None,
        None,
        None,
    )
    assert two.extra["tgl_lahir_kepala"] == "31/02/1950"
    assert three.nik_hash == four.nik_hash
    assert three.village_code == JOGOROTO
    assert (four.area_path, four.lat, four.point_source) == (PERAK, None, None)


def test_rows_that_cannot_be_imported_go_to_a_file_with_their_reason(
    office: Backends, tmp_path: Path
) -> None:
    rows = [
        register_row(1),
        register_row(2, village_code="99.99.99.9999"),
        register_row(1, head_name="Again"),
        register_row(3, household_id=""),
        register_row(4, village_code=NIK),
        register_row(5),
    ]
    file = write_csv(tmp_path / "r.csv", rows)
    file.write_text(file.read_text() + "H9,too,short\n" + ",".join(["x"] * 40) + "\n")
    report = import_register(office, file, name="T3", refusals=tmp_path / "no.csv")
    assert (report.rows, report.created, report.refused) == (8, 2, 6)
    found = refusals(tmp_path / "no.csv")
    assert [(row["line"], row["source_id"]) for row in found] == [
        ("3", "H000002"), ("4", "H000001"), ("5", ""), ("6", "H000004"), ("8", "H9"), ("9", "x"),
    ]  # fmt: skip
    assert "99.99.99.9999" in found[0]["reason"]
    assert "line 2" in found[1]["reason"]
    assert "no id" in found[2]["reason"]
    assert "3 cells instead of 20" in found[4]["reason"]
    assert NIK not in (tmp_path / "no.csv").read_text()


def test_without_refusals_there_is_no_file_and_an_old_one_goes(office: Backends, tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text("old")
    import_register(
        office, write_csv(tmp_path / "r.csv", [register_row()]), name="T3", refusals=tmp_path / "no.csv"
    )
    assert not (tmp_path / "no.csv").exists()


def test_a_formula_in_an_id_is_defused_in_the_file_of_refusals(office: Backends, tmp_path: Path) -> None:
    rows = [register_row(household_id="=cmd()", village_code="1")]
    import_register(office, write_csv(tmp_path / "r.csv", rows), name="T3", refusals=tmp_path / "no.csv")
    assert refusals(tmp_path / "no.csv")[0]["source_id"] == "'=cmd()"


def test_an_id_twice_is_refused_across_batches(
    office: Backends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.register_import.BATCH_ROWS", 2)
    rows = [
        register_row(1),
        register_row(2),
        register_row(3),
        register_row(1, head_name="Again"),
        register_row(4),
        register_row(4),
    ]
    report = import_register(
        office, write_csv(tmp_path / "r.csv", rows), name="T3", refusals=tmp_path / "no.csv"
    )
    assert (report.created, report.refused) == (4, 2)
    assert [
        "in line 2" in row["reason"] or "in line 6" in row["reason"] for row in refusals(tmp_path / "no.csv")
    ] == [True, True]
    assert households(office)[0].head_name == "Bayu Widarto Mahoni 1"


def test_the_same_file_again_changes_nothing(office: Backends, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", [register_row(number) for number in range(1, 6)])
    import_register(office, file, name="T3")
    with office.engine.connect() as connection:
        before = connection.execute(text("select * from household order by id")).all()
    report = import_register(office, file, name="T3")
    assert (report.created, report.updated, report.unchanged, report.absent) == (0, 0, 5, 0)
    with office.engine.connect() as connection:
        assert connection.execute(text("select * from household order by id")).all() == before
        assert connection.execute(text("select count(*) from snapshot")).scalar() == 1


def test_a_changed_row_is_updated_in_place_and_the_rest_stays(office: Backends, tmp_path: Path) -> None:
    import_register(
        office, write_csv(tmp_path / "1.csv", [register_row(1), register_row(2), register_row(3)]), name="T3"
    )
    before = {row.source_id: (row.id, row.row_hash) for row in households(office)}
    report = import_register(
        office,
        write_csv(
            tmp_path / "2.csv",
            [register_row(1), register_row(2, nik_head="3517012309509777", rt="5"), register_row(4)],
        ),
        name="T4",
    )
    assert (report.created, report.updated, report.unchanged, report.absent) == (1, 1, 1, 1)
    one, two, three, four = households(office)
    assert (one.id, one.row_hash) == before["H000001"]
    assert two.id == before["H000002"][0]
    assert two.updated_at is not None and one.updated_at is None
    assert (two.area_path, two.nik_mask) == (f"{PERAK}/001/005", "351701******9777")
    assert identity_numbers(office.seal, two).nik == "3517012309509777"
    assert one.snapshot_id == two.snapshot_id == four.snapshot_id != three.snapshot_id


def test_the_snapshot_is_kept_whole_and_sealed_with_its_hash(office: Backends, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", [register_row(), register_row(2, village_code="x")])
    import_register(office, file, name="DTSEN-2026-T3")
    with office.sessions() as session:
        snapshot = session.scalars(select(Snapshot)).one()
        blob = session.get_one(Blob, snapshot.blob_id)
        with open_blob(office, blob) as kept:
            assert kept.read() == file.read_bytes()
    assert (snapshot.name, snapshot.file_name, snapshot.kind) == ("DTSEN-2026-T3", "r.csv", "register")
    assert (snapshot.rows_read, snapshot.rows_refused) == (2, 1)
    assert snapshot.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with office.storage.open(blob.key) as stored:
        assert NIK.encode() not in stored.read()


def test_columns_of_siks_ng_with_flags_and_status(office: Backends, tmp_path: Path) -> None:
    rows = [{"IDSEMESTA": "S1", "NOKK": KK, "NIK": NIK, "NAMA": "SITI", "NAMA_PENGURUS": "BUDI", "KODE_WILAYAH": "3517012001",
             "ALAMAT": "DSN KRAJAN", "RT": "3", "RW": "RW 04", "pkh": "YA", "bpnt": "TIDAK", "pbi": "1", "is_nonaktif": "1",
             "KETERANGAN": "PLN 2200", "NO_REKENING": "1234567890", "NO_HP": "0812-345"}]  # fmt: skip
    import_register(office, write_csv(tmp_path / "s.csv", rows, header=rows[0], delimiter=";"), name="SIKS")
    (found,) = households(office)
    assert (found.programmes, found.is_inactive, found.finding_text) == (["PKH", "PBI"], True, "PLN 2200")
    assert (found.area_path, found.manager_name) == (f"{PERAK}/004/003", "BUDI")
    assert found.extra == {"no_hp": "62812345"}


def test_a_mapping_names_the_columns_and_bps_codes_are_another_thing(
    office: Backends, tmp_path: Path
) -> None:
    rows = [{"a": "X1", "b": "3517020001", "c": "Siti"}, {"a": "X2", "b": "3517022001", "c": "Budi"}]
    mapping = RegisterMapping({"id_sumber": "a", "kode_desa_bps": "b", "nama_kepala": "c"})
    report = import_register(
        office, write_csv(tmp_path / "m.csv", rows, header="abc"), name="BPS", mapping=mapping
    )
    assert (report.created, report.refused) == (1, 1)
    assert households(office)[0].village_code == JOGOROTO


def test_an_identity_number_as_id_is_kept_as_a_hash(office: Backends, tmp_path: Path) -> None:
    rows = [
        {"NIK": NIK, "Kode": PERAK},
        {"NIK": NIK, "Kode": PERAK},
        {"NIK": "3517012309509002", "Kode": "?"},
    ]
    mapping = RegisterMapping({"id_sumber": "NIK", "nik": "NIK", "kode_desa": "Kode"})
    file = write_csv(tmp_path / "m.csv", rows, header=["NIK", "Kode"])
    report = import_register(office, file, name="PKH", mapping=mapping, refusals=tmp_path / "no.csv")
    assert (report.created, report.refused) == (1, 2)
    (found,) = households(office)
    assert found.source_id is not None and NIK not in found.source_id
    assert identity_numbers(office.seal, found).nik == NIK
    assert "35170123" not in (tmp_path / "no.csv").read_text()
    assert import_register(office, file, name="PKH", mapping=mapping).unchanged == 1


def test_a_workbook_whose_numbers_a_spreadsheet_damaged(office: Backends, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    row = register_row()
    book.active.append(
        [
            float(NIK) if name == "nik_head" else int(row[name]) if name == "n_members" else row[name]
            for name in HEADER
        ]
    )
    book.save(tmp_path / "r.xlsx")
    import_register(office, tmp_path / "r.xlsx", name="T3")
    (found,) = households(office)
    nik = identity_numbers(office.seal, found).nik
    assert nik is not None and ("E+15" in nik or nik == NIK)
    assert found.members == 3


def test_who_imports_stays_in_their_areas(office: Backends, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", [register_row(1), register_row(2, village_code="35.17.02.2001")])
    report = import_register(office, file, name="T3", areas=("351701",))
    assert (report.created, report.refused) == (1, 1)


def test_without_villages_nothing_is_imported(backends: Backends, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match="sisir area import"):
        import_register(backends, write_csv(tmp_path / "r.csv", [register_row()]), name="T3")


def test_a_file_that_is_cut_short_says_so_and_can_be_imported_again(office: Backends, tmp_path: Path) -> None:
    whole = write_csv(tmp_path / "r.csv.gz", [register_row(number) for number in range(1, 3000)])
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(ImportRefusedError, match="cut short"):
        import_register(office, cut, name="T3")
    report = import_register(office, whole, name="T3")
    assert report.created + report.unchanged == 2999


def test_very_long_cells_and_control_characters_do_no_harm(office: Backends, tmp_path: Path) -> None:
    row = register_row(
        head_name="S" * 900,
        address="x\x00y" * 900,
        programmes="P" * 900,
        pkh_lansia="1" * 900,
        registered_source="q" * 99,
    )
    import_register(office, write_csv(tmp_path / "r.csv", [row]), name="n" * 300)
    (found,) = households(office)
    assert (len(found.head_name), len(found.address), found.extra) == (200, 500, {"pkh_lansia": "******"})


def test_every_character_arrives_as_it_was(office: Backends, tmp_path: Path) -> None:
    odd = "\\N \\t C:\\temp 'x' \"y\" {a} [b] % ? :c é 漢 😀"
    row = register_row(head_name=odd, address=odd, programmes="A\\B", pkh_lansia=odd)
    import_register(office, write_csv(tmp_path / "r.csv", [row]), name="T3")
    import_register(office, write_csv(tmp_path / "2.csv", [{**row, "n_members": "9"}]), name="T4")
    (found,) = households(office)
    assert (found.head_name, found.address, found.members) == (odd, odd, 9)
    assert (found.programmes, found.extra) == (["A\\B"], {"pkh_lansia": odd})


def test_progress_reaches_the_end(office: Backends, tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    file = write_csv(tmp_path / "r.csv", [register_row(1), register_row(2)])
    import_register(
        office, file, name="T3", progress=lambda done, total, unit: seen.append((done, total, unit))
    )
    assert seen == [(file.stat().st_size, file.stat().st_size, "B")]


def test_log_and_audit_hold_no_numbers(
    office: Backends, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    import_register(
        office, write_csv(tmp_path / "r.csv", [register_row(), register_row(2, village_code=NIK)]), name="T3"
    )
    with office.sessions() as session:
        (entry,) = session.scalars(select(Audit))
    assert entry.action == "register.import"
    assert (entry.details["rows"], entry.details["refused"]) == (2, 1)
    assert NIK not in caplog.text + str(entry.details)


def test_how_the_numbers_of_a_file_end_is_counted_each_time_it_is_read(
    office: Backends, tmp_path: Path
) -> None:
    """Rows that did not change count too; damaged numbers do not."""
    rows = [register_row(number, nik_head=f"351701230950{9000 + 10 * number}") for number in range(5)]
    rows += [register_row(5), register_row(6, nik_head="3,51701E+15"), register_row(7, nik_head="")]
    first = import_register(office, write_csv(tmp_path / "r.csv", rows), name="T3")
    again = import_register(office, write_csv(tmp_path / "2.csv", [*rows, register_row(8)]), name="T4")
    with office.sessions() as session:
        ends = [session.get_one(Snapshot, report.snapshot_id).number_ends for report in (first, again)]
    assert ends == [{"nik": [6, 5], "no_kk": [8, 1]}, {"nik": [7, 5], "no_kk": [9, 1]}]


def test_what_a_row_tells_checks_of_the_register(office: Backends, tmp_path: Path) -> None:
    more = {
        "First SK": "SK 2019",
        "padankan_at": "tidak",
        "PKH anak usia dini": "2",
        "lahir_anak_usia_dini": "2019-04-15; 1/5/2021",
    }
    header = [*HEADER, *more]
    rows = [register_row(1, nik_head="'3517012309509010", **more), register_row(2)]
    import_register(office, write_csv(tmp_path / "r.csv", rows, header=header), name="T3")
    ids = [found.id for found in households(office)]
    with office.sessions() as session:
        found = load_register(session, office.seal, ids)
    full, bare = (found[number] for number in ids)
    assert (full.pkh_since_year, full.dukcapil_matched, full.early_children) == (2019, False, 2)
    assert full.early_children_born_on == (date(2019, 4, 15), date(2021, 5, 1))
    assert (full.nik, full.number_ends["nik"]) == ("'3517012309509010", (2, 1))
    assert (bare.pkh_since_year, bare.dukcapil_matched, bare.early_children) == (None, None, None)
    assert bare.early_children_born_on == ()


def test_ids_seen_before_are_told_with_their_line() -> None:
    seen = SeenIds()
    assert seen.add({"a": 2, "b": 3}) == {}
    assert seen.add({"b": 9, "c": 10}) == {"b": 3}
    assert seen.add({"c": 11}) == {"c": 10}
    assert seen.add({}) == {}
    seen.close()
