"""Known vulnerabilities of the pinned dependencies: `python .ci/audit.py constraints.txt`, part of `make check`.

Fails on any finding. Where no vulnerability service answers (a machine without internet, an index that is a mirror without
one), it says so loudly and passes: a check that needs the world must not stop somebody in a village office. Nothing is
ignored here; a finding that cannot be mended yet would be named in CHANGES.md first.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

SERVICES = ("pypi", "osv")
SECONDS = 120


def main(path: str) -> int:
    """Asks the services one after the other; the first that knows the packages decides. Returns: exit status."""
    said = []
    for service in SERVICES:
        status, text = judge(ask(path, service))
        if status is not None:
            sys.stdout.write(f"{text}\n")
            return status
        said.append(f"{service}: {text}")
    print_loudly(said)
    return 0


def ask(path: str, service: str) -> str | None:
    """What pip-audit says as JSON; None when it did not come to an end."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", path, "--no-deps", "--disable-pip", "--format", "json",
        "--progress-spinner", "off", "--vulnerability-service", service, "--timeout", "10",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.stdout.startswith("{") else None


def judge(answer: str | None) -> tuple[int | None, str]:
    """(exit status, what to say) of an answer; status None when the service looked at nothing."""
    if answer is None:
        return None, "does not answer"
    packages = json.loads(answer)["dependencies"]
    looked = [package for package in packages if "skip_reason" not in package]
    skipped = sorted(package["name"] for package in packages if "skip_reason" in package)
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in looked
        for flaw in package.get("vulns", ())
    ]
    if found:
        return 1, "Vulnerable dependencies, to be upgraded in constraints.txt:\n  " + "\n  ".join(found)
    if not looked:
        return None, f"knows none of {len(packages)} packages"
    note = f"; NOT LOOKED AT: {', '.join(skipped)}" if skipped else ""
    return 0, f"No known vulnerability in {len(looked)} dependencies{note}."


def print_loudly(said: Sequence[str]) -> None:
    """That nothing was audited, so that nobody takes it for a clean bill."""
    line = "!" * 100
    head = "!! DEPENDENCIES WERE NOT AUDITED: no vulnerability service could be asked."
    end = "!! Run `make check` again on a machine with internet before a release."
    sys.stdout.write("\n".join([line, head, *(f"!!   {text}" for text in said), end, line, ""]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
