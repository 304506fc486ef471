"""What can go wrong in the server, and the one table that says how the edge answers.

SisirError
├── NotAuthenticatedError, HttpsOnlyError         who is calling is not known
├── NotAllowedError, CannotSubmitError            known, but may not
├── NotFoundError, UnknownVersionError, UnknownInstanceError
├── BadRequestError (MissingParameterError, BadHeaderError, MissingPartError, BadValueError, BrokenUploadError)
├── ConflictError (OtherXmlError, FormClosedError, SupersededError, DuplicateError, VersionReusedError,
│   ListNameError, PropertyNameError, StaleError, DeletedError)
├── TooManyAttemptsError                          too many wrong passwords from one address
├── TooLargeError                                 the request or one of its files is over the limit
├── UnavailableError                              storage or database does not answer; nothing was kept
├── ImportRefusedError                            a file for import cannot be read at all
├── GuardError                                    the removal guard or separation of duties says no; the message is for people
└── SetupError                                    the installation lacks something; the message says which command mends it

Each class carries Central's problem code (`code`) and the HTTP status; `details` go to API clients, `message_id` is the short
Indonesian sentence for phones and pages. Codes: the REST specification, "Problem codes".
"""

from collections.abc import Mapping


class SisirError(Exception):
    """Root. `code` is Central's code as text ('409.1'); its integer part is the HTTP status."""

    code = "500.1"
    message_id = "Terjadi kesalahan di server. Coba lagi nanti."

    def __init__(
        self, message: str = "", *, message_id: str | None = None, details: Mapping[str, object] | None = None
    ) -> None:
        self.message = message or self.__class__.__doc__ or ""
        if message_id is not None:
            self.message_id = message_id
        self.details = dict(details) if details is not None else None
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return int(self.code.split(".")[0])


class NotAuthenticatedError(SisirError):
    """The credentials are missing, wrong or expired."""

    code = "401.2"
    message_id = "Token petugas tidak dikenali. Pindai ulang kode QR dari kantor."


class HttpsOnlyError(SisirError):
    """Passwords and cookies are taken over https only."""

    code = "401.3"
    message_id = "Alamat ini hanya melayani https."


class NotAllowedError(SisirError):
    """The actor has no right to do this here."""

    code = "403.1"
    message_id = "Anda tidak berhak membuka ini. Hubungi admin kantor."


class CannotSubmitError(SisirError):
    """The actor may not submit to this form."""

    code = "401.2"
    message_id = "Petugas ini belum diberi hak mengirim formulir ini. Hubungi admin kantor."


class NotFoundError(SisirError):
    """Could not find the resource you were looking for."""

    code = "404.1"
    message_id = "Yang diminta tidak ditemukan di server."


class UnknownVersionError(NotFoundError):
    """The form exists, but not in this version."""

    code = "404.6"
    message_id = "Versi formulir ini tidak dikenal server. Perbarui formulir lalu isi ulang."


class UnknownInstanceError(NotFoundError):
    """The submission that this one replaces is not known."""

    code = "404.5"
    message_id = "Kiriman yang diperbaiki tidak ditemukan di server."


class BadRequestError(SisirError):
    """The request cannot be understood."""

    code = "400.1"
    message_id = "Kiriman tidak dapat dibaca. Perbarui aplikasi ODK Collect lalu kirim ulang."


class MissingParameterError(BadRequestError):
    """A required value is missing."""

    code = "400.2"


class BadHeaderError(BadRequestError):
    """A header has a value that is not accepted."""

    code = "400.6"


class MissingPartError(BadRequestError):
    """A part of the multipart body is missing."""

    code = "400.7"


class BadValueError(BadRequestError):
    """A value is not acceptable."""

    code = "400.8"


class BadTypeError(BadRequestError):
    """A value has the wrong type."""

    code = "400.11"


class FormRefusedError(BadRequestError):
    """The uploaded form cannot be used; details.error says why and where."""

    code = "400.15"
    message_id = "Formulir tidak dapat dipakai. Perbaiki kesalahan di bawah lalu unggah ulang."


class FormWarningsError(BadRequestError):
    """The form is usable but has warnings."""

    code = "400.16"


class BrokenUploadError(BadRequestError):
    """The multipart body is broken."""

    code = "400.39"
    message_id = "Kiriman terputus atau rusak. Kirim ulang saat sinyal baik."


class ConflictError(SisirError):
    """The state of things does not allow it."""

    code = "409.3"
    message_id = "Data sudah ada atau sudah berubah."


class OtherXmlError(ConflictError):
    """A submission with this instanceID exists with other content."""

    code = "409.1"
    message_id = (
        "Kiriman dengan nomor yang sama tetapi isi berbeda sudah ada. Hubungi kantor; jangan hapus isian ini."
    )


class FormClosedError(ConflictError):
    """The form does not accept submissions."""

    code = "409.2"
    message_id = "Formulir ini sudah ditutup. Hubungi admin kantor."


class SupersededError(ConflictError):
    """The submission being edited is not the newest version."""

    code = "409.9"
    message_id = "Kiriman ini sudah diperbaiki dengan versi yang lebih baru."


class DeletedError(ConflictError):
    """The submission was deleted."""

    code = "409.18"
    message_id = "Kiriman ini sudah dihapus oleh kantor."


class VersionReusedError(ConflictError):
    """A version with this name was published before."""

    code = "409.6"
    message_id = "Versi ini sudah pernah diterbitkan. Ganti kolom version di lembar settings."


class ListNameError(ConflictError):
    """An entity list with this name exists; it differs only by case."""

    code = "409.16"


class PropertyNameError(ConflictError):
    """A property with this name exists; it differs only by case."""

    code = "409.17"


class StaleError(ConflictError):
    """Somebody changed it in the meantime; nothing was overwritten."""

    code = "409.15"
    message_id = "Sudah diubah orang lain sementara Anda membacanya. Periksa keadaan terbaru di bawah, lalu putuskan lagi."


class GuardError(ConflictError):
    """The proposal or decision is not permitted in this state; message_id tells what is missing."""

    code = "409.30"


class TooLargeError(SisirError):
    """The request or one of its files is larger than allowed."""

    code = "413.1"
    message_id = "Kiriman terlalu besar: paling banyak 100 berkas, tiap foto paling besar 50 MB."


class TooManyAttemptsError(SisirError):
    """Too many wrong passwords came from this address; wait."""

    code = "429.1"
    message_id = "Terlalu banyak kata sandi salah dari jaringan ini. Tunggu 15 menit lalu coba lagi."


class UnavailableError(SisirError):
    """Storage or database does not answer; nothing was kept, send again later."""

    code = "503.1"
    message_id = "Server sedang penuh atau sibuk. Isian tetap aman di HP; kirim ulang nanti."


class ImportRefusedError(SisirError):
    """The file cannot be imported at all; the message says what is wrong and what to do."""

    code = "400.8"


class SetupError(SisirError):
    """The installation lacks something; the message says what to do."""

    code = "500.1"
