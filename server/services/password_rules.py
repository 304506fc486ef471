"""Which passwords are good enough: length, and how long somebody would need to guess.

Source: the REST specification, "Problem codes" 400.21, 400.38, 400.44.
"""

from server.problems import PasswordTooLongError, PasswordTooShortError, PasswordTooWeakError

MIN_CHARS = 10
MAX_BYTES = 72
"""Counted in UTF-8; what clients of Central expect."""
LEAST_SCORE = 1
"""Of 0 to 4. 0 is what the first thousand guesses find: 1234567890, qwertyuiop, passwordpassword."""


def require_good_password(password: str) -> None:
    """Raises: PasswordTooShortError, PasswordTooLongError, PasswordTooWeakError (warning and suggestions in its details)."""
    if len(password) < MIN_CHARS:
        raise PasswordTooShortError(message_id="Kata sandi minimal 10 huruf.")
    if len(password.encode("utf-8", "replace")) > MAX_BYTES:
        raise PasswordTooLongError(message_id="Kata sandi terlalu panjang.")
    from zxcvbn import zxcvbn  # word lists of some megabytes, loaded when the first password is chosen

    found = zxcvbn(password)
    if found["score"] < LEAST_SCORE:
        feedback = found["feedback"]
        raise PasswordTooWeakError(
            message_id="Kata sandi terlalu mudah ditebak. Pakai beberapa kata yang tidak berurutan.",
            details={"warning": feedback["warning"], "suggestions": feedback["suggestions"]},
        )
