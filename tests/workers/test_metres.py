import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from workers.geography import metres_per_degree_array
from workers.metres import distance_between_m, metres_per_degree

GEOD = Geod(ellps="WGS84")
lats = st.floats(-11, 6)
lons = st.floats(95, 141)
steps = st.floats(-0.9, 0.9)


@given(lats, lons, steps, steps)
def test_distances_agree_with_the_geodesic_within_a_thousandth(
    lat: float, lon: float, north: float, east: float
) -> None:
    _, _, geodesic_m = GEOD.inv(lon, lat, lon + east, lat + north)
    assert distance_between_m(lat, lon, lat + north, lon + east) == pytest.approx(
        geodesic_m, rel=1e-3, abs=0.001
    )


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-80, 80), st.floats(-180, 180))
def test_far_distances_are_right_within_a_hundredth(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    _, _, geodesic_m = GEOD.inv(lon1, lat1, lon2, lat2)
    assert distance_between_m(lat1, lon1, lat2, lon2) == pytest.approx(geodesic_m, rel=0.01, abs=1.0)


def test_arrays_give_what_single_latitudes_give() -> None:
    x, y = metres_per_degree_array(np.array([-7.5, 0.0]))
    assert (x[0], y[0]) == pytest.approx(metres_per_degree(-7.5))
    assert (x[1], y[1]) == pytest.approx((111319.49, 110574.28), abs=0.01)
