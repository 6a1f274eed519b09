"""The server for assistants (Model Context Protocol): the same questions, as tools."""
