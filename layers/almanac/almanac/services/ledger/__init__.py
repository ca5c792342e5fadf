"""Jobs and the attempts at them, as the API and the console ask for them."""
