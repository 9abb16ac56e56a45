"""Every order of every device."""
