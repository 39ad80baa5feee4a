"""Reading: from the disk and the environment to a world of plain values."""
