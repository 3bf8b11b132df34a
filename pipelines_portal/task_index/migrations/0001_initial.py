import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('keys', '0001_initial'),
        ('workflows', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyThrottle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_call_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
        ),
        migrations.CreateModel(
            name='WorkflowIndex',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('stuck_hours', models.PositiveSmallIntegerField(default=24)),
                ('has_notes', models.BooleanField(default=False)),
                ('notes_changed_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('open_as_of', models.DateTimeField(null=True)),
                ('ends_as_of', models.DateTimeField(null=True)),
                ('newest_as_of', models.DateTimeField(null=True)),
                ('open_counted', models.PositiveBigIntegerField(null=True)),
                ('newest_counted', models.PositiveBigIntegerField(null=True)),
                ('newest_id', models.PositiveBigIntegerField(null=True)),
                ('ids_restarted_at', models.DateTimeField(null=True)),
                ('backfilled_to', models.DateTimeField(null=True)),
                ('backfilled_count', models.PositiveBigIntegerField(default=0)),
                ('is_backfilled', models.BooleanField(default=False)),
                ('durations_count', models.PositiveIntegerField(default=0)),
                ('median_seconds', models.PositiveBigIntegerField(null=True)),
                ('p90_seconds', models.PositiveBigIntegerField(null=True)),
                ('durations_as_of', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, choices=[('', ''), ('no-answer', 'The API does not answer, or not as documented'), ('not-found', 'The key does not reach the workflow'), ('undecryptable', 'The key cannot be decrypted')], default='', max_length=20)),
                ('problem_at', models.DateTimeField(null=True)),
                ('workflow', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='index', to='workflows.openedworkflow')),
            ],
        ),
        migrations.CreateModel(
            name='TaskNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.PositiveBigIntegerField()),
                ('state', models.CharField(choices=[('muted', 'Muted'), ('mistake', 'Mistake')], max_length=10)),
                ('text', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(blank=True, max_length=30)),
                ('replaced_by', models.PositiveBigIntegerField(null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workflow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.openedworkflow')),
            ],
            options={
                'ordering': ['-task_id'],
                'indexes': [models.Index(condition=models.Q(('replaced_by__isnull', False)), fields=['workflow', 'replaced_by'], name='notes_by_replacement')],
                'constraints': [models.UniqueConstraint(fields=('workflow', 'task_id'), name='a_task_has_one_note')],
            },
        ),
        migrations.CreateModel(
            name='StatusCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(max_length=30)),
                ('count', models.IntegerField(default=0)),
                ('listed', models.PositiveBigIntegerField(default=0)),
                ('listed_at', models.DateTimeField(null=True)),
                ('is_cut', models.BooleanField(default=False)),
                ('muted', models.PositiveIntegerField(default=0)),
                ('mistakes', models.PositiveIntegerField(default=0)),
                ('index', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='status_counts', to='task_index.workflowindex')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('index', 'status'), name='a_status_is_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('newest', 'New tasks'), ('lists', 'The lists of tasks that are not finished'), ('suspects', 'The tasks that left those lists'), ('backfill', 'Older tasks')], max_length=10)),
                ('due_at', models.DateTimeField(db_index=True, null=True)),
                ('position', models.JSONField(default=dict)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('index', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='scans', to='task_index.workflowindex')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('index', 'kind'), name='an_index_has_a_scan_a_kind')],
            },
        ),
        migrations.CreateModel(
            name='QuarterCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quarter', models.BigIntegerField()),
                ('created', models.IntegerField(default=0)),
                ('finished', models.IntegerField(default=0)),
                ('index', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='quarters', to='task_index.workflowindex')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('index', 'quarter'), name='a_quarter_is_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='IndexedTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.PositiveBigIntegerField()),
                ('status', models.CharField(max_length=30)),
                ('is_unfinished', models.BooleanField()),
                ('is_suspect', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(null=True)),
                ('nodes', models.PositiveIntegerField(default=0)),
                ('nodes_finished', models.PositiveIntegerField(default=0)),
                ('nodes_in_progress', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
                ('seconds_to_finish', models.PositiveBigIntegerField(null=True)),
                ('read_at', models.DateTimeField()),
                ('note_state', models.CharField(choices=[('muted', 'Muted'), ('mistake', 'Mistake')], max_length=10, null=True)),
                ('index', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='task_index.workflowindex')),
            ],
            options={
                'ordering': ['-task_id'],
                'indexes': [models.Index(condition=models.Q(('is_suspect', False), ('is_unfinished', True)), fields=['index', 'status', 'task_id', 'note_state'], name='task_index_lists'), models.Index(condition=models.Q(('is_suspect', False), ('is_unfinished', True)), fields=['index', 'status', 'updated_at', 'task_id', 'note_state'], name='task_index_moves'), models.Index(condition=models.Q(('is_suspect', False), ('is_unfinished', True), ('note_state__isnull', False)), fields=['index', 'status', 'note_state'], name='task_index_notes'), models.Index(condition=models.Q(('is_suspect', True)), fields=['index', 'status'], name='task_index_suspects'), models.Index(fields=['index', 'finished_at', 'seconds_to_finish'], name='task_index_durations'), models.Index(fields=['index', 'created_at', 'task_id'], name='task_index_days')],
                'constraints': [models.UniqueConstraint(fields=('index', 'task_id'), name='a_task_is_indexed_once')],
            },
        ),
    ]
