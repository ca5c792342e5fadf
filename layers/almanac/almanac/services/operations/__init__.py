"""What operators ask for and look at."""
