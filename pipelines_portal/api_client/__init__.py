"""The only code that speaks HTTP to the External API v1. Plain Python: it knows no Django."""

from .client import PipelinesClient
from .errors import (
    ApiError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    InvalidRequest,
    NotAsked,
    NotFound,
    PayloadTooLarge,
    PipelinesError,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    Unauthorized,
    UnexpectedResponse,
    ValidationFailed,
)
from .models import (
    CreatedTasks,
    Field,
    NodeSummary,
    RowError,
    Schema,
    StartedUpload,
    Task,
    TaskPage,
    UploadStatus,
    Workflow,
)
from .overload import Bulkhead, CircuitBreaker
from .retries import IN_A_PAGE, RetryPolicy
from .transport import Transport

__all__ = [
    "IN_A_PAGE",
    "ApiError",
    "Bulkhead",
    "CircuitBreaker",
    "Conflict",
    "ConnectionFailed",
    "CreatedTasks",
    "Field",
    "Forbidden",
    "InvalidRequest",
    "NodeSummary",
    "NotAsked",
    "NotFound",
    "PayloadTooLarge",
    "PipelinesClient",
    "PipelinesError",
    "RateLimited",
    "RetryPolicy",
    "RowError",
    "Schema",
    "ServerError",
    "ServiceUnavailable",
    "StartedUpload",
    "Task",
    "TaskPage",
    "Transport",
    "Unauthorized",
    "UnexpectedResponse",
    "UploadStatus",
    "ValidationFailed",
    "Workflow",
]
