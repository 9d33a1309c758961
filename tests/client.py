"""Clients of boto3 for an endpoint: the other client, the one that checks what unplug did."""

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"


def client(url, service, region="us-east-1", **credentials):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    keys = credentials or {"aws_access_key_id": "AKIASEEDER0000000000", "aws_secret_access_key": "seed"}
    made = boto3.client(service, region_name=region, endpoint_url=url, config=config, **keys)
    # S3 Control puts the account id before the host, which does not resolve for an address.
    made.meta.events.register("before-send.s3-control", without_account_in_host)
    return made


def without_account_in_host(request, **_):
    request.url = request.url.replace(f"//{ACCOUNT}.", "//", 1)
