"""The cards of homes: each a function of what is asked, giving a `Card` or None."""
