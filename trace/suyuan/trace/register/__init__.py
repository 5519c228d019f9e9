"""The register: who produces, carries, sells and supervises, what and where; and documents of lots."""
