"""The vendors' APIs, asked for all they say, page by page; what they answer is read like a file.

An API that refuses, throttles for too long or breaks in the middle gives an error and nothing else:
half an answer would empty half a list.
"""
