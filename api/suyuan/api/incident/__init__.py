"""The incident laboratory over HTTP: questions, answers that take their time, investigations, exports."""
