"""An invented campaign: boundaries, people, visits. Everything carries region code 99, which no place has."""
