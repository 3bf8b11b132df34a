"""Messages of the System page and of the recovery file."""

NO_MAIL = "People get no mail. Set EMAIL_URL."
BACKUP_FAILED = "Fix that, then run pipelines backup again."
NO_ANSWER_IN_TIME = "no answer within 10 seconds"
