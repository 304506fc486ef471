"""The only package that knows Flask, SQL and people; nothing imports it.

Inside: config, errors < db < models < permissions, services < jobs, auth < openrosa, api, console < app < cli, wsgi.
"""
