"""What changed in a workspace, and what it was before. Rules only: no clock, no store."""
