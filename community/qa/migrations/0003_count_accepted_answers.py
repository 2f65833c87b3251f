from django.db import migrations

COUNT = """
UPDATE members_member m SET accepted_answers = counted.n
  FROM (
    SELECT p.author_id, count(*) AS n
      FROM forum_post p
      JOIN forum_topic t ON t.id = p.topic_id AND t.status = 'published' AND t.author_id <> p.author_id
      JOIN forum_category c ON c.id = t.category_id AND c.see_by = 'everyone'
      LEFT JOIN forum_category k ON k.id = c.parent_id
     WHERE p.is_accepted AND p.kind = 'answer' AND p.status = 'published'
       AND coalesce(k.see_by, 'everyone') = 'everyone'
     GROUP BY p.author_id
  ) counted
 WHERE m.id = counted.author_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("qa", "0002_index_accepted_questions"),
        ("members", "0009_accepted_answers"),
    ]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop, elidable=True)]
