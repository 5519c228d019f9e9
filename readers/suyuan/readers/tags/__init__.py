"""NFC tags: the NDEF messages that they hold, and how Type 2 and Type 4 tags are read and written."""
