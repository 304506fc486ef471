"""What phones fetch: form list, form, manifest, media, with their hashes and headers."""

import hashlib
from xml.etree import ElementTree

import pytest

from tests.flows.shapes import FORM, HEADERS

LIST = "{http://openrosa.org/xforms/xformsList}"


@pytest.fixture
def phone(office):
    office.publish(FORM)
    return office.phone()


def test_the_list_names_the_form_and_hashes_the_bytes_served(office, phone):
    answer = office.client.get(phone.url("formList?deviceID=collect%3Ax"), headers=HEADERS)
    assert answer.status_code == 200
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    entry = ElementTree.fromstring(answer.data).find(f"{LIST}xform")
    texts = {child.tag.removeprefix(LIST): child.text for child in entry}
    assert (texts["formID"], texts["name"], texts["version"]) == ("uji", "Uji Coba", "1")
    assert "manifestUrl" not in texts
    address = texts["downloadUrl"]
    assert address.startswith(f"http://sisir.test/v1/key/{phone.token}/")
    served = office.client.get(address.removeprefix("http://sisir.test"))
    assert served.content_type == "application/xml; charset=utf-8"
    assert texts["hash"] == "md5:" + hashlib.md5(served.data).hexdigest()


def test_an_unchanged_form_is_304(office, phone):
    first = office.client.get(phone.url("forms/uji.xml"))
    again = office.client.get(phone.url("forms/uji.xml"), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_list_can_be_narrowed_to_one_form(office, phone):
    assert b"<formID>" in office.client.get(phone.url("formList?formID=uji"), headers=HEADERS).data
    assert b"<formID>" not in office.client.get(phone.url("formList?formID=lain"), headers=HEADERS).data


def test_closed_forms_are_not_listed_and_not_readable(office, phone):
    with office.session() as session:
        office.form(session, "uji").state = "closed"
    assert b"<formID>" not in office.client.get(phone.url("formList"), headers=HEADERS).data
    assert office.client.get(phone.url("forms/uji.xml")).status_code == 403


def test_preflight_is_204_with_the_advertised_length(office, phone):
    answer = office.client.head(phone.url("submission"), headers=HEADERS)
    assert answer.status_code == 204
    assert answer.headers["X-OpenRosa-Accept-Content-Length"] == "100000000"


def test_unknown_things_are_404_in_the_protocols_words(office, phone):
    for rest in ("forms/nothing/manifest", "datasets/nothing/integrity"):
        answer = office.client.get(phone.url(rest), headers=HEADERS)
        assert answer.status_code == 404
        assert b"OpenRosaResponse" in answer.data


def test_an_older_version_stays_available(office, phone):
    office.publish(FORM.replace(b"| uji     | 1       |", b"| uji     | 2       |"))
    assert office.client.get(phone.url("forms/uji/versions/1.xml")).status_code == 200
    assert b"<version>2</version>" in office.client.get(phone.url("formList"), headers=HEADERS).data
