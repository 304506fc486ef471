"""Bytes and pictures: where blobs are kept, and what a photo says about itself.

Belongs here: storage back ends behind one contract, and reading facts from image bytes.
Does not: Flask, SQL, forms, people. Nothing here imports forms, workers or server.
"""
