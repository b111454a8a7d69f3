"""The maps that every model gives, and their way into pictures."""
