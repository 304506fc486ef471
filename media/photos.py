"""What a photo is and shows: its real kind, when and where it was taken, and how alike two photos are.

Belongs here: facts, thumbnails and copies made from image bytes. Names, extensions and content types are not
even taken as arguments: only the bytes count. Does not: storing, deciding what is a bad or a reused photo.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from media.blobs import digest_file
from media.errors import DamagedPictureError, NotAPictureError, PictureTooLargeError
from media.exif import Position, read_exif
from media.fitness import edge_sharpness, screen_pattern

MAX_PIXELS = 50_000_000
LOOK_PX = 384
FULL_PX = 1600
"""What a phone sends at most: as large as patterns are looked for. Decoding a JPEG so costs hardly more than small."""
MIN_CONTRAST = 4.0
_HEAD_BYTES = 64
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What damaged pictures make Pillow raise; RuntimeError is that of AVIF. Found by changing bytes at random.
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    RuntimeError,
    struct.error,
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureKind(StrEnum):
    """What the first bytes say. HEIC is known by name only: it cannot be decoded here."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"
    HEIC = "heic"


class PictureProblem(StrEnum):
    """Why the pixels could not be looked at."""

    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class PhotoFacts:
    """What one photo says about itself.

    width, height: pixels as a person sees it, after the turn that EXIF asks for; None when unsupported.
    taken_at: aware UTC. position: WGS 84 degrees. Both as EXIF has them, None when absent or impossible.
    phash: 64 bits, unsigned, of the upright picture; None when it could not be decoded or shows nothing but
    one tone, as such pictures all resemble each other. brightness: mean luminance, 0 (black) to 255.
    sharpness: variance of the Laplacian of the luminance at 384 px length, whatever the photo's size. The
    drawn houses of our tests, 1600 px wide, have 97; blurred by a radius of 2 px 43, by 4 px 13, by 8 px 3.
    edges, screen: media.fitness.edge_sharpness (None also where there is no edge to judge) and screen_pattern.
    problem: why phash, brightness and the rest are None; None when all is well.
    """

    kind: PictureKind
    sha256: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    position: Position | None = None
    phash: int | None = None
    brightness: float | None = None
    sharpness: float | None = None
    edges: float | None = None
    screen: float | None = None
    problem: PictureProblem | None = None


@dataclass(frozen=True)
class _Look:
    phash: int | None
    brightness: float
    sharpness: float
    edges: float | None
    screen: float


def read_photo_facts(
    source: Path | BinaryIO, *, timezone: tzinfo | None = None, max_pixels: int = MAX_PIXELS
) -> PhotoFacts:
    """The facts of one photo, as look_at_photo gives them."""
    return look_at_photo(source, timezone=timezone, max_pixels=max_pixels)[0]


def look_at_photo(
    source: Path | BinaryIO,
    *,
    thumbnail_px: int | None = None,
    timezone: tzinfo | None = None,
    max_pixels: int = MAX_PIXELS,
) -> tuple[PhotoFacts, bytes | None]:
    """The facts of one photo, of an animated picture, its first frame; with thumbnail_px, its thumbnail as make_thumbnail makes
    it, too. The picture is decoded once.

    Args: source is a path or a seekable file, read from its beginning. timezone is that of dates that carry
    no offset; None: such dates are not used.
    Returns: no thumbnail of what cannot be decoded.
    Raises: NotAPictureError, PictureTooLargeError (by the header, nothing was decoded). A picture that is
    cut short is no error: what can be known of it is there, and `problem` says the rest.
    """
    with _opened(source) as file:
        digests = digest_file(file)
        kind = sniff_kind(file)
        if kind is PictureKind.HEIC:
            problem = PictureProblem.UNSUPPORTED
            return PhotoFacts(kind, digests.sha256, digests.size_bytes, problem=problem), None
        with _open_image(file, kind, max_pixels) as image:
            exif = read_exif(image, timezone)
            width, height = image.size if exif.orientation < 5 else image.size[::-1]
            is_decoded = _decode(image)
            look = _find_look(image, exif.orientation) if is_decoded else None
            thumbnail = _thumbnail(image, thumbnail_px, exif.orientation) if look and thumbnail_px else None
    facts = PhotoFacts(
        kind=kind,
        sha256=digests.sha256,
        size_bytes=digests.size_bytes,
        width=width,
        height=height,
        taken_at=exif.taken_at,
        position=exif.position,
        phash=look.phash if look else None,
        brightness=look.brightness if look else None,
        sharpness=look.sharpness if look else None,
        edges=look.edges if look else None,
        screen=look.screen if look else None,
        problem=None if look else PictureProblem.DAMAGED,
    )
    return facts, thumbnail


def sniff_kind(file: BinaryIO) -> PictureKind:
    """The kind by the first bytes; the file stands at its beginning afterwards. Raises: NotAPictureError."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return PictureKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureKind.WEBP
    if head.startswith((b"GIF87a", b"GIF89a")):
        return PictureKind.GIF
    if head[4:8] == b"ftyp":
        return _sniff_brand(head)
    raise NotAPictureError("the first bytes are those of no picture that we know")


def make_thumbnail(source: Path | BinaryIO, size_px: int, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """A JPEG, upright, its longer side at most size_px (never enlarged), without any metadata.

    Transparency becomes white. Raises: NotAPictureError, PictureTooLargeError, DamagedPictureError.
    """
    with _opened(source) as file, _open_decodable(file, max_pixels) as (_, image):
        orientation = read_exif(image, None).orientation
        image.draft("YCbCr", _scaled(image.size, size_px))
        image.load()
        return _thumbnail(image, size_px, orientation)


def _thumbnail(image: Image.Image, size_px: int, orientation: int) -> bytes:
    """Of a decoded picture. Colours stay what a JPEG has, luminance and two differences, and are not turned into red, green and
    blue and back."""
    plain = image if image.mode in ("RGB", "L", "YCbCr") else _flatten(image)
    # To a whole part of its size first, which costs a tenth of resampling all of it.
    part = max(1, max(plain.size) // size_px)
    small = plain.reduce(part) if part > 1 else plain.copy()
    small.thumbnail((size_px, size_px), Image.Resampling.HAMMING)
    return _save(_turn(small, orientation), "JPEG", quality=80, optimize=True)


def strip_metadata(source: Path | BinaryIO, *, max_pixels: int = MAX_PIXELS) -> bytes:
    """The picture in full size, upright, written anew: pixels only, no EXIF, XMP, comment or second picture.

    JPEG stays JPEG (quality 92) and WebP stays WebP; everything else becomes PNG. Of an animation, the first
    frame.
    Raises: NotAPictureError, PictureTooLargeError, DamagedPictureError.
    """
    with _opened(source) as file, _open_decodable(file, max_pixels) as (kind, image):
        orientation = read_exif(image, None).orientation
        image.load()
        if kind is PictureKind.JPEG:
            plain = image if image.mode in ("RGB", "L") else _flatten(image)
            return _save(_turn(plain, orientation), "JPEG", quality=92, optimize=True)
        plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
        if kind is PictureKind.WEBP:
            return _save(_turn(plain, orientation), "WEBP", quality=92)
        return _save(_turn(plain, orientation), "PNG")


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


@contextmanager
def _open_image(file: BinaryIO, kind: PictureKind, max_pixels: int) -> Iterator[Image.Image]:
    """The picture opened by its header, checked, not decoded."""
    file.seek(0)
    try:
        image = Image.open(file, formats=(kind.value.upper(),))
    except _BOMBS as error:
        raise PictureTooLargeError("far more pixels than a phone's camera has") from error
    except _DECODE_ERRORS as error:
        raise NotAPictureError(f"begins like {kind.value}, but its header cannot be read") from error
    with image:
        if image.width * image.height > max_pixels:
            raise PictureTooLargeError(f"{image.width} x {image.height} is over {max_pixels} pixels")
        yield image


@contextmanager
def _open_decodable(file: BinaryIO, max_pixels: int) -> Iterator[tuple[PictureKind, Image.Image]]:
    """As _open_image; what cannot be decoded inside is DamagedPictureError."""
    kind = sniff_kind(file)
    if kind is PictureKind.HEIC:
        raise DamagedPictureError("HEIC cannot be decoded here")
    with _open_image(file, kind, max_pixels) as image:
        try:
            yield kind, image
        except _DECODE_ERRORS as error:
            raise DamagedPictureError(f"this {kind.value} is cut short or garbled") from error


def _sniff_brand(head: bytes) -> PictureKind:
    """ISO media files list their brands, four letters each, in their first box."""
    brands = {head[i : i + 4] for i in range(8, min(len(head), int.from_bytes(head[:4], "big")), 4)}
    if brands & {b"avif", b"avis"}:
        return PictureKind.AVIF
    if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
        return PictureKind.HEIC
    raise NotAPictureError("a video or another file, not a picture")


def _decode(image: Image.Image) -> bool:
    """Whether it can be decoded to the end. A JPEG that is larger than FULL_PX is decoded to a part of its size."""
    try:
        image.draft("YCbCr", _scaled(image.size, FULL_PX))
        image.load()
    except _DECODE_ERRORS:
        return False
    return True


def _find_look(image: Image.Image, orientation: int) -> _Look | None:
    """What the pixels of a decoded picture show; None for the rare ones that have no grey.

    Grey is what a JPEG keeps as luminance. Patterns are looked for in the whole, the rest is looked at small.
    """
    try:
        grey = image.getchannel(0) if image.mode == "YCbCr" else image.convert("L")
    except _DECODE_ERRORS:
        return None
    screen = screen_pattern(np.asarray(grey))
    grey = _turn(_shrink(grey), orientation)
    pixels = np.asarray(grey, dtype=np.float32)
    flat = float(pixels.std()) < MIN_CONTRAST
    # Here and not above: it brings wavelets and transforms along, which a process that only serves pages never needs.
    import imagehash

    phash = None if flat else int(str(imagehash.phash(grey)), 16)
    sharpness = _variance_of_laplacian(pixels)
    return _Look(phash, float(pixels.mean()), sharpness, edge_sharpness(pixels), screen)


def _shrink(grey: Image.Image) -> Image.Image:
    """At most LOOK_PX long: halved as often as goes, as a JPEG decoder would do it, then resampled."""
    halves = 1
    while halves < 8 and max(grey.size) // (2 * halves) >= LOOK_PX:
        halves *= 2
    small = grey.reduce(halves) if halves > 1 else grey
    small.thumbnail((LOOK_PX, LOOK_PX), Image.Resampling.BILINEAR)
    return small


def _variance_of_laplacian(pixels: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> float:
    """0.0 for pictures under 3 px.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    """
    if min(pixels.shape) < 3:
        return 0.0
    around = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return float((around - 4 * pixels[1:-1, 1:-1]).var())


def _scaled(size: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """The same proportions with this longer side, at least 1 px each."""
    factor = longest_px / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _flatten(image: Image.Image) -> Image.Image:
    """RGB, transparency on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")


def _save(image: Image.Image, format_name: str, **options: object) -> bytes:
    """Encoded without what the source carried: Pillow would copy comment and ICC profile from `info`."""
    plain = image.copy()
    plain.info.clear()
    target = io.BytesIO()
    plain.save(target, format_name, **options)
    return target.getvalue()
