"""Log in, sign up, or stay on this phone."""
