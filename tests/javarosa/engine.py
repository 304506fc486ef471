"""JavaRosa, the engine inside ODK Collect: load a form, fill it at random, write the submission.

Belongs here: compiling the Java sources beside this file against the JavaRosa of pyxform, the process and its
line protocol. Not here: what Collect does with network, photographs and entities (`tests.collect_phone`).
"""

import atexit
import json
import os
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyxform

SOURCES = Path(__file__).parent
JAVAROSA_JAR = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
ANSWER_TIMEOUT_S = 120.0
JOMBANG_BOX = (-7.65, 112.15, -7.45, 112.35)


class EngineError(Exception):
    """JavaRosa refused something; the text is Java's, or names the question that cannot be answered."""


class EngineUnavailable(Exception):
    """There is no Java compiler, or the engine did not start."""


@dataclass(frozen=True)
class Device:
    """What the property preloads of a form get: the settings screen "form metadata" of Collect."""

    device_id: str = "collect:0123456789abcdef"
    username: str = ""
    phone_number: str = ""
    email: str = ""

    def properties(self) -> dict[str, str]:
        """Preload names and values, unknown ones left out as Collect does."""
        values = {"username": self.username, "phonenumber": self.phone_number, "email": self.email}
        plain = {"deviceid": self.device_id} | {name: value for name, value in values.items() if value}
        return plain | {f"uri:{name}": value for name, value in plain.items()}


@dataclass(frozen=True)
class Place:
    """Where the phone stands: box (south, west, north, east) in degrees, accuracy (best, worst) in metres."""

    box: tuple[float, float, float, float] = JOMBANG_BOX
    accuracy_m: tuple[float, float] = (3.0, 15.0)
    location_on: bool = True

    @classmethod
    def at(cls, latitude: float, longitude: float, accuracy_m: float = 5.0) -> "Place":
        """A spot; fixes still scatter about 3 m around it."""
        return cls((latitude, longitude, latitude, longitude), (accuracy_m, accuracy_m))


@dataclass(frozen=True)
class Filling:
    """What was answered: `answers` by path of every relevant question ("" = left open), in form order."""

    answers: dict[str, str]
    media: dict[str, str]
    """Path of the question to the file name in the answer; the files themselves do not exist yet."""
    unused_hints: list[str] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """The first answer to a question of that name; None when it was not asked."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        """The answers to a question of that name, one per row if it stands in a repeat."""
        return [text for path, text in self.answers.items() if path.rsplit("/", 1)[1] == name]


def find_jdk() -> Path:
    """The bin folder of a JDK, from JAVA_HOME or PATH. Raises EngineUnavailable when there is none."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin/javac").exists():
        return Path(home) / "bin"
    found = shutil.which("javac")
    if found is None:
        raise EngineUnavailable(
            "javac not found: the JavaRosa engine needs a JDK 17 or newer on PATH or JAVA_HOME"
        )
    return Path(found).resolve().parent


@cache
def compiled_classes() -> Path:
    """A folder with the compiled engine; made once per process, removed with it."""
    folder = tempfile.mkdtemp(prefix="sisir-engine-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command: list[str | Path] = [
        find_jdk() / "javac",
        "-encoding",
        "UTF-8",
        "-cp",
        JAVAROSA_JAR,
        "-d",
        folder,
    ]
    done = subprocess.run(
        [*command, *sorted(SOURCES.glob("*.java"))], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EngineUnavailable(done.stderr)
    return Path(folder)


class Engine:
    """One JavaRosa process; a context manager. Not for use by several threads at once."""

    def __init__(self, *, timezone: str = "Asia/Jakarta") -> None:
        class_path = os.pathsep.join([str(compiled_classes()), str(JAVAROSA_JAR)])
        options = [
            f"-Duser.timezone={timezone}",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-Dfile.encoding=UTF-8",
        ]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [find_jdk() / "java", *options, "-cp", class_path, "Engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self, form: Path, media: Path, device: Device | None = None) -> list[str]:
        """Parse warnings of an XForm whose external instances lie in the folder `media` (jr://file-csv/, jr://file/).

        Raises EngineError with JavaRosa's message when the form or an instance cannot be read.
        """
        properties = (device or Device()).properties()
        answer = self._ask("load", form=str(form), media=str(media), properties=properties)
        return list(answer["warnings"])

    def fill(
        self,
        seed: int,
        hints: Mapping[str, Any] | None = None,
        *,
        place: Place | None = None,
        duration_s: int = 0,
        optional_share: float = 0.5,
    ) -> Filling:
        """A new instance of the loaded form, answered as its constraints allow, and finalised.

        Args:
            seed: same seed, form and media: same answers (uuids, file names and today aside).
            hints: answers wanted, by node name, path, or path with row numbers (`/data/art[2]/umur`). A text;
                "" leaves the question open; a list gives one per row; {"any": [...]} one of them. The name of
                a repeat without a count question gives its number of rows.
            duration_s: how long ago the interview began, seen in the `start` preload.
            optional_share: part of the questions not required that is answered, 0 to 1.

        Raises: EngineError naming the question, when 40 attempts found no way to finish the form.
        """
        stand = place or Place()
        answer = self._ask(
            "fill",
            seed=seed,
            hints=dict(hints or {}),
            place={"box": stand.box, "accuracy": stand.accuracy_m},
            location_on=stand.location_on,
            duration_s=duration_s,
            optional_share=optional_share,
        )
        return Filling(answer["answers"], answer["media"], answer["unused_hints"])

    def validate(self) -> tuple[str, str] | None:
        """None when the filled instance may be finalised; else path and reason of the first problem."""
        problem = self._ask("validate")["problem"]
        return (problem[0], problem[1]) if problem else None

    def serialize(self, path: Path) -> Path:
        """The same path, now holding the submission XML: irrelevant nodes are absent, as Collect sends it."""
        self._ask("serialize", path=str(path))
        return path

    def close(self) -> None:
        """Ends the process; harmless when it has ended."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def _ask(self, command: str, **fields: Any) -> dict[str, Any]:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"command": command} | fields).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise EngineUnavailable(self._last_words()) from error
        answer: dict[str, Any] = json.loads(self._read_line())
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer

    def _read_line(self) -> bytes:
        assert self._process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            if not waiting.select(ANSWER_TIMEOUT_S):
                self._process.kill()
                raise EngineUnavailable(f"no answer from JavaRosa within {ANSWER_TIMEOUT_S:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise EngineUnavailable(self._last_words())
        return line

    def _last_words(self) -> str:
        if self._errors.closed:
            return "the engine was closed"
        self._errors.seek(0)
        return "the engine ended: " + self._errors.read().decode(errors="replace")[-2000:]
