import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('task_index', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('listed', models.JSONField(default=list)),
                ('mailed', models.JSONField(default=list)),
                ('mail', models.CharField(choices=[('gathered', 'Every 15 minutes at most'), ('daily', 'Daily at 07:00'), ('off', 'Never')], default='gathered', max_length=10)),
                ('last_mail_at', models.DateTimeField(null=True)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='TaskWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('stuck_before', models.DateTimeField(null=True)),
                ('index', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='task_index.workflowindex')),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('attention', 'My task fails, or is escalated or quarantined'), ('stuck', 'My task is stuck'), ('batch', 'My import or upload finishes, or an import is transferred to me'), ('unconfirmed', 'We don’t know if something I sent was created (unconfirmed)'), ('key', 'My API key expires or is rejected, I become the owner of one, or someone wants an entry in its lists'), ('team', 'In a team I lead: we don’t know if something sent was created, an API key is rejected, or a list lacks a code')], max_length=12)),
                ('subject', models.CharField(max_length=120)),
                ('title', models.CharField(max_length=400)),
                ('sentence', models.CharField(blank=True, max_length=400)),
                ('address', models.CharField(max_length=300)),
                ('tone', models.CharField(default='info', max_length=12)),
                ('count', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(null=True)),
                ('is_listed', models.BooleanField(default=True)),
                ('is_to_mail', models.BooleanField(default=False)),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(models.F('person'), models.OrderBy(models.F('at'), descending=True), name='notifications_newest'), models.Index(condition=models.Q(('is_listed', True), ('read_at', None)), fields=['person'], name='notifications_unread'), models.Index(condition=models.Q(('is_to_mail', True)), fields=['person'], name='notifications_to_mail')],
                'constraints': [models.UniqueConstraint(fields=('person', 'subject'), name='unique_notification_subject')],
            },
        ),
        migrations.CreateModel(
            name='NotifiedTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task_id', models.PositiveBigIntegerField()),
                ('status', models.CharField(max_length=30)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('index', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='task_index.workflowindex')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('index', 'task_id', 'status', 'person'), name='unique_notified_task')],
            },
        ),
    ]
