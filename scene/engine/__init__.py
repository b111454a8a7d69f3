"""The one engine of this Blender: its process, its installation, and a report about both."""
