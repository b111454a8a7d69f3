"""Judges a model against its exemplar, with statistics that training does not see (docs/evaluation.md).

Everywhere: a picture is [H, W, C] float32; its planes are [K, H, W] float32, one perceived quantity each, in units in
which `views.STEP` is hardly seen.
"""
