"""Search words in addresses: a name stands there as it is, anything that may be an identity number only sealed.

An address is kept in the browser's history and in the logs of proxies, so no number that somebody typed may stand in it,
whatever dots, dashes or spaces they typed between the digits.

Belongs here: telling numbers from words, sealing them. Does not: the search itself (services/case_queue.py).
"""

import base64
import binascii
import unicodedata

from media.errors import SealError
from media.sealing import Seal
from server.errors import BadValueError

MAX_TEXT = 100
HIDDEN_FROM_DIGITS = 8
"""The mask of a NIK shows six digits in a row; eight may be the beginning of one."""
IDENTITY_DIGITS = 16
_PURPOSE = "search "


def digits_of(text: str) -> str:
    """The digits of a text as 0-9, also those of other scripts; everything between them left out."""
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


def may_be_number(text: str) -> bool:
    """True for what must not stand in an address."""
    return len(digits_of(text)) >= HIDDEN_FROM_DIGITS


def seal_search(seal: Seal, text: str) -> str:
    """A search text for an address, readable with the office key only."""
    return base64.urlsafe_b64encode(seal.seal_text(_PURPOSE + text[:MAX_TEXT])).decode().rstrip("=")


def open_search(seal: Seal, token: str) -> str:
    """The text that seal_search was given. Raises: BadValueError when the token is none."""
    try:
        text = seal.open_text(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (SealError, binascii.Error, ValueError) as error:
        raise BadValueError("the search is damaged", message_id="Pencarian ini rusak; cari lagi.") from error
    if not text.startswith(_PURPOSE):
        raise BadValueError("the search is damaged", message_id="Pencarian ini rusak; cari lagi.")
    return text.removeprefix(_PURPOSE)


def identity_hash(seal: Seal, text: str) -> str:
    """What a NIK or KK number is found by, hex; '' when the text has not just as many digits as one."""
    digits = digits_of(text)
    return seal.keyed_hash(digits).hex() if len(digits) == IDENTITY_DIGITS else ""
