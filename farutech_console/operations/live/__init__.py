"""The operations on a real server: over one connection, in a thread of their own."""
