"""A model server that follows a script: it speaks the Messages protocol, for tests and for trying things out."""
