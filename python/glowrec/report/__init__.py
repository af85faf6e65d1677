"""What a run looks like on paper: a self-contained page with its settings and curves."""
