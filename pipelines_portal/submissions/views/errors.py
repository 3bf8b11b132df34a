"""The rejected rows as CSV."""

from uuid import UUID

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.submissions.access import visible_submission
from pipelines_portal.submissions.export import exported, rejected_rows


@require_safe
@signed_in
def submission_errors(request: SignedInRequest, submission_id: UUID) -> StreamingHttpResponse:
    submission = visible_submission(request.user, submission_id)
    return exported(submission, rejected_rows(submission), request.user)
