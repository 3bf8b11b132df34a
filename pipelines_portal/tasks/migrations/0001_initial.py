import django.db.models.deletion
import pipelines_portal.core.json_text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('keys', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=1000)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to='keys.savedkey')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['team', 'name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ListLayout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('columns', pipelines_portal.core.json_text.JSONTextField(default=list)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='list_layouts', to='keys.savedkey')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first_view', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tasks.savedview')),
            ],
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person', None), ('team__isnull', False)), models.Q(('person__isnull', False), ('team', None)), _connector='OR'), name='a_view_is_of_a_person_or_a_team'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('person', 'key', 'workflow_id', 'name'), name='a_person_names_a_view_once'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('team', 'key', 'workflow_id', 'name'), name='a_team_names_a_view_once'),
        ),
        migrations.AddConstraint(
            model_name='listlayout',
            constraint=models.UniqueConstraint(fields=('person', 'key', 'workflow_id'), name='a_person_arranges_a_list_once'),
        ),
    ]
