"""Virtual tags: the list, and the editor of one."""
