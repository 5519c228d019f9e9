"""NFC tags in software: they answer as chips do, and reach readers over the real stacks."""
