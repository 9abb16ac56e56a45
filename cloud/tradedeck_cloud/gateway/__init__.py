"""The one door: who are you, are you asking too often, where does it go. No decisions."""
