"""From the truth of a house to what its officer sees there, and the photo groups that are shared."""

from collections import defaultdict
from datetime import date

from server.demo.answers import Scene
from tests.real.truth import House

PROGRAMMES = {"PKH": "pkh", "BPNT": "sembako", "BLT-DD": "blt_dd"}
COMPONENTS = {
    "pkh_ibu_hamil": "ibu_hamil",
    "pkh_anak_usia_dini": "anak_usia_dini",
    "pkh_anak_sd": "sd",
    "pkh_anak_smp": "smp",
    "pkh_anak_sma": "sma",
    "pkh_lansia": "lansia",
    "pkh_disabilitas_berat": "disabilitas_berat",
}
PRESENCE = {"interviewed": "ada", "moved": "pindah_luar_desa", "deceased_alone": "meninggal_semua"}


def scene_of(house: House, photo: bytes | None) -> Scene:
    """What there is to see at this house."""
    register, truth = house.register, house.truth
    return Scene(
        name=register["head_name"],
        nik=register["nik_head"],
        no_kk=register["no_kk"],
        sex=register["sex_head"].lower(),
        born_on=date.fromisoformat(register["dob_head"]),
        rt=register["rt"],
        rw=register["rw"],
        address=register["address"],
        village_code=house.village,
        members=int(register["n_members"]),
        components=tuple(code for column, code in COMPONENTS.items() if register.get(column) == "1"),
        programmes=tuple(PROGRAMMES[name] for name in house.programmes),
        point=f"{truth['obs_lat']} {truth['obs_lon']} 0.0 {truth['obs_accuracy_m']}",
        started_at=house.started_at,
        seconds=house.seconds,
        presence=PRESENCE[truth["visit_result"]],
        head_is_dead=truth["deceased"] == "1",
        has_civil_servant=truth["asn_member"] == "1",
        refuses_sticker=truth["sticker_refused"] == "1",
        cars=int(truth["car"] or 0),
        motorcycles=int(truth["motorcycle"] or 0),
        ac=int(truth["ac"] or 0),
        power=_power(int(truth["electricity_va"] or 0)),
        land=_land(float(truth["land_ha"] or 0)),
        photo=photo,
    )


def _power(watts: int) -> str:
    return {450: "1", 900: "2", 1300: "3", 2200: "4"}.get(watts, "5" if watts > 2200 else "1")


def _land(hectares: float) -> str:
    if hectares <= 0:
        return "tidak_punya"
    bounds = ((0.1, "lt_1000"), (0.5, "m1000_5000"), (1.0, "m5000_10000"), (2.0, "m10000_20000"))
    return next((name for limit, name in bounds if hectares < limit), "gt_20000")


def photo_scenes(houses: list[House]) -> dict[str, tuple[str, str]]:
    """household id -> (scene, copy) of its photo: one scene for a photo group, re-encoded where the hashes differ."""
    groups: dict[str, list[House]] = defaultdict(list)
    for house in houses:
        if house.truth["photo_group"]:
            groups[house.truth["photo_group"]].append(house)
    shared = {house.id: group[0].truth["photo_house_sha256"] for group in groups.values() for house in group}
    return {
        house.id: (shared.get(house.id, house.truth["photo_house_sha256"]), house.truth["photo_house_sha256"])
        for house in houses
        if house.truth["photo_house_sha256"]
    }
