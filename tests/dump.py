"""Dumps an account over HTTP with boto3, all fields, and compares two dumps.

    dump.py dump URL [REGION ...] > before.json      without Regions: all that are enabled
    dump.py compare before.json after.json [--allow PATTERN] [--expect PATTERN] [--alias NEW=OLD]

A dump is {section: {Region or "global": {id: fields as AWS answered them}}}, keys and lists sorted.
`compare` prints each difference as a path with both values and exits 1 if one is left. A PATTERN is
a shell pattern over paths such as `trails/eu-west-1/*`; `--allow` says that something may differ
(and is printed as declared), `--expect` that it must. `--alias` says that a thing had to be made again
under a new id: wherever the second dump has the new id, it is read as the old one.

Left out of a dump, because AWS reassigns or moves it although nothing of the account has changed:

- ResponseMetadata                      of the answer, not of the account
- NetworkAclAssociationId               ReplaceNetworkAclAssociation gives a new one each time
- RouteTableAssociationId               ReplaceRouteTableAssociation and AssociateRouteTable likewise
- AssociationId of addresses            AssociateAddress likewise
- CreateTime, CreationTimestamp         of a NAT gateway, and of an endpoint, that is made again
- what has the state "deleted"          AWS lists NAT gateways and endpoints for a while after they go
- of GetTrailStatus all but IsLogging and the errors: times of the last delivery
- IAM: PasswordLastUsed, RoleLastUsed, and a key's last use: every call moves them
- instances: LaunchTime stays; UsageOperationUpdateTime follows the clock in moto
- Auto Scaling: SuspensionReason        AWS writes the moment into it ("User suspended at ...")

The order of lists is dropped: AWS documents none for what is dumped here.
"""

import fnmatch
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from boto3.session import Session
from botocore.exceptions import ClientError
from client import ACCOUNT, client

OMITTED = {
    "ResponseMetadata",
    "NetworkAclAssociationId",
    "RouteTableAssociationId",
    "AssociationId",
    "CreateTime",
    "CreationTimestamp",
    "PasswordLastUsed",
    "RoleLastUsed",
    "UsageOperationUpdateTime",
    "SuspensionReason",
}
TRAIL_STATUS = {"IsLogging", "LatestDeliveryError", "LatestNotificationError", "LatestDigestDeliveryError"}

# Section: operation, key of the list in its answer, id of an item.
EC2 = {
    "vpcs": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnets": ("describe_subnets", "Subnets", "SubnetId"),
    "acls": ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "groups": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "group_rules": ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    "interfaces": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "route_tables": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet_gateways": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "nat_gateways": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "egress_gateways": (
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    "vpn_gateways": ("describe_vpn_gateways", "VpnGateways", "VpnGatewayId"),
    "vpn_connections": ("describe_vpn_connections", "VpnConnections", "VpnConnectionId"),
    "peerings": (
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
    ),
    "transit_attachments": (
        "describe_transit_gateway_attachments",
        "TransitGatewayAttachments",
        "TransitGatewayAttachmentId",
    ),
    "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "prefix_lists": ("describe_managed_prefix_lists", "PrefixLists", "PrefixListId"),
    "addresses": ("describe_addresses", "Addresses", "PublicIp"),
    "volumes": ("describe_volumes", "Volumes", "VolumeId"),
    "tags": ("describe_tags", "Tags", None),
}
PRINCIPALS = {
    "users": ("UserDetailList", "UserName"),
    "roles": ("RoleDetailList", "RoleName"),
    "iam_groups": ("GroupDetailList", "GroupName"),
    "policies": ("Policies", "Arn"),
}


def pages(of, operation, key, **parameters):
    if of.can_paginate(operation):
        for page in of.get_paginator(operation).paginate(**parameters):
            yield from page.get(key, [])
    else:
        yield from getattr(of, operation)(**parameters).get(key, [])


def absent(code, call, **parameters):
    """The answer, or None where AWS says by this code that there is none."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return None
        raise


def enabled(url):
    """moto answers every Region, with AllRegions=false too; those not opted in are left out."""
    regions = client(url, "ec2").describe_regions()["Regions"]
    return sorted(r["RegionName"] for r in regions if r["OptInStatus"] != "not-opted-in")


def regional(url, region):
    dump = {}
    ec2 = client(url, "ec2", region)
    for section, (operation, key, name) in EC2.items():
        items = list(pages(ec2, operation, key))
        if name is None:
            dump[section] = {f"{item['ResourceId']} {item['Key']}": item for item in items}
        else:
            there = [item for item in items if item.get("State") != "deleted"]
            dump[section] = {item[name]: item for item in there}
    dump["instances"] = {
        instance["InstanceId"]: instance
        for reservation in pages(ec2, "describe_instances", "Reservations")
        for instance in reservation["Instances"]
    }
    scaling = client(url, "autoscaling", region)
    dump["scaling_groups"] = {
        group["AutoScalingGroupName"]: group
        for group in pages(scaling, "describe_auto_scaling_groups", "AutoScalingGroups")
    }
    trail_client = client(url, "cloudtrail", region)
    dump["trails"] = {}
    for trail in trail_client.describe_trails(includeShadowTrails=False)["trailList"]:
        arn = trail["TrailARN"]
        status = trail_client.get_trail_status(Name=arn)
        dump["trails"][arn] = {
            "trail": trail,
            "status": {key: value for key, value in status.items() if key in TRAIL_STATUS},
            "selectors": trail_client.get_event_selectors(TrailName=arn),
        }
    kms = client(url, "kms", region)
    dump["kms_keys"] = {
        key["KeyId"]: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        for key in pages(kms, "list_keys", "Keys")
    }
    secrets = client(url, "secretsmanager", region)
    dump["secrets"] = {
        secret["ARN"]: secret
        for secret in pages(secrets, "list_secrets", "SecretList", IncludePlannedDeletion=True)
    }
    # moto answers 500 for a Region that SES does not have.
    if region in Session().get_available_regions("sesv2"):
        identities = client(url, "sesv2", region).list_email_identities()["EmailIdentities"]
        dump["mail_identities"] = {item["IdentityName"]: item for item in identities}
    return dump


def by_name(principal):
    """The principal with its inline policies by their names, so that a path names one of them."""
    lists = ("UserPolicyList", "RolePolicyList", "GroupPolicyList")
    return principal | {key: {item["PolicyName"]: item for item in principal.get(key, [])} for key in lists}


def everywhere(url):
    dump = {}
    iam = client(url, "iam")
    details = list(iam.get_paginator("get_account_authorization_details").paginate())
    for section, (key, name) in PRINCIPALS.items():
        items = [item for page in details for item in page[key]]
        dump[section] = {item[name]: by_name(item) for item in items if ":aws:policy/" not in item["Arn"]}
    dump["keys"] = {
        key["AccessKeyId"]: key
        for user in dump["users"]
        for key in pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=user)
    }
    dump["ssh_keys"] = {
        key["SSHPublicKeyId"]: key
        for user in dump["users"]
        for key in pages(iam, "list_ssh_public_keys", "SSHPublicKeys", UserName=user)
    }
    dump["alias"] = {name: {} for name in pages(iam, "list_account_aliases", "AccountAliases")}
    dump["account_summary"] = {"summary": iam.get_account_summary()["SummaryMap"]}
    block = absent(
        "NoSuchPublicAccessBlockConfiguration",
        client(url, "s3control").get_public_access_block,
        AccountId=ACCOUNT,
    )
    dump["s3_block"] = {"account": block}
    s3 = client(url, "s3")
    dump["buckets"] = {}
    for bucket in s3.list_buckets()["Buckets"]:
        name = {"Bucket": bucket["Name"]}
        block = "NoSuchPublicAccessBlockConfiguration"
        dump["buckets"][bucket["Name"]] = {
            "bucket": bucket,
            "location": s3.get_bucket_location(**name),
            "policy": absent("NoSuchBucketPolicy", s3.get_bucket_policy, **name),
            "acl": s3.get_bucket_acl(**name),
            "versioning": s3.get_bucket_versioning(**name),
            "block": absent(block, s3.get_public_access_block, **name),
        }
    return dump


def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value) if key not in OMITTED}
    if isinstance(value, list):
        return sorted((canonical(item) for item in value), key=lambda item: json.dumps(item))
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


def renamed(value, aliases):
    """The value with each new id under its old one, in keys as well."""
    text = json.dumps(value)
    for new, old in aliases:
        text = text.replace(new, old)
    return canonical(json.loads(text))


def dump(url, regions):
    places = {"global": everywhere(url)}
    with ThreadPoolExecutor(4) as pool:
        asked = regions or enabled(url)
        places.update(zip(asked, pool.map(lambda region: regional(url, region), asked), strict=True))
    sections = {}
    for place, found in places.items():
        for section, items in found.items():
            sections.setdefault(section, {})[place] = items
    return canonical(sections)


def differences(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            inner = f"{path}/{key}" if path else key
            if key not in before:
                yield inner, None, after[key]
            elif key not in after:
                yield inner, before[key], None
            else:
                yield from differences(before[key], after[key], inner)
    elif before != after:
        yield path, before, after


def compare(before, after, allowed, expected):
    def matches(path, pattern):
        return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, pattern + "/*")

    bad = False
    met = set()
    for path, was, now in differences(before, after):
        declared = [pattern for pattern in [*allowed, *expected] if matches(path, pattern)]
        met.update(declared)
        bad |= not declared
        print(f"{'declared ' if declared else 'DIFFERS '}{path}")
        print(f"  - {json.dumps(was)}")
        print(f"  + {json.dumps(now)}")
    for pattern in expected:
        if pattern not in met:
            bad = True
            print(f"AS BEFORE {pattern}: it was declared to differ")
    return 1 if bad else 0


def main(arguments):
    verb, *rest = arguments
    if verb == "dump":
        url, *regions = rest
        json.dump(dump(url, regions), sys.stdout, indent=1)
        return 0
    declared = {"--allow": [], "--expect": [], "--alias": []}
    files = []
    words = iter(rest)
    for word in words:
        if word in declared:
            declared[word].append(next(words))
        else:
            files.append(word)
    with open(files[0]) as before, open(files[1]) as after:
        aliases = [alias.split("=") for alias in declared["--alias"]]
        after = renamed(json.load(after), aliases)
        return compare(json.load(before), after, declared["--allow"], declared["--expect"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
