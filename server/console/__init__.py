"""The web console: pages for supervisors, Dinsos and admins. Server-rendered; every page works without JavaScript."""
