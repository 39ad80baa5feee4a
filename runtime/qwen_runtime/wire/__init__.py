"""Requests and answers: the client, the stream, retries, and errors in plain words."""
