"""The folder of real boundaries and the synthetic register, where there is one."""

import csv
import gzip
import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("SISIR_DATA") or _BESIDE)
needs_real_data = pytest.mark.skipif(
    not (FOLDER / "villages_jombang.geojson").is_file(), reason="no SISIR_DATA folder"
)


def read_table(name: str) -> list[dict[str, str]]:
    with gzip.open(FOLDER / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
