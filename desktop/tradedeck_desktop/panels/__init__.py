"""The panels. Each is a folder: model.py (state, no widgets) and view.py (widgets, no state)."""
