"""Imagines: virtual tags and whole food chains with recorded ground truth, read over real protocols."""
