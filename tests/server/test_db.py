"""What the database module adds to SQLAlchemy, on both databases."""

from sqlalchemy import select

from server.db import one_of, single_reads
from server.models.actor import Role


def test_one_of_finds_numbers_and_texts(any_office):
    with any_office.session() as session:
        by_id = session.scalars(
            select(Role.system).where(one_of(Role.id, [1, 2, None, 999])).order_by(Role.id)
        )
        assert by_id.all() == ["admin", "app-user"]
        by_text = select(Role.id).where(one_of(Role.system, {"admin", "it's", "%"}))
        assert session.scalars(by_text).all() == [1]
        assert session.scalars(select(Role.id).where(one_of(Role.id, []))).all() == []


def test_single_reads_see_what_was_committed_meanwhile(any_office):
    with single_reads(any_office.backends.sessions) as session:
        assert session.scalars(select(Role.name).where(Role.id == 1)).one()
    with any_office.session() as session:
        session.get_one(Role, 1).name = "Admin Baru"
    with single_reads(any_office.backends.sessions) as session:
        assert session.scalars(select(Role.name).where(Role.id == 1)).one() == "Admin Baru"
