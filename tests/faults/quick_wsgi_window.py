"""What quick_wsgi.py and its tests agree on: importing the former opens an installation."""

WINDOW_S = 3.0
ENDLESS = "/test-endless"
