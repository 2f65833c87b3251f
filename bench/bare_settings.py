"""The settings of the server that answers with the bare view, and nothing else."""

from bench import bare
from bench.settings import *  # noqa: F403

MIDDLEWARE = bare.MIDDLEWARE
ROOT_URLCONF = "bench.bare"
