"""Stage a dump, so that a test can run one step of building it."""

from community.importers.models import ImportBatch
from community.importers.progress import NoProgress
from community.importers.services.builders.people import build_members
from community.importers.services.imports import open_batch
from community.importers.services.skip_rules import apply_skip_rules
from community.importers.services.staging import assign_ids, stage
from tests.importers.dumps import Dump


def prepare(dump: Dump, *, name: str = "village", members: bool = True) -> ImportBatch:
    """Stage a dump, apply the skip rules, assign ids, and by default build its members."""
    folder = dump.write()
    batch = open_batch(folder, name=name, site="beer.example.com")
    stage(batch, folder, NoProgress())
    apply_skip_rules(batch, NoProgress())
    assign_ids(batch)
    if members:
        build_members(batch, NoProgress())
    return batch
