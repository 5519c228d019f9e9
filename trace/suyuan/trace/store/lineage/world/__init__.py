"""The small tables of one question and what fills them, in machine code: compiled apart from all else."""
