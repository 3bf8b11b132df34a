import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


REFUSAL = "Events are added, and never changed."
SQLITE = f"""
CREATE TRIGGER audit_event_is_never_changed BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$;
CREATE TRIGGER audit_event_is_never_changed BEFORE UPDATE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_refuse();
"""


def add_trigger(apps, schema_editor):
    statements = {'sqlite': SQLITE, 'postgresql': POSTGRESQL}.get(schema_editor.connection.vendor)
    if statements:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(statements)


def drop_trigger(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == 'sqlite':
        schema_editor.execute('DROP TRIGGER audit_event_is_never_changed')
    elif vendor == 'postgresql':
        schema_editor.execute('DROP TRIGGER audit_event_is_never_changed ON audit_event')
        schema_editor.execute('DROP FUNCTION audit_event_refuse')


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_email', models.CharField(blank=True, max_length=254)),
                ('verb', models.CharField(max_length=30)),
                ('target_type', models.CharField(blank=True, max_length=40)),
                ('target_id', models.CharField(blank=True, max_length=40)),
                ('target_label', models.CharField(blank=True, max_length=300)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('detail', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['-at', '-id'], name='audit_newest_first'), models.Index(fields=['verb', '-at', '-id'], name='audit_by_verb'), models.Index(fields=['actor', '-at', '-id'], name='audit_by_actor'), models.Index(fields=['actor_email', '-at', '-id'], name='audit_by_email'), models.Index(fields=['target_type', 'target_id', '-at', '-id'], name='audit_by_target')],
            },
        ),
        migrations.RunPython(add_trigger, drop_trigger),
    ]
