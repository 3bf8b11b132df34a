"""Messages of the System page and of the recovery file."""

NO_WORKER = "Imports and counts wait. Start one, or read its log."
NO_ROOM = "The portal stops when the disk is full. Make room."
NOT_MIGRATED = "Run pipelines prepare, then restart the services."
NO_MAIL = "People get no mail. Set EMAIL_URL."
NO_BACKUP = "Without a backup, all work is lost with this server. Run pipelines backup FOLDER --keep 14 every night."
BACKUP_FAILED = "Fix that, then run pipelines backup again."
BACKUP_OLD = "It is older than 26 hours. Check the timer or the nightly process, and its log."
QUEUE_WAITS = "Read the worker’s log. If it is busy, start another worker."
NOT_ENCRYPTED = "Let the proxy set X-Forwarded-Proto, and open the portal by https://."
NO_FORWARDED_FOR = (
    "All recent sign-ins came from this address: the proxy does not send X-Forwarded-For. Sign-in limits treat all "
    "people as one."
)
API_SILENT = "Check that the External API runs, and read its log."
CERTIFICATE_REFUSED = "Renew the certificate, or set CA_FILE to your company’s certificate authority."
API_DETAILS = "Set METRICS_TOKEN for both programs to see the reason here."
TEAM_MISSING = "Create the team, or correct OIDC_GROUPS."
KEY_REJECTED = "Its owner replaces it with a new key."
KEY_EXPIRES = "Its owner replaces it before then."
TEST_SUBJECT = "Test mail"
TEST_BODY = "This is a test mail of Pipelines Portal. Mail works."
NO_ANSWER_IN_TIME = "no answer within 10 seconds"
ALREADY_SAVED = "The recovery file is saved already."
SAVED = "Recovery file saved"


def test_sent(email: str) -> str:
    return f"The mail server accepted a test mail to {email}"


def mail_not_taken(reason: str) -> str:
    return f"The last mail was not accepted: {reason}. Check EMAIL_URL and MAIL_FROM, then send a test mail."


def test_failed(reason: str) -> str:
    return f"Test mail not sent. The mail server’s answer: {reason}. Check EMAIL_URL and MAIL_FROM."


def untrusted_proxy(address: str) -> str:
    return f"X-Forwarded-For came from {address}, which is not in TRUSTED_PROXIES. If that is your proxy, add it."


def missing_team(group: str) -> str:
    return f"This team doesn’t exist. People in the group “{group}” join no team."


def recovery_file(address: str, day: str) -> str:
    """Return the comment lines of the recovery file."""
    return (
        f"# Secrets of Pipelines Portal at {address}, saved on {day}. Store them apart from the backups.\n"
        "# To use them again, set both in the environment, in .env, or in /etc/pipelines-portal/env.\n"
    )
