"""The assistants' server: the Model Context Protocol over stdio and HTTP.

A face like page, command line and API: each tool asks the same use case as its route of the API,
under that route's rule (`outlay.access.rules`), so that an assistant sees what its owner sees.
"""
