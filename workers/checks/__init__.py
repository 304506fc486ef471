"""The checks, a file a family; each is one function over Facts. See workers.findings."""
