import django.db.models.deletion
import django.utils.timezone
import pipelines_portal.core.json_text
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('submissions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RowsFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=255)),
                ('data', models.BinaryField()),
                ('is_read', models.BooleanField(default=False)),
                ('result', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'digest'), name='a_rows_file_is_read_once')],
            },
        ),
        migrations.CreateModel(
            name='ZipUpload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('file_name', models.CharField(max_length=255)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('levels_left_out', models.PositiveSmallIntegerField(null=True)),
                ('task_count', models.PositiveIntegerField()),
                ('sends_rows', models.BooleanField(default=False)),
                ('rows_left_out', models.PositiveIntegerField(default=0)),
                ('entries', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('preview', pipelines_portal.core.json_text.JSONTextField(default=dict)),
                ('stage', models.CharField(choices=[('chosen', 'Chosen'), ('uploading', 'Uploading'), ('stored', 'Stored'), ('processing', 'Processing'), ('completed', 'Completed'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='chosen', max_length=12)),
                ('choice', models.PositiveIntegerField(default=1)),
                ('remote_upload_id', models.UUIDField(editable=False, null=True)),
                ('link', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('stored_at', models.DateTimeField(null=True)),
                ('confirming_until', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('problem', models.TextField(blank=True)),
                ('tab', models.CharField(blank=True, max_length=40)),
                ('tab_seen_at', models.DateTimeField(null=True)),
                ('waits_for_key', models.BooleanField(default=False)),
                ('next_poll_at', models.DateTimeField(db_index=True, null=True)),
                ('poll_count', models.PositiveIntegerField(default=0)),
                ('submission', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='zip_upload', to='submissions.submission')),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(condition=models.Q(('fingerprint', ''), _negated=True), fields=['fingerprint', '-created_at'], name='uploads_of_the_same_contents')],
            },
        ),
    ]
