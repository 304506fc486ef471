"""The phones' door: form list, form, media, manifest, integrity, submission. XML and plain words."""
