"""Whoever made an account vouched for its email: unless it counts as verified, an issuer that vouches for it as well
would cost the person their password.
"""

from django.db import migrations


def verify(apps, schema_editor):
    people, addresses = apps.get_model('accounts', 'User').objects, apps.get_model('account', 'EmailAddress').objects
    missing = people.exclude(pk__in=addresses.values('user'))
    for pk, email in missing.values_list('pk', 'email'):
        addresses.create(user_id=pk, email=email.lower(), verified=True, primary=True)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sessions'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [migrations.RunPython(verify, migrations.RunPython.noop)]
