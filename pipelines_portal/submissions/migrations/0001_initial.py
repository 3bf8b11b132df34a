import django.db.models.deletion
import django.utils.timezone
import pipelines_portal.core.json_text
import uuid
from django.conf import settings
from django.db import migrations, models


TABLE = "submissions_search"
CREATE = {
    # Contentless: the words are not stored a second time. An entry is deleted by giving the same words again, which
    # every SQLite since 3.9 can do. "~" marks who may find an entry. Beginnings of other lengths than these take up to a
    # hundred times as long.
    "sqlite": [
        f"""CREATE VIRTUAL TABLE {TABLE}
        USING fts5(said, content='', prefix='3 4 5 6', tokenize="unicode61 tokenchars '~'")""",
        # Merge parts as soon as there are two of a size, not four: else deleted entries take up space for years.
        f"INSERT INTO {TABLE}({TABLE}, rank) VALUES ('automerge', 2)",
    ],
    "postgresql": [
        f"CREATE TABLE {TABLE} (row_id bigint PRIMARY KEY, said tsvector NOT NULL)",
        # Each search reads the list of entries that wait for the index, which has 4 MB otherwise.
        f"CREATE INDEX {TABLE}_said ON {TABLE} USING gin (said) WITH (gin_pending_list_limit = 512)",
        # Of the 10,000 most common words, not 1,000: how common other words are at most decides how they are found.
        f"ALTER TABLE {TABLE} ALTER said SET STATISTICS 1000",
    ],
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('keys', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('filters', models.JSONField(default=dict)),
                ('zone', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('working', 'Preparing'), ('ready', 'Ready'), ('failed', 'Failed')], default='working', max_length=16)),
                ('total', models.PositiveBigIntegerField(null=True)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('part_count', models.PositiveIntegerField(default=0)),
                ('last_id', models.UUIDField(null=True)),
                ('last_at', models.DateTimeField(null=True)),
                ('names', models.JSONField(default=list)),
                ('due_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('token', models.UUIDField(default=uuid.uuid4)),
                ('key_name', models.CharField(max_length=100)),
                ('key_last4', models.CharField(max_length=4)),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('workflow_name', models.CharField(max_length=300)),
                ('kind', models.CharField(choices=[('form', 'Form'), ('zip', 'Files'), ('import', 'Import')], max_length=10)),
                ('group', models.UUIDField(null=True)),
                ('group_number', models.PositiveIntegerField(null=True)),
                ('group_name', models.CharField(blank=True, max_length=255)),
                ('status', models.CharField(choices=[('draft', 'Not created'), ('sending', 'Sending'), ('created', 'Created'), ('partly_created', 'Partly created'), ('rejected', 'Rejected'), ('unconfirmed', 'Unconfirmed')], default='draft', max_length=16)),
                ('reason', models.TextField(blank=True)),
                ('row_count', models.PositiveIntegerField(default=0)),
                ('success_count', models.PositiveIntegerField(default=0)),
                ('error_count', models.PositiveIntegerField(default=0)),
                ('accepted_count', models.PositiveIntegerField(default=0)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('newest_task_id_before', models.PositiveBigIntegerField(null=True)),
                ('restored_from', models.DateTimeField(null=True)),
                ('is_decided_by_person', models.BooleanField(default=False)),
                ('is_earlier_try_uncertain', models.BooleanField(default=False)),
                ('is_called_off', models.BooleanField(default=False)),
                ('search_who', models.TextField(blank=True)),
                ('is_dropped', models.BooleanField(default=False)),
                ('values_counted_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
                ('created_by', models.DateTimeField(null=True)),
                ('sending_until', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('idempotency_key', models.CharField(blank=True, max_length=36)),
                ('first_sent_at', models.DateTimeField(null=True)),
                ('is_declared', models.BooleanField(default=False)),
                ('is_echoed', models.BooleanField(null=True)),
                ('answer_lost_at', models.DateTimeField(null=True)),
                ('key', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='submissions', to='keys.savedkey')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SubmissionRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.PositiveIntegerField()),
                ('number', models.PositiveIntegerField(null=True)),
                ('fields', pipelines_portal.core.json_text.JSONTextField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('status', models.CharField(choices=[('waiting', 'Not sent'), ('created', 'Created'), ('rejected', 'Rejected'), ('unconfirmed', 'Unconfirmed')], default='waiting', max_length=16)),
                ('task_id', models.PositiveBigIntegerField(null=True)),
                ('error_field', models.CharField(blank=True, max_length=200)),
                ('error_message', models.TextField(blank=True)),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='submissions.submission')),
            ],
            options={
                'ordering': ['index'],
            },
        ),
        migrations.CreateModel(
            name='FieldValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('field', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('had_to_be_free', models.BooleanField()),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('row', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='submissions.submissionrow')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.PositiveBigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('field', models.CharField(max_length=200)),
                ('short', models.CharField(max_length=60)),
                ('sentence', models.TextField()),
                ('value', models.TextField(blank=True)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('row', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='acceptances', to='submissions.submissionrow')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='SubmissionTeam',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='keys.savedkey')),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='submissions.submission')),
                ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
        ),
        migrations.AddField(
            model_name='submission',
            name='teams',
            field=models.ManyToManyField(related_name='+', through='submissions.SubmissionTeam', to='accounts.team'),
        ),
        migrations.CreateModel(
            name='TypedCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('field', models.CharField(max_length=200)),
                ('value', models.CharField(max_length=80)),
                ('folded', models.BinaryField()),
                ('count', models.PositiveIntegerField()),
                ('last_at', models.DateTimeField(db_index=True)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-count', '-last_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='UnattributedTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.PositiveBigIntegerField(db_index=True)),
                ('submission', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='unattributed_tasks', to='submissions.submission')),
            ],
            options={
                'ordering': ['task_id'],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
                ('export', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='submissions.export')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('export', 'number'), name='a_part_is_made_once')],
            },
        ),
        migrations.CreateModel(
            name='RecordedField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('field', models.CharField(max_length=200)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_created_at', models.DateTimeField(null=True)),
                ('last_submission', models.UUIDField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['since'], name='fields_to_record')],
                'constraints': [models.UniqueConstraint(fields=('key', 'workflow_id', 'field'), name='a_field_is_recorded_once')],
            },
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(condition=models.Q(('status', 'rejected')), fields=['submission', 'index'], name='submissions_rejected_rows'),
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(condition=models.Q(('task_id__isnull', False)), fields=['task_id'], name='submissions_rows_by_task'),
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(condition=models.Q(('digest', ''), _negated=True), fields=['digest'], name='submissions_rows_by_digest'),
        ),
        migrations.AddConstraint(
            model_name='submissionrow',
            constraint=models.UniqueConstraint(fields=('submission', 'index'), name='an_index_is_used_once_a_submission'),
        ),
        migrations.AddConstraint(
            model_name='fieldvalue',
            constraint=models.UniqueConstraint(fields=('row', 'field'), name='a_row_uses_one_value_of_a_field'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(fields=['key', 'workflow_id', 'field', 'digest'], name='submissions_values_used'),
        ),
        migrations.AddIndex(
            model_name='acceptance',
            index=models.Index(fields=['row'], name='acceptances_of_a_row'),
        ),
        migrations.AddIndex(
            model_name='acceptance',
            index=models.Index(fields=['rule', 'at'], name='acceptances_of_a_rule'),
        ),
        migrations.AddIndex(
            model_name='acceptance',
            index=models.Index(fields=['by'], name='acceptances_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='submissionteam',
            index=models.Index(fields=['team', 'key'], name='submissions_teams_by_key'),
        ),
        migrations.AddConstraint(
            model_name='submissionteam',
            constraint=models.UniqueConstraint(fields=('submission', 'team'), name='a_team_is_listed_once_a_submission'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='submissions_newest_first'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['key', '-created_at', '-id'], name='submissions_newest_of_a_key'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('status', 'sending')), fields=['sending_until'], name='submissions_sending'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('status', 'unconfirmed')), fields=['key', '-created_at'], name='submissions_unconfirmed'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['owner', 'status', '-created_at', '-id'], name='submissions_own_by_status'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['key', 'status', '-created_at', '-id'], name='submissions_key_by_status'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['owner', 'workflow_id', '-created_at', '-id'], name='submissions_own_by_workflow'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['key', 'workflow_id', '-created_at', '-id'], name='submissions_key_by_workflow'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('kind', 'form'), _negated=True), fields=['owner', 'kind', '-created_at', '-id'], name='submissions_own_batches'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('kind', 'form'), _negated=True), fields=['key', 'kind', '-created_at', '-id'], name='submissions_key_batches'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('status', 'draft')), fields=['created_at'], name='submissions_drafts'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('is_decided_by_person', True)), fields=['workflow_id'], name='submissions_decided'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('group__isnull', False)), fields=['group', 'group_number'], name='submissions_of_an_import'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('accepted_count__gt', 0)), fields=['owner', '-created_at', '-id'], name='submissions_own_accepted'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('accepted_count__gt', 0)), fields=['key', '-created_at', '-id'], name='submissions_key_accepted'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('is_dropped', False)), fields=['finished_at'], name='submissions_kept'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('values_counted_at', None)), fields=['finished_at'], name='submissions_uncounted'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('owner', 'token'), name='a_form_is_sent_once'),
        ),
        migrations.AddConstraint(
            model_name='typedcount',
            constraint=models.UniqueConstraint(fields=('person', 'key', 'workflow_id', 'field', 'folded', 'value'), name='a_typed_value_is_counted_once'),
        ),
        migrations.AddConstraint(
            model_name='unattributedtask',
            constraint=models.UniqueConstraint(fields=('submission', 'task_id'), name='an_unattributed_task_is_listed_once'),
        ),
        migrations.RunPython(create, drop),
    ]
