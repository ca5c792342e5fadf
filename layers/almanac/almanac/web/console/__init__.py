"""The console: pages for people who operate, rendered here, whole without JavaScript."""
