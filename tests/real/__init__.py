"""A campaign with known truth, played through the HTTP door and scored. `python -m tests.real FOLDER`."""
