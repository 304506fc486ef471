"""The REST API that clients of ODK Central use, a file a resource. CONTRIBUTING.md, "Adding an API route", is the way in."""
