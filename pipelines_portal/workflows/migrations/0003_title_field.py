from django.db import migrations, models


class Migration(migrations.Migration):
    """The field has another name in code. The column stays, so that the version before can run beside this one."""

    dependencies = [("workflows", "0002_workflow_notes")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("openedworkflow", "telling_field", "title_field"),
                migrations.AlterField(
                    "openedworkflow",
                    "title_field",
                    models.CharField(blank=True, db_column="telling_field", max_length=200),
                ),
            ],
            database_operations=[],
        )
    ]
