"""Playing an atlas: Age at every point, without the engine."""
