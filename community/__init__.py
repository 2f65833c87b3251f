import gc

# Loading makes a million objects and a page a few thousand, with nearly no cycles: to collect every 700 took a
# tenth of the time.
gc.set_threshold(50_000, 20, 20)
