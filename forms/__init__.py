"""What a form is and what it says: XLSForms, XForms, submissions, entities, rules.

Belongs here: everything that can be said about a form or a submission from its bytes alone.
Does not: Flask, SQL, storage, network, people. Nothing here imports media, workers or server.
"""
