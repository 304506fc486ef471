"""A tenth of the real-data campaign, when its folder is there: SISIR_DATA, or ../shared/data beside the project."""

import os
from pathlib import Path

import pytest

from tests.real.campaign import play
from tests.real.score import loud_benign, print_score, score_problems, wrong_relations
from tests.real.truth import find_folder, read_houses

FOLDER = Path(os.environ.get("SISIR_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.mark.real
@pytest.mark.timeout(1500)
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data in {FOLDER.name}")
def test_a_tenth_of_the_campaign_is_found_as_the_truth_says(tmp_path):
    folder = find_folder(FOLDER)
    houses = read_houses(folder, 0.1)
    tables = play(folder, houses, tmp_path / "var")
    print_score(houses, tables)
    assert [line for line in score_problems(houses, tables) if not line.is_good] == []
    assert wrong_relations(houses, tables) == []
    assert loud_benign(houses, tables) == []
