from django.db import migrations

from community.core.markdown import render

SOURCE = """\
We help each other get the most out of our products, and we share honest experiences with them.

## Be friendly and respectful

- Write to people the way you would talk to them in person.
- Disagree with ideas, not with people.
- Be patient with newcomers. Every question is welcome.

## Ask and answer well

- Ask one question at a time, with a title that says what it is about. Say what you have already tried.
- Share what you know, and say so when you are not sure.
- If an answer solved your problem, accept it so that others find it sooner.

## Be open about who you are

- If you work for the company or for one of its competitors, say so. Members of our team have a badge.
- Do not advertise, and do not post links that earn you money without saying so.

## Keep people safe

- Do not post anything illegal, hateful, threatening or sexual.
- Do not post other people's names, addresses or private messages.

## When someone breaks these rules

Anyone can flag a post. Moderators review it in context. They may hide the post, send a warning, or silence or suspend the account. They always give a reason, and you can appeal.
"""


def publish(apps, schema_editor):
    guidelines = apps.get_model("members", "Guidelines")
    guidelines.objects.get_or_create(
        version=1, defaults={"source": SOURCE, "html": render(SOURCE, top=2).html}
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop, elidable=True)]
