"""Figures: a table in, a Figure out; what a study's folder holds is drawn here."""
