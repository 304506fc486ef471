"""Which names a rule may use (questions, facts, settings, questions of other forms), and the nearest.

Belongs here: turning a name into a Reference, and the sentence for a name that there is not.
Does not: reading values (rules_read.py), types of whole expressions (rules_check.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from forms.definition import Choice, Field, FormDefinition
from forms.facts_catalog import FACTS, FIRES_PREFIX, find_fact
from forms.rule_terms import Level
from forms.rules_grammar import ExpressionError
from forms.rules_read import ROOT, Run, Scope, read_fact, read_question, read_setting
from forms.rules_types import Type, type_of_field
from forms.settings_catalog import SETTINGS


@dataclass(frozen=True)
class Reference:
    """Something that a rule reads.

    key: its name in evidence: 'jml_mobil', '$outside_m', '$aset.skor_aset'. choices: the texts it can be,
    None when open. chain: the repeats around it, outermost first. sensitive: evidence holds a mask instead of
    the value. words: choice -> labels by language, to explain with.
    """

    key: str
    type: Type
    scope: Scope
    run: Run
    chain: tuple[Scope, ...] = ()
    choices: frozenset[str] | None = None
    sensitive: bool = False
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def nearest(name: str, known: Iterable[str], pattern: str = "{}") -> str:
    """' Did you mean …?' with the known name most like this one, or '' when none is."""
    names = list(known)
    lower = {candidate.lower(): candidate for candidate in names}
    found = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f" Did you mean {pattern.format(lower[found[0]])}?" if found else ""


_CONTAINERS = frozenset({"structure", "repeat"})


def questions_of(definition: FormDefinition) -> Mapping[str, tuple[Field, ...]]:
    """Name -> the questions and calculations of that name, groups and repeats left out."""
    leaves = {
        name: tuple(item for item in fields if item.type not in _CONTAINERS)
        for name, fields in definition.by_name.items()
    }
    return {name: fields for name, fields in leaves.items() if fields}


class Names:
    """The names that one form's rules may use at one level.

    codes: all rules and checks there are, None when that is not known here.
    household_rules: those of the same sheet, whose outcome no other household rule can read.
    """

    def __init__(
        self,
        definition: FormDefinition,
        other_forms: Mapping[str, FormDefinition],
        codes: frozenset[str] | None = None,
        household_rules: frozenset[str] = frozenset(),
    ) -> None:
        self.form_id = definition.form_id
        self._forms = {"": definition, **other_forms}
        self._questions = {form: questions_of(item) for form, item in self._forms.items()}
        self._codes = codes
        self._household_rules = household_rules

    def question(self, name: str, at: int) -> Reference:
        """The question `${name}` of the form itself.

        Raises: ExpressionError when there is none, or more than one.
        """
        if name in self._questions[""]:
            return self._reference("", name, at)
        if name in self._forms[""].by_name:
            raise ExpressionError(f"${{{name}}} is a group or repeat, not a question", at)
        plain = name.removeprefix("$")
        if plain in FACTS or plain in SETTINGS:
            raise ExpressionError(f"the form has no question {name!r}. Did you mean ${plain}?", at)
        guess = nearest(name, self._questions[""], "${{{}}}")
        raise ExpressionError(f"the form has no question {name!r}.{guess}", at)

    def other(self, text: str, at: int) -> Reference:
        """The question of another form, written 'form.question'.

        Raises: ExpressionError when there is none.
        """
        form, _, name = text.partition(".")
        if not form or form not in self._forms:
            guess = nearest(form, filter(None, self._forms), "${}." + name)
            raise ExpressionError(f"there is no form {form!r}.{guess}", at)
        if name in self._questions[form]:
            return self._reference(form, name, at)
        guess = nearest(name, self._questions[form], f"${form}." + "{}")
        raise ExpressionError(f"form {form!r} has no question {name!r}.{guess}", at)

    def fact(self, name: str, level: Level, at: int) -> Reference:
        """The fact or setting `$name`.

        Raises: ExpressionError when there is none, or it is not for this level.
        """
        if name in SETTINGS:
            return Reference(f"${name}", SETTINGS[name].type, ROOT, read_setting(name))
        fact = find_fact(name)
        if fact is None:
            raise ExpressionError(f"there is no fact or setting ${name}.{self._guess_fact(name)}", at)
        if fact.level is Level.HOUSEHOLD and level is not Level.HOUSEHOLD:
            raise ExpressionError(f"${name} is only known to rules of level household", at)
        if name not in FACTS:
            self._check_code(name.removeprefix(FIRES_PREFIX), at)
        run = read_fact(name, fact.type, fact.choices)
        return Reference(f"${name}", fact.type, ROOT, run, choices=fact.choices)

    def place(self, text: str, level: Level) -> Reference:
        """What `{text}` in an explanation stands for: a question, a fact with or without $, or form.question.

        Raises: ExpressionError when it is none of these.
        """
        if text in self._questions[""] or not text:
            return self.question(text, 0)
        name = text.removeprefix("$")
        if "." in name:
            return self.other(name, 0)
        if find_fact(name) or name in SETTINGS or text != name:
            return self.fact(name, level, 0)
        return self.question(name, 0)

    def is_repeat(self, form: str, path: str) -> bool:
        """Whether a form ('' for the form itself) has a repeat at this path."""
        node = self._forms[form].by_path.get(path)
        return node is not None and node.type == "repeat"

    def _guess_fact(self, name: str) -> str:
        if name in self._questions[""]:
            return f" Did you mean ${{{name}}}?"
        return nearest(name, [*FACTS, *SETTINGS], "${}") or nearest(name, self._questions[""], "${{{}}}")

    def _check_code(self, code: str, at: int) -> None:
        if code in self._household_rules:
            raise ExpressionError(
                f"{code} is a household rule itself; household rules cannot read each other", at
            )
        if self._codes is not None and code not in self._codes:
            raise ExpressionError(f"there is no rule {code!r}.{nearest(code, self._codes, '$fires_{}')}", at)

    def _reference(self, form: str, name: str, at: int) -> Reference:
        fields = self._questions[form][name]
        if len(fields) > 1:
            paths = ", ".join(item.path for item in fields)
            raise ExpressionError(f"{name!r} stands in several groups ({paths}); rename one of them", at)
        item, scope = fields[0], (form, fields[0].repeat or "")
        listed = () if item.external else self._forms[form].choices.get(item.choices or "", ())
        kind = type_of_field(item)
        return Reference(
            key=f"${form}.{name}" if form else name,
            type=kind,
            scope=scope,
            run=read_question(scope, item.path, kind),
            chain=chain_of(self, scope),
            choices=frozenset(choice.name for choice in listed) or None,
            sensitive=item.sensitive,
            words=_words(listed),
        )


def _words(choices: tuple[Choice, ...]) -> Mapping[str, Mapping[str, str]]:
    return {choice.name: choice.labels for choice in choices}


def chain_of(names: Names, scope: Scope) -> tuple[Scope, ...]:
    """The scopes of the repeats around and at a scope, outermost first; () for a root."""
    form, path = scope
    steps = path.split("/")[1:]
    paths = ["/" + "/".join(steps[: count + 1]) for count in range(len(steps))]
    return tuple((form, item) for item in paths if names.is_repeat(form, item))


def common_chain(repeats: list[Scope], names: Names, at: int) -> tuple[Scope, ...]:
    """The longest chain of nested repeats among scopes.

    Raises: ExpressionError when two of them are not nested.
    """
    chains = sorted((chain_of(names, scope) for scope in repeats), key=len)
    for inner, outer in zip(chains[1:], chains, strict=False):
        if inner[: len(outer)] != outer:
            both = f"{outer[-1][1]} and {inner[-1][1]}"
            message = f"questions of two repeats, {both}, cannot be read row by row together"
            raise ExpressionError(message, at)
    return chains[-1] if chains else ()
