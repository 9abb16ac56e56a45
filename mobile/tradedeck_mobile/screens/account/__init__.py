"""Venue, cloud, appearance, log out."""
