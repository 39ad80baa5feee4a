"""From a request to the runtime's input. Nothing here prints or reads a command line."""
