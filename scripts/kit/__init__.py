"""What the scripts that drive a real server share: start it, claim it, ask it."""
