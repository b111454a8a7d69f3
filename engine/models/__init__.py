"""A model: its vector field, its file and what the file says of itself."""
