"""What is exported, and when. Rules only: no clock, no store."""
