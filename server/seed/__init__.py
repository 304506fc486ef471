"""A campaign at scale for measuring: the demo's kecamatan copied as often as wanted, with its real visits and findings."""
