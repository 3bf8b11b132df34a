import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('encrypted_key', models.BinaryField()),
                ('last4', models.CharField(max_length=4)),
                ('fingerprint', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('checked_at', models.DateTimeField(null=True)),
                ('rejected_at', models.DateTimeField(null=True)),
                ('recheck_at', models.DateTimeField(null=True)),
                ('creator_gone_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('paused_until', models.DateTimeField(null=True)),
                ('expiry', models.CharField(blank=True, choices=[('', 'Not known'), ('never', 'No expiry'), ('30', '30 days'), ('90', '90 days'), ('365', '1 year')], default='', max_length=10)),
                ('expires_at', models.DateTimeField(null=True)),
                ('warned_days', models.PositiveSmallIntegerField(null=True)),
                ('last_used_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PooledAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow_id', models.PositiveBigIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('text', models.TextField(blank=True)),
                ('fetched_at', models.DateTimeField(db_index=True, null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='keys.savedkey')),
            ],
        ),
        migrations.CreateModel(
            name='KeyShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('shared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='key_shares', to='accounts.team')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='key_shares', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='keys.savedkey')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='savedkey',
            constraint=models.UniqueConstraint(condition=models.Q(('fingerprint', ''), _negated=True), fields=('fingerprint',), name='unique_saved_key'),
        ),
        migrations.AddConstraint(
            model_name='pooledanswer',
            constraint=models.UniqueConstraint(fields=('key', 'digest'), name='unique_pooled_answer'),
        ),
        migrations.AddConstraint(
            model_name='keyshare',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('team__isnull', False), ('user', None)), models.Q(('team', None), ('user__isnull', False)), _connector='OR'), name='key_share_with_a_person_or_a_team'),
        ),
        migrations.AddConstraint(
            model_name='keyshare',
            constraint=models.UniqueConstraint(fields=('key', 'user'), name='unique_key_share_with_a_person'),
        ),
        migrations.AddConstraint(
            model_name='keyshare',
            constraint=models.UniqueConstraint(fields=('key', 'team'), name='unique_key_share_with_a_team'),
        ),
    ]
