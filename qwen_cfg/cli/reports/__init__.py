"""Reports: results as text, data and annotations."""
