"""The only room that talks to a person in a terminal: one file per command group."""
