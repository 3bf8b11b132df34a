import django.db.models.deletion
import django.utils.timezone
import pipelines_portal.core.json_text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('keys', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OpenedWorkflow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('name', models.CharField(max_length=300)),
                ('status', models.CharField(max_length=30)),
                ('has_file_fields', models.BooleanField(default=False)),
                ('title_field', models.CharField(blank=True, max_length=200)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('checked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='workflows', to='keys.savedkey')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'workflow_id'],
            },
        ),
        migrations.CreateModel(
            name='ListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=200)),
                ('label', models.CharField(blank=True, max_length=300)),
                ('cells', pipelines_portal.core.json_text.JSONTextField(default=list)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='FieldTitles',
            fields=[
                ('workflow', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='field_titles', serialize=False, to='workflows.openedworkflow')),
                ('titles', models.JSONField(default=dict)),
                ('schema', models.JSONField(null=True)),
            ],
            options={
                'ordering': ['workflow'],
            },
        ),
        migrations.CreateModel(
            name='ReferenceList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('columns', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('code_column', models.PositiveSmallIntegerField(default=0)),
                ('name_column', models.PositiveSmallIntegerField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('entry_count', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ListWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folded', models.BinaryField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='words', to='workflows.listentry')),
                ('reference_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.referencelist')),
            ],
            options={
                'ordering': ['folded'],
            },
        ),
        migrations.CreateModel(
            name='ListFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('content', models.BinaryField()),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reference_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.referencelist')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.AddField(
            model_name='listentry',
            name='reference_list',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='workflows.referencelist'),
        ),
        migrations.CreateModel(
            name='WorkflowMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_pinned', models.BooleanField(default=False)),
                ('is_hidden', models.BooleanField(default=False)),
                ('visited_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workflow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='workflows.openedworkflow')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='WorkflowNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('field', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField()),
                ('has_suggestions', models.BooleanField(default=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='WorkflowRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('pattern', 'pattern'), ('compare', 'compare'), ('one of', 'one of'), ('once', 'once'), ('filled', 'filled')], max_length=10)),
                ('field', models.CharField(max_length=200)),
                ('value', models.JSONField(default=dict)),
                ('when', models.CharField(blank=True, max_length=200)),
                ('is_value', models.JSONField(null=True)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('is_warning', models.BooleanField(default=False)),
                ('needs_reason', models.BooleanField(default=False)),
                ('is_on', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
                ('reference_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='rules', to='workflows.referencelist')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='openedworkflow',
            constraint=models.UniqueConstraint(fields=('key', 'workflow_id'), name='a_workflow_is_opened_once_a_key'),
        ),
        migrations.AddConstraint(
            model_name='referencelist',
            constraint=models.UniqueConstraint(fields=('key', 'name'), name='a_key_has_one_list_of_a_name'),
        ),
        migrations.AddIndex(
            model_name='listword',
            index=models.Index(fields=['reference_list', 'folded'], name='words_of_a_list'),
        ),
        migrations.AddConstraint(
            model_name='listentry',
            constraint=models.UniqueConstraint(fields=('reference_list', 'code'), name='a_code_is_in_a_list_once'),
        ),
        migrations.AddConstraint(
            model_name='workflowmark',
            constraint=models.UniqueConstraint(fields=('workflow', 'user'), name='a_person_marks_a_workflow_once'),
        ),
        migrations.AddConstraint(
            model_name='workflownote',
            constraint=models.UniqueConstraint(fields=('key', 'workflow_id', 'field'), name='a_field_has_one_note'),
        ),
        migrations.AddIndex(
            model_name='workflowrule',
            index=models.Index(fields=['key', 'workflow_id', 'position'], name='rules_of_a_workflow'),
        ),
    ]
