import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('submissions', '0001_initial'),
        ('workflows', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Grouping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counted_at', models.DateTimeField(null=True)),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('made_at', models.DateTimeField(null=True)),
                ('workflow', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='grouping', to='workflows.openedworkflow')),
            ],
        ),
        migrations.CreateModel(
            name='ProblemGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('signature', models.CharField(max_length=64)),
                ('status', models.CharField(max_length=30)),
                ('step', models.PositiveIntegerField(default=0)),
                ('steps', models.PositiveIntegerField(default=0)),
                ('is_single', models.BooleanField(default=False)),
                ('facts', models.JSONField(default=list)),
                ('shared', models.JSONField(default=list)),
                ('task_count', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('hours', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('open', 'Open'), ('muted', 'Muted'), ('done', 'Done')], default='open', max_length=10)),
                ('state_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mute_note', models.CharField(blank=True, max_length=200)),
                ('mute_until', models.DateTimeField(null=True)),
                ('came_back_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('state_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workflow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='problem_groups', to='workflows.openedworkflow')),
            ],
            options={
                'ordering': ['-task_count', '-last_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='GroupTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.PositiveBigIntegerField()),
                ('status', models.CharField(max_length=30)),
                ('failed_at', models.DateTimeField()),
                ('has_facts', models.BooleanField(default=True)),
                ('submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='submissions.submission')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='attention.problemgroup')),
            ],
            options={
                'ordering': ['-task_id'],
            },
        ),
        migrations.CreateModel(
            name='GroupEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('note', 'Note'), ('more', 'More tasks'), ('taken', 'Taken'), ('given', 'Given'), ('freed', 'Without owner'), ('muted', 'Muted'), ('done', 'Done'), ('reopened', 'Reopened'), ('back', 'Back again')], max_length=10)),
                ('text', models.CharField(blank=True, max_length=1000)),
                ('count', models.PositiveIntegerField(default=0)),
                ('until', models.DateTimeField(null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='attention.problemgroup')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='problemgroup',
            constraint=models.UniqueConstraint(fields=('workflow', 'signature'), name='a_workflow_has_a_group_once'),
        ),
        migrations.AddConstraint(
            model_name='grouptask',
            constraint=models.UniqueConstraint(fields=('group', 'task_id'), name='a_group_has_a_task_once'),
        ),
    ]
