"""Save threads, BATCH_SIZE questions per transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from django.db import InterfaceError, OperationalError, transaction

from community.events.services.recording import record_all
from community.forum.models import Category, Post, Revision, Topic
from community.forum.services import counters, tags
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.importers.services.failures import Failures
from community.importers.services.skip_rules import skip_thread
from community.importers.services.statements import reset_query_log, save_progress
from community.importers.stackexchange.kinds import QUESTION
from community.members.models import Member
from community.qa.models import Question

from .bundle import Bundle, load_bundle
from .events import drafts_of
from .people import former_member
from .texts import has_formulas, texts_of
from .threads import Thread, thread_of

BATCH_SIZE = 100


def build_topics(batch: ImportBatch, category: Category, progress: Progress) -> None:
    """Create topics from the staged questions, in batches; resumes after the last saved batch."""
    questions = StagedRow.objects.filter(batch_id=batch.pk, file="posts", skip="", data__PostTypeId=QUESTION)
    done = int(batch.progress.get("build:topics", 0))
    progress.start("Questions", questions.filter(ordinal__gt=done).count())
    former = former_member()
    while (bundle := load_bundle(batch, former, after=done, size=BATCH_SIZE)).questions:
        try:
            _build(bundle, category)
        except (OperationalError, InterfaceError):
            raise  # a database problem, not a problem of the content
        except Exception:
            _build_one_by_one(batch, former, category, bundle.questions)
        done = bundle.questions[-1].ordinal
        progress.advance(len(bundle.questions))
        reset_query_log()


def _build(bundle: Bundle, category: Category) -> None:
    if not category.formulas and has_formulas(bundle):
        category.formulas = True
        category.save(update_fields=["formulas"])
    texts = replace(texts_of(bundle), formulas=category.formulas)
    threads = [thread_of(row, bundle, texts, category) for row in bundle.questions]
    with transaction.atomic():
        _save(threads, bundle)
        save_progress(bundle.batch, **{"build:topics": bundle.questions[-1].ordinal})
        texts.failures.save(bundle.batch)


def _build_one_by_one(
    batch: ImportBatch, former: Member, category: Category, questions: list[StagedRow]
) -> None:
    """Build these questions one by one; skip those that cannot be built, along with everything that belongs to them."""
    for row in questions:
        try:
            _build(load_bundle(batch, former, after=row.ordinal - 1, size=1), category)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            failures = Failures()
            failures.add(row, "skipped with their answers and comments", error)
            with transaction.atomic():
                skip_thread(batch, row, reason=f"cannot be stored: {type(error).__name__}")
                save_progress(batch, **{"build:topics": row.ordinal})
                failures.save(batch)


def _save(threads: list[Thread], bundle: Bundle) -> None:
    posts = [post for thread in threads for post in thread.posts]
    Topic.objects.bulk_create(thread.topic for thread in threads)
    Post.objects.bulk_create(posts, batch_size=500)
    Revision.objects.bulk_create((row for thread in threads for row in thread.revisions), batch_size=500)
    Question.objects.bulk_create(thread.question for thread in threads)
    _add_tags(threads)
    ImportedRow.objects.bulk_create(_imported_rows(threads, bundle.batch), batch_size=1000)
    counters.recount_topics([thread.topic.pk for thread in threads])
    record_all(chain.from_iterable(drafts_of(thread, bundle) for thread in threads))


def _add_tags(threads: list[Thread]) -> None:
    known = {
        tag.name: tag for tag in tags.get_or_create({name for thread in threads for name in thread.tags})
    }
    through = Topic.tags.through
    wanted = {
        (thread.topic.pk, known[name].pk)
        for thread in threads
        for name in map(tags.normalize, thread.tags)
        if name in known
    }
    through.objects.bulk_create(through(topic_id=topic, tag_id=tag) for topic, tag in sorted(wanted))


def _imported_rows(threads: list[Thread], batch: ImportBatch) -> Iterable[ImportedRow]:
    for thread in threads:
        for post, row in zip(thread.posts, thread.rows, strict=True):
            kind = ImportedRow.Kind.COMMENT if post.kind == Post.Kind.COMMENT else ImportedRow.Kind.POST
            yield ImportedRow(
                batch=batch,
                site=batch.site,
                kind=kind,
                source_id=row.key,
                target_id=post.pk,
                licence=row.data.get("ContentLicense", "")[:30],
            )
