"""Dock doors side by side as their readers hear them: the air, the yard, and what a station makes of it."""
