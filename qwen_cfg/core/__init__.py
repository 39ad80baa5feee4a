"""The pure core: from a world to decisions. It uses no file, no environment, no program and no clock."""
