"""The interview's own log: how long the form was really open.

Belongs here: reading `audit.csv` tolerantly. Does not: judging the time.
Source: the OpenRosa specification, "Audit log".
"""

import csv
import io
from collections.abc import Iterator, Sequence

_INTERVALS = frozenset({"question", "group questions", "end screen", "jump", "add repeat", "delete repeat"})
MAX_LOG_BYTES = 5_000_000
LARGEST = 1 << 30


def active_seconds(data: bytes) -> int | None:
    """Seconds in which a question was on the screen, overlaps counted once; None when the log says nothing.

    Rows may be shorter than the header and texts may hold quotes: what cannot be read is passed over.
    """
    text = data[:MAX_LOG_BYTES].decode("utf-8", errors="replace")
    reader = csv.reader(io.StringIO(text.replace("\x00", "")), strict=False)
    spans: list[tuple[int, int]] = []
    try:
        header = next(reader, [])
        if header[:4] != ["event", "node", "start", "end"]:
            return None
        for row in reader:
            if len(row) >= 4 and row[0] in _INTERVALS and row[2].isdecimal() and row[3].isdecimal():
                spans.append((int(row[2]), int(row[3])))
    except csv.Error:
        pass
    return _covered_ms(spans) // 1000 if spans else None


def read_log_rows(data: bytes, columns: Sequence[str]) -> Iterator[list[str]]:
    """The rows of a log by the names of these columns, '' for what it does not have; nothing of what is no log."""
    text = data[:MAX_LOG_BYTES].decode("utf-8-sig", errors="replace").replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    try:
        header = next(reader, [])
        if header[:1] != ["event"]:
            return
        places = [header.index(name) if name in header else LARGEST for name in columns]
        for row in reader:
            if row:
                yield [row[at] if at < len(row) else "" for at in places]
    except csv.Error:
        return


def _covered_ms(spans: list[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for start, end in sorted(spans):
        if end > max(start, reached):
            total += end - max(start, reached)
            reached = end
    return total
