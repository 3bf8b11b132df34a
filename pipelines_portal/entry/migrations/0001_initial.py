import django.db.models.deletion
import django.utils.timezone
import pipelines_portal.core.json_text
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('keys', '0001_initial'),
        ('submissions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Sheet',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('token', models.UUIDField(default=uuid.uuid4)),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('workflow_name', models.CharField(max_length=300)),
                ('file_name', models.CharField(max_length=255)),
                ('name', models.CharField(blank=True, max_length=100)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('status', models.CharField(choices=[('reading', 'Reading'), ('unreadable', 'Unreadable'), ('matching', 'Match columns'), ('checking', 'Checking'), ('checked', 'Checked'), ('sending', 'Sending'), ('paused', 'Paused'), ('unconfirmed', 'Unconfirmed'), ('deleted', 'Deleted')], default='reading', max_length=12)),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('zone', models.CharField(blank=True, max_length=64)),
                ('reading_options', models.JSONField(default=dict)),
                ('reading_result', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('matching', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('schema', models.JSONField(default=dict)),
                ('schema_changes', models.JSONField(default=list)),
                ('row_count', models.PositiveIntegerField(default=0)),
                ('row_counts', models.JSONField(default=dict)),
                ('paused_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('status_before_deletion', models.CharField(blank=True, choices=[('reading', 'Reading'), ('unreadable', 'Unreadable'), ('matching', 'Match columns'), ('checking', 'Checking'), ('checked', 'Checked'), ('sending', 'Sending'), ('paused', 'Paused'), ('unconfirmed', 'Unconfirmed'), ('deleted', 'Deleted')], max_length=12)),
                ('start_at', models.DateTimeField(null=True)),
                ('cleared_at', models.DateTimeField(null=True)),
                ('one_row_first', models.BooleanField(default=False)),
                ('rows_per_request', models.PositiveIntegerField(default=5000)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('away_since', models.DateTimeField(null=True)),
                ('restored_from', models.DateTimeField(null=True)),
                ('newest_task_id_before', models.PositiveBigIntegerField(default=0)),
                ('lease_holder', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deleted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='keys.savedkey')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to=settings.AUTH_USER_MODEL)),
                ('paused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('teams', models.ManyToManyField(related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='FilePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
                ('sheet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='entry.sheet')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='ErrorGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field_name', models.CharField(blank=True, max_length=200)),
                ('message', models.TextField()),
                ('kind', models.CharField(blank=True, default='', max_length=20)),
                ('short', models.CharField(blank=True, default='', max_length=60)),
                ('value', models.CharField(blank=True, max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('sheet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='error_groups', to='entry.sheet')),
            ],
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('label', models.TextField()),
                ('learned', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('is_undone', models.BooleanField(default=False)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sheet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='entry.sheet')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Row',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('cells', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('edits', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('accepted', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('fields', pipelines_portal.core.json_text.JSONTextField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('status', models.CharField(choices=[('unchecked', 'No row'), ('ready', 'Ready'), ('to_fix', 'Error'), ('to_look', 'To look at'), ('duplicate', 'Duplicate'), ('set_aside', 'Skipped'), ('requested', 'Sending'), ('created', 'Created'), ('rejected', 'Rejected'), ('unconfirmed', 'Unconfirmed')], default='unchecked', max_length=12)),
                ('is_duplicate_wanted', models.BooleanField(default=False)),
                ('duplicate_of_row', models.PositiveIntegerField(null=True)),
                ('duplicate_of_task', models.PositiveBigIntegerField(null=True)),
                ('corrects_task', models.PositiveBigIntegerField(null=True)),
                ('form_token', models.UUIDField(null=True)),
                ('sheet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='entry.sheet')),
                ('submission', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='submissions.submission')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='PinnedFields',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('names', models.JSONField(default=list)),
                ('texts', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Preset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('name', models.CharField(max_length=100)),
                ('is_shared', models.BooleanField(default=False)),
                ('fields', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RememberedMatching',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('data', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
        ),
        migrations.CreateModel(
            name='RowError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='errors', to='entry.errorgroup')),
            ],
        ),
        migrations.CreateModel(
            name='RowValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=200)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('sheet', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='entry.sheet')),
                ('row', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='entry.row')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TypedDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('typed', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('token', models.UUIDField()),
                ('saved_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('restored_from', models.DateTimeField(null=True)),
                ('newest_task_id_before', models.PositiveBigIntegerField(default=0)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ChangedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('edits', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('accepted', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('was_set_aside', models.BooleanField(default=False)),
                ('was_duplicate_wanted', models.BooleanField(default=False)),
                ('corrects_task', models.PositiveBigIntegerField(null=True)),
                ('change', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='entry.change')),
                ('rejected_in', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='submissions.submission')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('change', 'number'), name='a_row_changes_once')],
            },
        ),
        migrations.CreateModel(
            name='GridLayout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('columns', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'key', 'workflow_id'), name='one_layout_a_person_and_workflow')],
            },
        ),
        migrations.AddIndex(
            model_name='sheet',
            index=models.Index(fields=['key', 'workflow_id', '-changed_at'], name='imports_newest_of_a_workflow'),
        ),
        migrations.AddIndex(
            model_name='sheet',
            index=models.Index(condition=models.Q(('status', 'reading'), ('status', 'checking'), ('status', 'sending'), _connector='OR'), fields=['due_at'], name='imports_at_work'),
        ),
        migrations.AddIndex(
            model_name='sheet',
            index=models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['deleted_at'], name='imports_deleted'),
        ),
        migrations.AddConstraint(
            model_name='sheet',
            constraint=models.UniqueConstraint(fields=('owner', 'token'), name='an_import_is_begun_once'),
        ),
        migrations.AddConstraint(
            model_name='sheet',
            constraint=models.UniqueConstraint(condition=models.Q(('name', ''), ('size_bytes', 0), models.Q(('status', 'deleted'), _negated=True)), fields=('owner', 'key', 'workflow_id'), name='one_unnamed_sheet_is_typed'),
        ),
        migrations.AddConstraint(
            model_name='filepart',
            constraint=models.UniqueConstraint(fields=('sheet', 'number'), name='a_file_has_a_part_once'),
        ),
        migrations.AddConstraint(
            model_name='errorgroup',
            constraint=models.UniqueConstraint(fields=('sheet', 'field_name', 'digest'), name='a_fault_is_grouped_once'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(fields=('sheet', 'number'), name='changes_are_numbered'),
        ),
        migrations.AddIndex(
            model_name='row',
            index=models.Index(fields=['sheet', 'status', 'number'], name='imports_rows_by_status'),
        ),
        migrations.AddIndex(
            model_name='row',
            index=models.Index(condition=models.Q(('digest', ''), _negated=True), fields=['sheet', 'digest'], name='imports_rows_by_digest'),
        ),
        migrations.AddIndex(
            model_name='row',
            index=models.Index(condition=models.Q(('edits', {}), _negated=True), fields=['sheet'], name='imports_rows_typed_over'),
        ),
        migrations.AddIndex(
            model_name='row',
            index=models.Index(condition=models.Q(('form_token__isnull', False)), fields=['form_token'], name='imports_rows_of_forms'),
        ),
        migrations.AddIndex(
            model_name='row',
            index=models.Index(condition=models.Q(('submission__isnull', False)), fields=['submission'], name='imports_rows_sent'),
        ),
        migrations.AddConstraint(
            model_name='row',
            constraint=models.UniqueConstraint(fields=('sheet', 'number'), name='a_line_is_stored_once'),
        ),
        migrations.AddConstraint(
            model_name='pinnedfields',
            constraint=models.UniqueConstraint(fields=('owner', 'key', 'workflow_id'), name='pinned_fields_once_a_person_and_workflow'),
        ),
        migrations.AddIndex(
            model_name='preset',
            index=models.Index(fields=['key', 'workflow_id'], name='presets_of_a_workflow'),
        ),
        migrations.AddConstraint(
            model_name='preset',
            constraint=models.UniqueConstraint(fields=('author', 'key', 'workflow_id', 'is_shared', 'name'), name='a_preset_of_a_name_once_an_author'),
        ),
        migrations.AddConstraint(
            model_name='rememberedmatching',
            constraint=models.UniqueConstraint(fields=('key', 'workflow_id'), name='a_workflow_is_remembered_once_a_key'),
        ),
        migrations.AddConstraint(
            model_name='rowerror',
            constraint=models.UniqueConstraint(fields=('group', 'number'), name='a_row_is_in_a_group_once'),
        ),
        migrations.AddIndex(
            model_name='rowvalue',
            index=models.Index(condition=models.Q(('digest', ''), _negated=True), fields=['sheet', 'digest'], name='imports_values_of_rows'),
        ),
        migrations.AddConstraint(
            model_name='rowvalue',
            constraint=models.UniqueConstraint(fields=('row', 'field'), name='a_row_has_a_value_once'),
        ),
        migrations.AddConstraint(
            model_name='typeddraft',
            constraint=models.UniqueConstraint(fields=('owner', 'key', 'workflow_id'), name='one_typed_draft_a_person_and_workflow'),
        ),
    ]
