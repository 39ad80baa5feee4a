"""The compiler: flags, environment and the first env file found, merged into one resolved config."""
