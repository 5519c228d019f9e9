"""The register: who produces, carries, sells and supervises, what, and where; and who may see which record."""
