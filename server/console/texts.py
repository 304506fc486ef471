"""Words for codes, in the page's language. English here, Indonesian in translations/.

Belongs here: labels of states, kinds, severities, acts. Does not: texts of single pages (templates).
"""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

SEVERITIES = {"high": _("High"), "medium": _("Medium"), "low": _("Low"), "info": _("Info")}
SEVERITY_LETTERS = {"high": _("H"), "medium": _("M"), "low": _("L"), "info": _("I")}
KINDS = {
    "ineligible": _("Eligibility"),
    "protect": _("Protection"),
    "component": _("Components and overlaps"),
    "data": _("Register data"),
    "identity": _("Identity"),
    "location": _("Location"),
    "quality": _("Quality of the visit"),
    "workflow": _("Workflow"),
}
FINDING_STATES = {
    "open": _("Open"),
    "confirmed": _("Confirmed"),
    "dismissed": _("Dismissed"),
    "closed": _("No longer holds"),
}
CASE_STATES = {
    "open": _("Open"),
    "proposed": _("Proposed"),
    "returned": _("Returned"),
    "decided": _("Decided"),
}
QUEUE_STATES = {
    "todo": _("To work on"),
    "confirm": _("Waits for Dinsos"),
    "visit": _("Waits for a visit"),
    "decided": _("Decided"),
    "all": _("All"),
}
PROPOSALS = {
    "keep": _("Keep: still eligible"),
    "revisit": _("Revisit"),
    "graduation": _("Propose graduation"),
    "removal": _("Propose removal"),
    "correction": _("Correct the data"),
}
PROPOSALS_SHORT = {
    "keep": _("Keep"),
    "revisit": _("Revisit"),
    "graduation": _("Graduation"),
    "removal": _("Removal"),
    "correction": _("Correction"),
}
EVENTS = {
    "case.propose": _("proposed"),
    "case.confirm": _("confirmed the proposal"),
    "case.return": _("returned the proposal"),
    "case.reopen": _("The case opened again: new findings"),
    "case.visited": _("A new visit came in; the case is open again"),
    "finding.confirmed": _("confirmed finding"),
    "finding.dismissed": _("dismissed finding"),
    "finding.open": _("opened finding again"),
}
TASK_KINDS = {"visit": _("Visit"), "revisit": _("Revisit"), "correction": _("Correction")}
TASK_STATES = {"open": _("Open"), "done": _("Done"), "dropped": _("Dropped")}
RELATIONS = {
    "inside": _("inside the village"),
    "boundary": _("on the boundary"),
    "outside": _("outside the village"),
    "unknown": _("place not known"),
}
FORM_STATES = {"open": _("Open"), "closing": _("Closing"), "closed": _("Closed")}
PROGRAMMES = {
    "pkh": "PKH",
    "sembako": "Sembako",
    "bpnt": "BPNT",
    "pbi_jk": "PBI-JK",
    "blt_dd": "BLT-DD",
    "pkh_plus": "PKH Plus",
    "jatim_puspa": "Jatim Puspa",
    "ppse": "PPSE",
    "pip": "PIP",
}


def missing_text(code: str, findings: tuple[str, ...]) -> str:
    """One condition of the removal guard that does not hold, as a sentence."""
    codes = ", ".join(findings)
    if code == "evidence":
        return gettext(
            "Two open or confirmed eligibility findings (high or medium) from different forms, visits or officers, or "
            "one confirmed at a revisit by another officer."
        )
    if code == "doubt":
        return gettext(
            "Decide first on the open high findings about place, identity or quality of these visits: %(codes)s.",
            codes=codes,
        )
    if code == "photo":
        return gettext("A photo of the house or a signed letter that has arrived.")
    return gettext("A note of at least 15 characters.")
