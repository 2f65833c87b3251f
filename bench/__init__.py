"""`make bench`: the throughput of Caravan's pages, relative to a bare Django view measured in the same run."""
