"""How tests ask one check."""

from forms.rule_terms import Outcome
from workers.checking import Finding
from workers.facts import Facts
from workers.findings import CATALOG


def ask(code: str, facts: Facts, **settings: object) -> Finding:
    return CATALOG[code].run(facts, settings)


def outcome(code: str, facts: Facts, **settings: object) -> Outcome:
    return ask(code, facts, **settings).outcome


def reason(code: str, facts: Facts) -> object:
    """Why the check could not look; None when it could."""
    return ask(code, facts).evidence.get("reason")


FIRES, CLEAR, UNKNOWN, NOT_APPLICABLE = Outcome.FIRES, Outcome.CLEAR, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
