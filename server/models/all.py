"""Every model module, imported for its tables: for migrations, tests and mapper configuration."""

from server.models import (  # noqa: F401
    actor,
    area,
    audit,
    blob,
    case,
    entity,
    finding,
    form,
    household,
    norm,
    project,
    setting,
    submission,
    task,
    village_count,
)
