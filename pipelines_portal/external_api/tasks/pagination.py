"""The cursor of the task list: base64 of `{"last_id": N}`, N the last id on the page served."""

import base64
import binascii
import json

from pipelines_portal.external_api.http.errors import ApiError


def encode_cursor(last_id: int) -> str:
    return base64.b64encode(json.dumps({"last_id": last_id}).encode()).decode()


def decode_cursor(cursor: str) -> int:
    """The id the next page lies below, or 400."""
    try:
        last_id = json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ApiError(400, "Invalid cursor") from error
    if type(last_id) is not int or last_id < 1:
        raise ApiError(400, "Invalid cursor")
    return last_id
