"""The advocacy score as a pure function of the rollup: no Django, no clock, no database."""
