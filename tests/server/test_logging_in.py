"""Logging in under fire: no transaction is open while a password is compared, guesses are counted, phones go on."""

import base64
import statistics
import threading
import time

import pytest
from sqlalchemy import event

from server import attempts, auth
from server.db import session_scope
from server.models.actor import Account
from server.services import logins, passwords
from tests import factories
from tests.factories import PASSWORD
from tests.office import HEADERS

RINA = {"email": "rina@dinsos.test", "password": PASSWORD}


@pytest.fixture
def staffed(any_office):
    with any_office.session() as session:
        factories.make_user(session, "Rina", "supervisor", "3599")
    return any_office


def basic(password=PASSWORD, email=RINA["email"]):
    return {"Authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}


def form_list(office):
    return f"/v1/projects/{office.project_id}/formList"


def guess(office, password="salah-salah-salah", **options):
    return office.client.post("/login", data={**RINA, "password": password}, **options)


def account(office):
    with office.session() as session:
        return session.query(Account).filter_by(email=RINA["email"]).one()


@pytest.mark.parametrize("way", ["console", "basic"])
@pytest.mark.parametrize("password", [PASSWORD, "salah-salah-salah"])
def test_no_transaction_is_open_while_a_password_is_compared(staffed, monkeypatch, way, password):
    engine, open_now, seen = staffed.backends.engine, set(), []
    event.listen(engine, "begin", lambda connection: open_now.add(id(connection.connection.dbapi_connection)))
    for end in ("commit", "rollback"):
        event.listen(
            engine, end, lambda connection: open_now.discard(id(connection.connection.dbapi_connection))
        )
    real = passwords.verify_password

    def watched(stored, text):
        seen.append(set(open_now))
        return real(stored, text)

    monkeypatch.setattr(auth, "verify_password", watched)
    if way == "console":
        guess(staffed, password)
    else:
        staffed.client.get(form_list(staffed), headers={**HEADERS, **basic(password)})
        staffed.client.post(
            f"/v1/projects/{staffed.project_id}/submission", headers={**HEADERS, **basic(password)}
        )
    assert len(seen) == (1 if way == "console" else 2)
    assert seen == [set()] * len(seen)


def test_phones_write_while_passwords_are_compared(staffed, monkeypatch):
    """A comparison that hangs holds nothing that another writer needs."""
    started, go_on = threading.Event(), threading.Event()

    def slow(_stored, _text):
        started.set()
        assert go_on.wait(20)
        return False

    monkeypatch.setattr(auth, "verify_password", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(guess(staffed).status_code))
    thread.start()
    try:
        assert started.wait(20)
        with session_scope(staffed.backends.sessions) as session:
            session.query(Account).update({"language": "en"})
    finally:
        go_on.set()
        thread.join()
    assert answers == [401]


def test_account_is_locked_after_failures_and_its_password_does_not_open_it(staffed):
    assert [guess(staffed).status_code for _ in range(logins.MAX_FAILURES)] == [401] * 5
    assert account(staffed).locked_until is not None
    assert guess(staffed, PASSWORD).status_code == 401
    answer = staffed.client.get(form_list(staffed), headers={**HEADERS, **basic()})
    assert answer.status_code == 401
    assert account(staffed).failed_logins == 0, "a locked account counts nothing"


def test_right_password_forgets_failures(staffed):
    for way in ("console", "basic"):
        guess(staffed)
        assert account(staffed).failed_logins == 1
        if way == "console":
            assert guess(staffed, PASSWORD).status_code == 303
        else:
            assert staffed.client.get(form_list(staffed), headers={**HEADERS, **basic()}).status_code == 200
        assert account(staffed).failed_logins == 0


def test_guesses_at_the_same_time_all_count(staffed):
    with staffed.session() as session:
        checked = logins.find_credentials(session, RINA["email"])

    def fail():
        with staffed.session() as session:
            logins.count_failure(session, checked)

    threads = [threading.Thread(target=fail) for _ in range(logins.MAX_FAILURES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert account(staffed).locked_until is not None


def test_lock_that_came_while_the_password_was_compared_holds(staffed, monkeypatch):
    with staffed.session() as session:
        checked = logins.find_credentials(session, RINA["email"])
    for _ in range(logins.MAX_FAILURES):
        with staffed.session() as session:
            logins.count_failure(session, checked)
    with staffed.session() as session:
        assert logins.accept(session, checked) is None


def test_address_with_too_many_failures_waits_and_phones_from_there_do_not(office, monkeypatch):
    monkeypatch.setattr(attempts, "MAX_FAILURES", 3)
    with office.session() as session:
        factories.make_user(session, "Rina", "supervisor", "3599")
    phone = office.phone("Siti", "3599")
    there = {"REMOTE_ADDR": "203.0.113.7"}
    names = ("a@x.id", "b@x.id", "c@x.id")
    for name in names:
        office.client.post("/login", data={"email": name, "password": "x" * 12}, environ_base=there)
    refused = office.client.post("/login", data=RINA, environ_base=there)
    assert refused.status_code == 429
    assert "Tunggu 15 menit" in refused.text
    assert RINA["email"] in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    api = office.client.get(form_list(office), headers={**HEADERS, **basic()}, environ_base=there)
    assert api.status_code == 429
    own = office.client.get(phone.url("formList"), headers=HEADERS, environ_base=there)
    assert own.status_code == 200, "a phone behind the same address is served"
    bearer = {**HEADERS, "Authorization": f"Bearer {phone.token}"}
    assert office.client.get(form_list(office), headers=bearer, environ_base=there).status_code == 200
    elsewhere = office.client.post("/login", data=RINA, environ_base={"REMOTE_ADDR": "203.0.113.8"})
    assert elsewhere.status_code == 303


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "10.1.1.1", "203.0.113.7"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "1.2.3.4, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "1.2.3.4, 127.0.0.1", "1.2.3.4"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_our_proxy_says_who_called(office, peer, forwarded, address):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with office.app.test_request_context(
        "/login", environ_base={"REMOTE_ADDR": peer}, headers=headers
    ) as context:
        assert auth.caller_address(context.request, office.backends) == address


def test_only_a_few_passwords_are_compared_at_once(office, monkeypatch):
    """The others are told to come back: threads and memory stay free for phones."""
    inside, go_on, most = [], threading.Event(), []

    class Slow:
        def verify(self, _stored, _text):
            inside.append(1)
            most.append(len(inside))
            assert go_on.wait(20)
            inside.pop()
            return True

        def hash(self, _text):
            return "x"

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(guess(office).status_code)) for _ in range(12)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while len(answers) < 12 - passwords.AT_ONCE - passwords.WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
    assert answers == [503] * (12 - passwords.AT_ONCE - passwords.WAITING)
    go_on.set()
    for thread in threads:
        thread.join()
    assert max(most) <= passwords.AT_ONCE


def test_unknown_address_takes_as_long_as_a_known_one(office):
    """CPU time of this thread, medians of one run; a difference of a database row is lost in it."""
    with office.session() as session:
        factories.make_user(session, "Rina", "supervisor", "3599")
        factories.make_user(session, "Joko", "supervisor", "3599")
        joko = session.query(Account).filter_by(email="joko@dinsos.test").one()
        locked = logins.find_credentials(session, joko.email)
        for _ in range(logins.MAX_FAILURES):
            logins.count_failure(session, locked)

    def cost(email):
        began = time.process_time()
        with office.session() as session:
            checked = logins.find_credentials(session, email)
        assert not passwords.verify_password(checked.password_hash, "salah-salah-salah")
        return time.process_time() - began

    cost("warm@up.id")
    known = statistics.median(cost(RINA["email"]) for _ in range(3))
    for other in ("nobody@dinsos.test", "joko@dinsos.test"):
        assert 0.6 < statistics.median(cost(other) for _ in range(3)) / known < 1.7
