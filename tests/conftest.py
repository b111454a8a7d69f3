"""Makes the helpers in this folder importable: pytest puts the folder of a conftest on the search path."""
