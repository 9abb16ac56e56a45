"""What every panel needs: frames, tasks, tables, theme, keys, figures."""
