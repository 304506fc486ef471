"""What an installation needs on disk before anything can be opened: its folder and the office key."""

import os

from media.sealing import new_key
from server.config import Config


def prepare(config: Config) -> None:
    """Folders and office key. An existing key is never replaced."""
    config.var.mkdir(parents=True, exist_ok=True)
    if config.key is None and not config.key_file.exists():
        descriptor = os.open(config.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
