"""One sentence that says why a rule fired, for people.

Belongs here: choosing a language, filling the places of an explanation, a sentence when the author wrote
none. Does not: evidence (rules_evidence.py).
"""

from collections.abc import Mapping

from forms.rules import PLACE, ROWS_PLACE, Rule
from forms.rules_evidence import ROWS_KEY
from forms.rules_names import Reference
from forms.rules_table import language_code

_WORDS: Mapping[str, Mapping[object, str]] = {
    "id": {None: "tidak diketahui", True: "ya", False: "tidak"},
    "en": {None: "not known", True: "yes", False: "no"},
}


def render_explanation(rule: Rule, evidence: Mapping[str, object], language: str = "id") -> str:
    """The rule's explanation in a language, evidence in its places; without one, label and evidence.

    Args: language: a code ('id') or a name as the sheet writes it. A language the sheet lacks falls back to
    its first.
    """
    text = pick_text(rule.explain, language)
    if text:
        return PLACE.sub(lambda found: _fill(found[1].strip(), rule, evidence, language), text)
    label = pick_text(rule.labels, language) or rule.name
    read = [
        f"{reference.key} = {_say(evidence[reference.key], reference, language)}"
        for reference in rule.references
        if reference.key in evidence
    ]
    return f"{label}: {'; '.join(read)}." if read else f"{label}."


def pick_text(texts: Mapping[str, str], language: str) -> str:
    """The text of a language, by name or code; else the first there is, else ''."""
    code = language_code(language)
    matching = [text for name, text in texts.items() if language_code(name) == code]
    return next(iter([*matching, *texts.values()]), "")


def _fill(name: str, rule: Rule, evidence: Mapping[str, object], language: str) -> str:
    reference = rule.places.get(name)
    if reference is None:
        return _say(evidence.get(ROWS_KEY if name == ROWS_PLACE else name), None, language)
    return _say(evidence.get(reference.key), reference, language)


def _say(value: object, reference: Reference | None, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(_say(item, reference, language) for item in value)
    words = _WORDS.get(language_code(language), _WORDS["en"])
    if value is None or isinstance(value, bool):
        return words[value]
    labels = reference.words.get(str(value), {}) if reference else {}
    return pick_text(labels, language) or str(value)
