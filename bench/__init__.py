"""`make bench`: how fast Caravan is, as ratios to a bare Django view in the same run."""
