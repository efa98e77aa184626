"""What makes the image of the box: scripts/image calls build.py."""
