"""Settings: thresholds that the office may change, dated and per area.

Belongs here: which value holds where and when. Does not: the catalogue of names, types and defaults
(forms.settings_catalog for rules, workers.findings.CATALOG for checks).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.settings_catalog import SETTINGS
from server.db import now
from server.errors import BadValueError
from server.models.setting import Setting
from server.scope import covers
from server.services import audit
from workers.checking import Setting as CheckSetting
from workers.findings import CATALOG

MAX_VALUE = 10**12
_SHARED = tuple(
    (check.code, knob.name, knob.shared)
    for check in CATALOG.values()
    for knob in check.settings.values()
    if knob.shared
)


@dataclass(frozen=True)
class SettingTable:
    """Every value that was set, read once for a batch of submissions."""

    rows: tuple[tuple[str, str, date, str], ...]
    """(name, area code, from day, value), later days last."""

    def values_at(self, area_path: str | None, day: date) -> Mapping[str, Decimal]:
        """name -> the value of that day, of the smallest area that has one; defaults where nothing was set."""
        found = {name: Decimal(item.default) for name, item in SETTINGS.items() if item.default is not None}
        best: dict[str, tuple[int, date]] = {}
        for name, area, from_on, value in self.rows:
            if from_on > day or (area and not covers(area, area_path or "")):
                continue
            rank = (len(area), from_on)
            if name not in best or rank >= best[name]:
                best[name] = rank
                found[name] = Decimal(value)
        return found


def knobs_of(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """What checks may be told: 'SP03.tolerance_m' = 200 -> {'SP03': {'tolerance_m': 200}}; and what they share with the rules
    of forms.
    """
    knobs: dict[str, dict[str, object]] = {}
    for code, knob, shared in _SHARED:
        if shared in values:
            knobs.setdefault(code, {})[knob] = values[shared]
    for name, value in values.items():
        code, dot, knob = name.partition(".")
        if dot:
            knobs.setdefault(code, {})[knob] = value
    return knobs


def load_settings(session: Session) -> SettingTable:
    """Every value that was set."""
    rows = session.execute(
        select(Setting.name, Setting.area_code, Setting.from_on, Setting.value).order_by(
            Setting.from_on, Setting.id
        )
    )
    return SettingTable(tuple((row.name, row.area_code, row.from_on, row.value) for row in rows))


def set_value(
    session: Session,
    name: str,
    value: str,
    *,
    from_on: date,
    area_code: str = "",
    actor_id: int | None = None,
) -> None:
    """A value that holds in an area from a day on; the same name, area and day again replaces it.

    Raises: BadValueError for an unknown name, or a value that is no number or out of the setting's bounds.
    """
    knob = find_knob(name)
    if name not in SETTINGS and knob is None:
        raise BadValueError(
            f"there is no setting {name!r}", message_id=f"Tidak ada pengaturan bernama {name}."
        )
    try:
        number = Decimal(value.strip().replace(",", "."))
    except InvalidOperation as error:
        raise BadValueError(
            f"{value!r} is no number", message_id="Isi dengan angka, tanpa titik ribuan."
        ) from error
    if not number.is_finite() or abs(number) > MAX_VALUE:
        raise BadValueError(f"{value!r} is out of range", message_id="Angka ini di luar batas yang wajar.")
    if knob is not None:
        _require_fit(knob, number)
    code = area_code.strip().replace(".", "")
    old = session.scalar(
        select(Setting).where(Setting.name == name, Setting.area_code == code, Setting.from_on == from_on)
    )
    if old is None:
        old = Setting(name=name, area_code=code, from_on=from_on, value="", created_at=now())
        session.add(old)
    old.value, old.set_by_id = str(number), actor_id
    audit.record(
        session, actor_id, "setting.set", None, {"name": name, "area": code, "from": from_on.isoformat()}
    )
    session.flush()


def missing_settings(session: Session, names: Iterable[str]) -> list[str]:
    """Settings among these that have neither a value nor a default: rules that read them are unknown."""
    known = set(session.scalars(select(Setting.name)))
    return sorted(name for name in names if name not in known and SETTINGS[name].default is None)


def find_knob(name: str) -> CheckSetting | None:
    """The knob of a check that 'SP03.tolerance_m' names; None for any other name, and for one that rules share."""
    code, _, knob = name.partition(".")
    found = CATALOG[code].settings.get(knob) if code in CATALOG else None
    return found if found is not None and not found.shared else None


def _require_fit(knob: CheckSetting, number: Decimal) -> None:
    try:
        knob.read(number)
    except ValueError as error:
        limits = [
            f"{word} {bound:g}"
            for word, bound in (("paling kecil", knob.minimum), ("paling besar", knob.maximum))
            if bound is not None
        ]
        needed = ", ".join(["bilangan bulat"] * isinstance(knob.default, int) + limits) or "angka"
        raise BadValueError(
            str(error), message_id=f"Nilai ini tidak dapat dipakai; isi: {needed}."
        ) from error
