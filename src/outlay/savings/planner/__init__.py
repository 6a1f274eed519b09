"""What to commit to: offers, a search over hourly usage, and an exact reckoning of what it found.

Pure: numbers in, a portfolio out. What is used is asked in ``outlay.app.commitments``.
"""
