"""The bundled forms: finds and opens the workbooks of forms/xlsform.

Belongs here: which workbooks come with Sisir, what they are called, in which order they are published.
Does not: what they contain (the workbooks say that), compiling them (compile.py).
"""

from dataclasses import dataclass
from importlib import resources

from forms.errors import FormsError


class UnknownBundledFormError(FormsError):
    """No form of this name comes with Sisir; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no bundled form is called {name!r}")


@dataclass(frozen=True)
class BundledForm:
    """A workbook that comes with Sisir.

    name: form id and file stem. path: file below the package, as for importlib.resources.
    title: as phones show it. purpose: one Indonesian sentence for the person who chooses.
    lists: entity lists that the form reads.
    """

    name: str
    path: str
    title: str
    purpose: str
    lists: tuple[str, ...] = ("desa", "keluarga")


# In publishing order: rules of a form may read the forms above it (`$penyisiran.penghasilan`, `$fires_EX01`).
_BUNDLED = (
    BundledForm(
        name="penyisiran",
        path="xlsform/penyisiran.xlsx",
        title="Penyisiran keluarga",
        purpose="Kunjungan: apakah keluarga masih ada, siapa anggotanya, bantuan apa yang diterima.",
    ),
    BundledForm(
        name="aset",
        path="xlsform/aset.xlsx",
        title="Aset dan rumah",
        purpose="Pemeriksaan rumah, listrik, aset dan kriteria kemiskinan.",
    ),
    BundledForm(
        name="stiker",
        path="xlsform/stiker.xlsx",
        title="Stiker penerima bantuan",
        purpose="Penempelan stiker, penolakan, atau pengunduran diri secara sukarela.",
    ),
)


def list_bundled() -> tuple[BundledForm, ...]:
    """The forms that come with Sisir, in the order in which they are to be published."""
    return _BUNDLED


def open_bundled(name: str) -> bytes:
    """The bytes of a bundled workbook (.xlsx).

    Args: name a form id of list_bundled(), 'penyisiran'; never a path.
    Raises: UnknownBundledFormError for any other name.
    """
    for form in _BUNDLED:
        if form.name == name:
            return resources.files("forms").joinpath(form.path).read_bytes()
    raise UnknownBundledFormError(name)
