"""Who may come through which door with what: walks over the URL map, hostile values, bytes at rest, logs."""
