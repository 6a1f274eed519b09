"""Access as the workspace has it: who may log in, how, and what that looks like to faces."""
