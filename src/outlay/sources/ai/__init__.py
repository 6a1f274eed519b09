"""What the sources of AI vendors and gateways share: pages, prices of tokens, rows of usage."""
