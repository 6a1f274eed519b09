"""What leaves the house: documents, channels, schedules and the log of what was delivered."""
