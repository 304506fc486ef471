"""The tables, a file an aggregate. Importing server.models.all loads every one of them into the metadata."""
