"""What the server does, as plain functions: session first, keyword-only after the subject; they never commit.

Belongs here: everything between an edge (view, job, command) and the tables. Does not: requests, responses, jobs.
"""
