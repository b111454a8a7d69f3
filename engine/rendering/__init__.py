"""Renders a flat surface from its maps, differentiably: what training looks through."""
