import pytest

from forms.compile_messages import mistake_of, validate_mistake

ROWS = {("name", "a"): 2, ("name", "c"): 4, ("type", "txt"): 3}


def find_row(column, value):
    return ROWS.get((column, value))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "[row : 5] On the 'choices' sheet, the 'name' value is invalid. Choice names …",
            ("choices", 5, "name"),
        ),
        ("[row : 2] List name not in choices sheet: x", ("survey", 2, "type")),
        ("[row : 7] Question or group with no name.", ("survey", 7, None)),
        ("Unknown question type 'txt'.", ("survey", 3, "type")),
        ("The survey element named 'a' has no label or hint.", ("survey", 2, "label")),
        ("The survey element named 'zz' has no label or hint.", (None, None, "label")),
        ("Invalid headers provided for sheet: 'survey'. One or more …", ("survey", None, None)),
        ("[row : 1] On the 'entities' sheet, one or more column names are invalid.", ("entities", 1, None)),
        ("Something else", (None, None, None)),
    ],
)
def test_places_in_messages_of_pyxform(text, place):
    mistake = mistake_of(text, find_row)
    assert (mistake.sheet, mistake.row, mistake.column) == place
    assert "[row" not in mistake.message


def test_a_hint_says_what_to_do():
    assert mistake_of("Unknown question type 'txt'.", find_row).message.startswith(
        "Unknown question type 'txt'. Check"
    )


TRACE = """

>> XForm is invalid.
org.javarosa.xform.parse.XFormParseException: Encountered a problem with display condition for node [/data/g/a] at line: foo(, Mismatched brackets
\tat org.javarosa.xform.parse.X.y(X.java:180)
Caused by: org.javarosa.xpath.XPathSyntaxException
\t... 5 more

The following files failed validation:
form.xml

Result: Invalid
"""


def test_validates_trace_becomes_one_sentence_with_its_place():
    mistake = validate_mistake(TRACE, find_row)
    assert (mistake.sheet, mistake.row, mistake.column) == ("survey", 2, "relevant")
    assert mistake.message == (
        "ODK Validate: Encountered a problem with display condition for node [${a}] at line: foo(, "
        "Mismatched brackets. Mend the expression; the phone could not open this form."
    )


def test_nodes_of_a_cycle_are_named():
    text = "org.x.FooException: Cycle detected in form's logic!\nThe nodes:\n/data/c\n/data/b\n\tat x.y(Z.java)\n"
    mistake = validate_mistake(text, find_row)
    assert "${c} ${b}" in mistake.message
    assert "circle" in mistake.message
    assert mistake.row == 4


def test_silence_is_still_a_mistake():
    assert "invalid" in validate_mistake("", find_row).message
