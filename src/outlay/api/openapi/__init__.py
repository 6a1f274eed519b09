"""The description of the API: OpenAPI 3.1, made from the routes, the operations and the shapes."""
