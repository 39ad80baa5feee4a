"""Requests and what comes back: the client, the stream, retries, and errors that a person understands."""
