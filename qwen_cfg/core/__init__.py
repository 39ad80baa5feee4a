"""The pure core: from a world to decisions. It touches no file, no environment, no program and no clock."""
