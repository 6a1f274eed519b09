"""The methods of the client, one module a part of the product; written from openapi.json."""
