"""Names of the files of an export."""

import pytest

from forms.flat_tables import FlatTable
from server.services.csv_files import safe_name, table_names


def test_repeats_of_one_name_are_numbered():
    tables = [FlatTable("/a/anak", "anak"), FlatTable("/b", "b"), FlatTable("/c/anak", "anak")]
    assert table_names("F", tables) == ["F-anak~1.csv", "F-b.csv", "F-anak~2.csv"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b\\c:d", "abcd"),
        ("../../etc/passwd", "etcpasswd"),
        ("...", "_"),
        ("", "_"),
        ("foto ünï.jpg", "foto ünï.jpg"),
    ],
)
def test_names_lead_nowhere(name, safe):
    assert safe_name(name) == safe
