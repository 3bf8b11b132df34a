import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

STATES = [('muted', 'Muted'), ('mistake', 'Mistake')]
LISTED = models.Q(('is_suspect', False), ('is_unfinished', True))


class Migration(migrations.Migration):

    dependencies = [
        ('task_index', '0001_initial'),
        ('workflows', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TaskNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.openedworkflow')),
                ('task_id', models.PositiveBigIntegerField()),
                ('state', models.CharField(choices=STATES, max_length=10)),
                ('text', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(blank=True, max_length=30)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-task_id'],
                'constraints': [models.UniqueConstraint(fields=('workflow', 'task_id'), name='a_task_has_one_note')],
            },
        ),
        # A column without a default: neither database rewrites the table.
        migrations.AddField(
            model_name='indexedtask',
            name='note_state',
            field=models.CharField(choices=STATES, max_length=10, null=True),
        ),
        migrations.AddField(
            model_name='workflowindex',
            name='has_notes',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='statuscount',
            name='muted',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='statuscount',
            name='mistakes',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RemoveIndex(model_name='indexedtask', name='task_index_lists'),
        migrations.RemoveIndex(model_name='indexedtask', name='task_index_moves'),
        migrations.AddIndex(
            model_name='indexedtask',
            index=models.Index(condition=LISTED, fields=['index', 'status', 'task_id', 'note_state'], name='task_index_lists'),
        ),
        migrations.AddIndex(
            model_name='indexedtask',
            index=models.Index(condition=LISTED, fields=['index', 'status', 'updated_at', 'task_id', 'note_state'], name='task_index_moves'),
        ),
        migrations.AddIndex(
            model_name='indexedtask',
            index=models.Index(condition=models.Q(('is_suspect', False), ('is_unfinished', True), ('note_state__isnull', False)), fields=['index', 'status', 'note_state'], name='task_index_notes'),
        ),
    ]
