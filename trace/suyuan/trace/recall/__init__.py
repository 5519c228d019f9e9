"""What is decided and shown on top of lineage: passports and verdicts, holds, recalls, the block list."""
