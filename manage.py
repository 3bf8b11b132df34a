#!/usr/bin/env python
"""The portal's management commands; the External API's with --settings pipelines_portal.settings.external_api."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core.command_list import Commands
from pipelines_portal.core.log_lines import log_uncaught_exceptions

# EX_TEMPFAIL of sysexits.h: service managers may try again.
TRY_AGAIN = 75


def end(error: Exception) -> None:
    """Exit with one sentence if there is one. If the database is away, `prepare` exits with TRY_AGAIN."""
    from pipelines_portal.core.database_errors import is_away
    from pipelines_portal.system.command_errors import explain_error

    if not (sentence := explain_error(error, *sys.argv[1:2])):
        raise error
    if sys.argv[1:2] != ["prepare"] or not is_away(error):
        sys.exit(sentence)
    print(sentence, file=sys.stderr)
    sys.exit(TRY_AGAIN)


def check_settings() -> None:
    """Run the command without the settings, which cannot be read: a misspelled name may be the reason."""
    from pipelines_portal.core.management.commands.check_settings import Command

    Command().run_from_argv(sys.argv)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.settings.portal")
    log_uncaught_exceptions()
    try:
        Commands(sys.argv).execute()
    except ImproperlyConfigured as error:
        # A bad value in the environment, which the message explains.
        if sys.argv[1:2] == ["check_settings"]:
            check_settings()
        sys.exit(str(error))
    except KeyboardInterrupt:
        # End as Ctrl-C ends other programs, without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except Exception as error:
        end(error)
