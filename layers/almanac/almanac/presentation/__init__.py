"""What draws and words: a plan or a run in, text, SVG or HTML out. Nothing here reads a store."""
