"""The trainings of this computer."""
