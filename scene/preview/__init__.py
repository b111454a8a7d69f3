"""A material relit in a scene of its own."""
