import pytest

from workers.programmes import programme_codes


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        ({"PKH", "BPNT", "BLT-DD"}, {"pkh", "sembako", "blt_dd"}),
        ({"pkh", "sembako"}, {"pkh", "sembako"}),
        ({"Sembako/BPNT", "PBI-JK", "BLT Dana Desa"}, {"sembako", "pbi_jk", "blt_dd"}),
        ({"PKH Plus"}, {"pkh_plus"}),
        ({"", " ", "tidak_ada"}, set()),
        ({"Bantuan Kursi Roda"}, {"bantuan_kursi_roda"}),
    ],
)
def test_spellings_of_registers_become_codes_of_the_forms(names: set[str], codes: set[str]) -> None:
    assert programme_codes(names) == codes
