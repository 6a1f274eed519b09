"""Reports of a workspace: composed with their owner's eyes, put into the outbox when due, sent."""
