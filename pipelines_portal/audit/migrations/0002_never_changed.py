from django.db import migrations

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

    dependencies = [('audit', '0001_initial')]
    operations = [migrations.RunPython(add_trigger, drop_trigger)]
