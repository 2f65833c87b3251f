from django.db import migrations

from community.core.markdown import render

SOURCE = """\
We are here to help each other make good use of what we have bought, and to say honestly what we think of it.

## Be good company

- Write to people as you would speak to them at the table next to yours.
- Disagree with what was said, not with who said it.
- Nobody is asked to leave for a question that others find simple.

## Ask and answer so that it helps

- One question at a time, with a title that says what it is about. Say what you tried.
- Say what you know, and say when you only think so.
- When an answer solved it, accept it: the next person finds it sooner.

## Be open about who you are

- If you work for the company, or for one of its competitors, say so. Our own team carries a badge.
- No advertising, and no links that earn you money without saying so.

## Keep people safe

- Nothing that is against the law, and nothing hateful, threatening or sexual.
- Other people's names, addresses and messages are theirs. Do not post them.

## What happens otherwise

Anybody can flag a post. The team reads it in its context, and may hide it, warn, or suspend an account. You are told
why, and you can answer.
"""


def publish(apps, schema_editor):
    guidelines = apps.get_model("members", "Guidelines")
    guidelines.objects.get_or_create(
        version=1, defaults={"source": SOURCE, "html": render(SOURCE, top=2).html}
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop, elidable=True)]
