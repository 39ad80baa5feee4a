"""From a request to what the runtime takes: nothing here prints, and nothing reads a command line."""
