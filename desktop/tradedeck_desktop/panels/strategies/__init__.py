"""Starting, watching and stopping strategies."""
