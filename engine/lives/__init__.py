"""A life: what a model makes of one seed and extent, from its noise to its last age."""
