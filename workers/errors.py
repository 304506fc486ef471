"""What can go wrong in work that needs no database.

WorkersError
└── GeographyError
    ├── GeometryError        a shape is empty, has no area, or its coordinates are no numbers
    └── BoundaryFileError    a boundary file cannot be read, or has no column of codes
The queue's errors stand beside the queue (queue.py, messages.py).
"""


class WorkersError(Exception):
    """Root of everything the geography of this package raises on purpose."""


class GeographyError(WorkersError):
    """A shape or a file of shapes cannot be used."""


class GeometryError(GeographyError):
    """A shape is empty, has no area, or its coordinates are no numbers."""


class BoundaryFileError(GeographyError):
    """A boundary file cannot be read: not of a known format, damaged, or without a column of village
    codes."""
