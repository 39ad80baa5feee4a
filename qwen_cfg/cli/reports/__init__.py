"""Reports: the results of commands as text, as data, and as problems at places in files."""
