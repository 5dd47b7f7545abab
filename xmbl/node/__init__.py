"""Composition: one TOML file becomes a running node."""
