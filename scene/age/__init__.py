"""Age that differs from point to point: sources that let some places age before others."""
