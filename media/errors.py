"""What can go wrong with bytes and pictures.

MediaError
├── StorageError
│   ├── StorageUnavailableError   down, too slow, disk full, no right to write: nothing was kept, try again
later │   ├── BlobMissingError          no blob has this key
│   ├── BlobTooLargeError         more bytes than allowed; nothing was kept
│   ├── BadKeyError               a key that no storage takes, or one that leads outside
│   └── BadStorageUrlError        the URL of the storage cannot be understood
├── SealError
│   ├── BadOfficeKeyError         the text is no key
│   ├── WrongKeyError             sealed with another office's key
│   └── DamagedSealError          not sealed at all, cut short, reordered or changed
└── PhotoError
    ├── NotAPictureError          the bytes are no picture that we know
    ├── PictureTooLargeError      more pixels than allowed; it was not decoded
    └── DamagedPictureError       a picture by its first bytes, but it cannot be decoded to its end

Only StorageUnavailableError is worth a second try with the same bytes.
"""

import errno

_LACKS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EROFS}
)


def is_lacking(error: BaseException) -> bool:
    """True when the machine lacks something that may come back: room, descriptors, memory, a disk that answers.

    It says nothing about the bytes that were worked on, so that they are worth another try.
    """
    return isinstance(error, OSError) and error.errno in _LACKS


class MediaError(Exception):
    """Root of everything this package raises on purpose."""


class StorageError(MediaError):
    """Bytes could not be kept or fetched."""


class StorageUnavailableError(StorageError):
    """The storage does not work now: down, too slow, full, not allowed.

    A put that raises this kept nothing.
    """


class BlobMissingError(StorageError):
    """No blob has this key; `key` names it."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"no blob {key}")


class BlobTooLargeError(StorageError):
    """The blob has more bytes than allowed. A put that raises this kept nothing."""


class BadKeyError(StorageError):
    """No key: an empty part, one that begins with a dot, other characters than A-Z a-z 0-9 .

    _ - or a way out.
    """


class BadStorageUrlError(StorageError):
    """The URL of the storage cannot be understood; the message shows one that can."""


class SealError(MediaError):
    """Sealed bytes could not be opened."""


class BadOfficeKeyError(SealError):
    """The text is not 32 bytes in base64."""


class WrongKeyError(SealError):
    """The bytes were sealed with another key.

    Restore the office key that was in use when they were written.
    """


class DamagedSealError(SealError):
    """The bytes are not sealed, or were cut short, put in another order or changed after sealing."""


class PhotoError(MediaError):
    """A photo could not be read; the bytes themselves may be kept."""


class NotAPictureError(PhotoError):
    """The bytes are no picture that we know, whatever their name says."""


class PictureTooLargeError(PhotoError):
    """The picture has more pixels than allowed. It was refused by its header, before decoding."""


class DamagedPictureError(PhotoError):
    """Begins like a picture but cannot be decoded: cut short, garbled, or HEIC (known by name only)."""
