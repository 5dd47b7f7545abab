"""Entry."""

def main() -> None:
    """Entry."""
