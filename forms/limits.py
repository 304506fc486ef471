"""Limits: what compiling a form may cost.

Belongs here: the figures. Does not: enforcing them (file_kind.py, child_process.py, compile_child.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one author's file.

    expanded_bytes and ratio: of a workbook, which is a zip; a ratio counts only above 1 MB, small files of
    blanks shrink by any factor. seconds: for all steps together. memory_bytes: address space of the
    converting process.
    """

    file_bytes: int = 10 * 1024 * 1024
    expanded_bytes: int = 150 * 1024 * 1024
    ratio: int = 200
    entries: int = 2000
    seconds: float = 60.0
    memory_bytes: int = 2 * 1024 * 1024 * 1024
    java_heap_mb: int = 256
