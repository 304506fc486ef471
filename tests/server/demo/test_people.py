"""Invented families: plainly invented, and otherwise as a register has them, odd rows included."""

from collections import Counter
from datetime import date

import pytest
import shapely

from server.demo.people import MARKS, Oddity, invent_families
from server.demo.places import invent_villages
from workers.nik import find_fault, is_provisional, read_birth_part

TODAY = date(2026, 11, 24)
FAMILIES = invent_families(invent_villages(), TODAY)


def of(oddity):
    return [family for family in FAMILIES if family.oddity == oddity]


def test_fifty_families_in_every_village():
    assert set(Counter(family.village.code for family in FAMILIES).values()) == {50}
    assert len({family.source_id for family in FAMILIES}) == len(FAMILIES) == 600


def test_everybody_is_plainly_invented():
    for family in FAMILIES:
        assert family.name.split()[-1] in MARKS
        assert family.nik[:2] == family.no_kk[:2] == "99"
        assert int(family.nik[-4:]) >= 9000
        assert family.oddity == Oddity.kk_is_nik or int(family.no_kk[-4:]) >= 9000


def test_cards_are_well_formed_and_each_is_one_family_s():
    assert len({family.nik for family in FAMILIES}) == len({family.no_kk for family in FAMILIES}) == 600
    for family in FAMILIES:
        assert find_fault(family.nik, TODAY) is None
        if family.oddity != Oddity.nik_of_other_birth:
            part = read_birth_part(family.nik)
            assert part is not None
            assert part.fits(family.born_on)
            assert part.sex == family.sex


def test_homes_stand_well_inside_their_village():
    assert all(shapely.contains_xy(family.village.shape.buffer(-0.0002), *family.home) for family in FAMILIES)


def test_pkh_families_have_a_component_and_room_for_it():
    pkh = [family for family in FAMILIES if "PKH" in family.programmes]
    assert 100 < len(pkh) < 250
    assert all(family.components and family.members > len(family.components) for family in pkh)


@pytest.mark.parametrize("oddity", Oddity)
def test_every_oddity_is_in_the_register(oddity):
    assert len(of(oddity)) >= 2


def test_odd_rows_are_odd_in_the_way_that_they_say():
    twins = Counter(family.registered_nik for family in of(Oddity.nik_twice))
    assert set(twins.values()) == {2}
    assert all(not family.registered_nik.isdecimal() for family in of(Oddity.nik_damaged))
    assert all(is_provisional(family.registered_nik) for family in of(Oddity.nik_provisional))
    assert all(family.no_kk == family.nik for family in of(Oddity.kk_is_nik))
    assert all(family.desil > 5 for family in of(Oddity.desil_too_high))


def test_ordinary_rows_have_the_number_of_the_card():
    assert all(family.registered_nik == family.nik for family in of(None))
