"""The tools, a file a capability. Every `Tool` in a module here is offered."""
