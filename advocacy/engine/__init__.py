"""The advocacy score as a pure function of the rollup: no Django, clock or database."""
