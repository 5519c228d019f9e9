"""Codes that were copied and codes that were not, with the truth: by which suspicion is judged."""
