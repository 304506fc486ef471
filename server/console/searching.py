"""Search words in addresses: a name stands there as it is, anything that may be an identity number only sealed.

An address is kept in the browser's history and in the logs of proxies, so no number that somebody typed may stand in it,
whatever dots, dashes or spaces they typed between the digits.

Belongs here: sealing them. Does not: telling numbers from words (typed_numbers.py), the search itself (services/case_queue.py).
"""

import base64
import binascii

from media.errors import SealError
from media.sealing import Seal
from server.console.typed_numbers import digits_of
from server.errors import BadValueError

MAX_TEXT = 100
IDENTITY_DIGITS = 16
_PURPOSE = "search "


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
