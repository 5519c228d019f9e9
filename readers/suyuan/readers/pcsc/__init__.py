"""PC/SC readers: NFC tags on desktop readers such as the ACR122U, through pcscd and pyscard."""
