"""The vocabulary in which an environment is declared; it knows no environment and no API."""
