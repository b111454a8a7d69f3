"""A life as pictures at a few kept ages."""
