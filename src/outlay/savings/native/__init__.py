"""Recommendations of the vendors' own tools, read as they give them: bytes in, findings out.

Nothing here asks a network or keeps anything; see ``outlay.app.native``.
"""
