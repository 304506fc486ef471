"""The parts of the fake phone `tests.collect_phone`; none of them imports the server."""
