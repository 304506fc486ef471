"""`python -m tests.real FOLDER [--share 0.1]`: a campaign with known truth through the HTTP door, scored."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.real.campaign import play
from tests.real.score import print_score
from tests.real.truth import find_folder, read_houses


def main() -> int:
    """Plays and scores; exit status 1 when a figure is below what we promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="share of the households to visit, 0 to 1")
    parser.add_argument("--keep", type=Path, help="folder for database, media and the exported tables")
    arguments = parser.parse_args()
    folder = find_folder(arguments.folder)
    houses = read_houses(folder, arguments.share)
    with tempfile.TemporaryDirectory(prefix="sisir-real-") as temporary:
        tables = play(folder, houses, arguments.keep or Path(temporary))
        return 0 if print_score(houses, tables) else 1


if __name__ == "__main__":
    sys.exit(main())
