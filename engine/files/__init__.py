"""Files that are whole or absent, locks that end with their holder, and how a long job stands."""
