"""What a check is: the decorator, what it may answer, and the registry of all checks.

Belongs here: Check, its settings, its answers, and how one check is run. Does not: the checks
(workers.checks), the loaded catalogue (findings.py: whoever wants CATALOG imports it from there, so that all
families are in it).
Source: docs/semantics, section 2.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from forms.rule_terms import Kind, Outcome, Severity
from workers.facts import Facts, Reason
from workers.facts_case import CaseFacts
from workers.facts_officer import OfficerFacts

Evidence = Mapping[str, object]
Parameter = int | float | str | bool
_UNITS = {
    "m": "m",
    "s": "s",
    "min": "min",
    "h": "h",
    "kmh": "km/h",
    "pct": "%",
    "days": "days",
    "px": "px",
    "bits": "bits",
}


class Subject(StrEnum):
    """What a finding of the check is about. The function of a check about an officer takes OfficerFacts, about a case
    CaseFacts, all others Facts."""

    SUBMISSION = "submission"
    HOUSEHOLD = "household"
    OFFICER = "officer"
    CASE = "case"


@dataclass(frozen=True)
class Fires:
    """The check found something. severity: when it is not the check's own. peers: ids of the subjects that
    look alike."""

    evidence: Evidence
    severity: Severity | None = None
    peers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """The check could not look. Shown to people; never a pass. evidence: what helps to mend it."""

    reason: Reason
    evidence: Evidence = field(default_factory=dict)


class _NotApplicable(Enum):
    NOT_APPLICABLE = "not_applicable"


NOT_APPLICABLE = _NotApplicable.NOT_APPLICABLE
Answer = Fires | Unknown | _NotApplicable | None


@dataclass(frozen=True)
class Finding:
    """What a check says about one subject. evidence is plain JSON; of an unknown it holds `reason`.

    version and parameters are those that were in force, so that it can be explained years later.
    peers: submission ids, or household ids when the subject is a household; none of officers and cases.
    """

    code: str
    kind: Kind
    severity: Severity
    outcome: Outcome
    evidence: Evidence
    peers: tuple[int, ...] = ()
    subject: Subject = Subject.SUBMISSION
    version: int = 1
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True)
class Knob:
    """What people see of a setting, and what it may be. label_id, label_en: '' = the parameter's name.

    unit: None = from the name's last part. minimum, maximum: inclusive, None = any.
    shared: name of the rules' setting (forms.settings_catalog) that holds the value, '' = the check's own:
    one threshold has one place, also where a form's rule reads it as `$name`.
    """

    label_id: str = ""
    label_en: str = ""
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    shared: str = ""


@dataclass(frozen=True)
class Setting:
    """A knob of a check: a keyword-only parameter with its default. unit: from the name's last part, '' for
    a count. label: by language, 'id' and 'en'; the other fields: see Knob."""

    name: str
    default: Parameter
    unit: str
    label: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    shared: str = ""

    def read(self, value: object) -> Parameter:
        """The value as the default's type. Raises: ValueError when it is not one, or out of bounds."""
        found = self._read(value)
        if isinstance(found, int | float) and not isinstance(found, bool):
            if self.minimum is not None and found < self.minimum:
                raise ValueError(f"{self.name} must be at least {self.minimum:g}")
            if self.maximum is not None and found > self.maximum:
                raise ValueError(f"{self.name} must be at most {self.maximum:g}")
        return found

    def _read(self, value: object) -> Parameter:
        if isinstance(self.default, bool):
            return _read_bool(value)
        if isinstance(self.default, str):
            return str(value)
        number = float(str(value))
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError(f"{self.name} is not finite")
        if isinstance(self.default, float):
            return number
        if number != int(number):
            raise ValueError(f"{self.name} must be a whole number")
        return int(number)


def _read_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "ya": True, "0": False, "false": False, "tidak": False}
    try:
        return words[str(value).strip().lower()]
    except KeyError as error:
        raise ValueError(f"{value!r} is not yes or no") from error


@dataclass(frozen=True)
class Check:
    """A registered check. label, explain: texts by language, 'id' and 'en'; explain has {places} for
    evidence."""

    code: str
    kind: Kind
    severity: Severity
    version: int
    source: str
    label: Mapping[str, str]
    explain: Mapping[str, str]
    subject: Subject
    settings: Mapping[str, Setting]
    function: Callable[..., Answer]

    def parameters(self, given: Mapping[str, object]) -> dict[str, Parameter]:
        """The settings in force: the defaults, overridden by what is given.

        Raises: ValueError for a setting that the check does not have, or a value of another type.
        """
        foreign = sorted(given.keys() - self.settings.keys())
        if foreign:
            raise ValueError(f"{self.code} has no setting {', '.join(foreign)}")
        return {
            name: setting.read(given[name]) if name in given else setting.default
            for name, setting in self.settings.items()
        }

    def run(self, facts: Facts | OfficerFacts | CaseFacts, given: Mapping[str, object]) -> Finding:
        """The finding with its outcome, whatever it is. Raises: what the check raises; ValueError as
        parameters()."""
        parameters = self.parameters(given)
        answer = self.function(facts, **parameters)
        if answer is None or answer is NOT_APPLICABLE:
            outcome = Outcome.CLEAR if answer is None else Outcome.NOT_APPLICABLE
            return self._finding(outcome, {}, parameters)
        return self.finding(answer, parameters)

    def finding(self, answer: Fires | Unknown, parameters: Mapping[str, Parameter]) -> Finding:
        """What the check's function answered with these settings, as a finding."""
        if isinstance(answer, Fires):
            return self._finding(Outcome.FIRES, answer.evidence, parameters, answer.severity, answer.peers)
        evidence = {"reason": answer.reason.value, **answer.evidence}
        return self._finding(Outcome.UNKNOWN, evidence, parameters)

    def failed(self) -> Finding:
        """The finding of a check that broke: unknown, reason `error`."""
        return self._finding(Outcome.UNKNOWN, {"reason": Reason.ERROR.value}, {})

    def _finding(
        self,
        outcome: Outcome,
        evidence: Evidence,
        parameters: Mapping[str, Parameter],
        severity: Severity | None = None,
        peers: tuple[int, ...] = (),
    ) -> Finding:
        return Finding(
            self.code,
            self.kind,
            severity or self.severity,
            outcome,
            evidence,
            peers,
            self.subject,
            self.version,
            parameters,
        )


REGISTRY: dict[str, Check] = {}
"""Filled by the decorator as families are imported; read it as workers.findings.CATALOG."""


def check(
    code: str,
    *,
    kind: Kind,
    severity: Severity,
    source: str,
    label_id: str,
    label_en: str,
    explain_id: str,
    explain_en: str,
    version: int = 1,
    subject: Subject = Subject.SUBMISSION,
    knobs: Mapping[str, Knob] | None = None,
    registry: dict[str, Check] = REGISTRY,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Registers a function over the facts of its subject as a check; the function itself stays as it was.

    Args: source: where the rule comes from. version: raise it whenever the meaning changes. The function's
    keyword-only parameters, each with a default, are its settings; knobs: what people see of them, by name.
    Raises: ValueError at import for a code that is taken, a parameter without default, a knob without
    parameter.
    """

    def register(function: Callable[..., Answer]) -> Callable[..., Answer]:
        if code in registry:
            raise ValueError(f"check code {code} is taken by {registry[code].function.__name__}")
        registry[code] = Check(
            code=code,
            kind=kind,
            severity=severity,
            version=version,
            source=source,
            label={"id": label_id, "en": label_en},
            explain={"id": explain_id, "en": explain_en},
            subject=subject,
            settings=_read_settings(function, knobs or {}),
            function=function,
        )
        return function

    return register


def _read_settings(function: Callable[..., Answer], knobs: Mapping[str, Knob]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if not isinstance(parameter.default, Parameter):
            raise ValueError(f"setting {name} of {function.__name__} needs a plain default")
        settings[name] = _setting(name, parameter.default, knobs.get(name, Knob()))
    if foreign := sorted(knobs.keys() - settings.keys()):
        raise ValueError(f"{function.__name__} has no parameter {', '.join(foreign)}")
    return settings


def _setting(name: str, default: Parameter, knob: Knob) -> Setting:
    return Setting(
        name=name,
        default=default,
        unit=_UNITS.get(name.rpartition("_")[2], "") if knob.unit is None else knob.unit,
        label={"id": knob.label_id or name, "en": knob.label_en or name},
        minimum=knob.minimum,
        maximum=knob.maximum,
        shared=knob.shared,
    )
