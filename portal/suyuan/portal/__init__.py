"""Shows: the consumer's page and the regulator's console, in Chinese and English."""
