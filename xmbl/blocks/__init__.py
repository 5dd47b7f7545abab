"""Content-addressed bytes on this machine: the filesystem store."""
