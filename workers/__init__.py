"""Work that needs no database: geography, checks over facts, and how work is queued.

May import forms and media. Never imports server.
"""
