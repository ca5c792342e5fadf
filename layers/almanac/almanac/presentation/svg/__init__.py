"""Plans as SVG: no scripts, nothing from elsewhere."""
