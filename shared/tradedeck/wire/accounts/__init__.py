"""Messages between programs, generated from protos/."""
