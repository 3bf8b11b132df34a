"""Create the bucket of STORAGE_URL, and allow pages of PORTAL_URL to upload to it. Safe to run again."""

import os
from urllib.parse import parse_qs, urlsplit

import boto3

where = urlsplit(os.environ["STORAGE_URL"])
bucket, endpoint = where.netloc, parse_qs(where.query)["endpoint"][0]
rule = {
    "AllowedOrigins": [os.environ["PORTAL_URL"]],
    "AllowedMethods": ["PUT"],
    "AllowedHeaders": ["*"],
    "MaxAgeSeconds": 3600,
}
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
    s3.create_bucket(Bucket=bucket)
s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
