"""The JSON API: the same questions and answers as the pages and the command line."""

from outlay.api.routes import create_router

__all__ = ["create_router"]
