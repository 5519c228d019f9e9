"""Passports as they are read: kept per history, true to what was acknowledged, and pages made of them ahead.

See decision 0034.
"""
