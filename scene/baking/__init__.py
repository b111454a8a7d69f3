"""Baking image sequences, and playing them back."""
