"""How fast Google is asked, and what it allows."""
