#!/usr/bin/env python
"""The portal's management commands; the External API's with --settings pipelines_portal.settings.external_api."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from pipelines_portal.core.log_lines import log_what_nobody_caught

# As sysexits.h has it: what starts programs may try again.
TRY_AGAIN = 75


def end(error: Exception) -> None:
    """With a sentence where there is one; of `prepare`, also whether it is worth another try."""
    from pipelines_portal.core.command_errors import explain_error
    from pipelines_portal.core.database_errors import is_away

    if not (sentence := explain_error(error)):
        raise error
    if sys.argv[1:2] != ["prepare"] or not is_away(error):
        sys.exit(sentence)
    print(sentence, file=sys.stderr)
    sys.exit(TRY_AGAIN)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.settings.portal")
    log_what_nobody_caught()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A bad value in the environment: its sentence says all there is to say.
        sys.exit(str(error))
    except KeyboardInterrupt:
        # As Ctrl-C ends what does not listen to it: whoever pressed it knows why it ends.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except Exception as error:
        end(error)
