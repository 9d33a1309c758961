"""Dumps an account over HTTP with boto3, all fields, and compares two dumps.

    dump.py dump URL [REGION ...] > before.json      without Regions: all that are enabled
    dump.py compare before.json after.json [--allow PATTERN] [--expect PATTERN] [--alias NEW=OLD]
    dump.py serve                             the same two by a socket, see `serve`

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
- LastModified, LastModifiedTime, RevisionId of a function and its URL: each write moves them
- LockToken                             AWS WAF gives another one with each write
- LatestRestorableTime, EarliestRestorableTime  of a database: they follow the clock
- Auto Scaling: SuspensionReason        AWS writes the moment into it ("User suspended at ...")

The order of lists is dropped: AWS documents none for what is dumped here.
"""

import contextlib
import fnmatch
import json
import os
import signal
import socketserver
import sys
import threading
import traceback
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
    "LockToken",
    "LastModified",
    "LastModifiedTime",
    "RevisionId",
    "LatestRestorableTime",
    "EarliestRestorableTime",
}
# What `serve` makes a client of before it is asked.
SERVICES = (
    "autoscaling cloudfront cloudtrail ec2 elbv2 iam kms lambda logs rds route53 s3 s3control secretsmanager sesv2 wafv2"
)
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
    dump.update(balancers(client(url, "elbv2", region)))
    dump.update(web_acls(client(url, "wafv2", region), "REGIONAL"))
    dump.update(databases(client(url, "rds", region)))
    dump.update(copies(ec2))
    dump.update(functions(client(url, "lambda", region)))
    dump.update(apis(client(url, "apigateway", region), client(url, "apigatewayv2", region)))
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
    dump["log_groups"] = {
        group["logGroupName"]: group
        for group in pages(client(url, "logs", region), "describe_log_groups", "logGroups")
    }
    # moto answers 500 for a Region that SES does not have.
    if region in Session().get_available_regions("sesv2"):
        identities = client(url, "sesv2", region).list_email_identities()["EmailIdentities"]
        dump["mail_identities"] = {item["IdentityName"]: item for item in identities}
    return dump


def databases(rds):
    """Instances, clusters, and the snapshots that somebody took, with who may restore them."""
    found = {
        "databases": {i["DBInstanceIdentifier"]: i for i in pages(rds, "describe_db_instances", "DBInstances")},
        "clusters": {c["DBClusterIdentifier"]: c for c in pages(rds, "describe_db_clusters", "DBClusters")},
        "database_snapshots": {},
    }
    for one in pages(rds, "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"):
        name = one["DBSnapshotIdentifier"]
        answer = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)
        attributes = answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
        found["database_snapshots"][name] = {"snapshot": one, "attributes": attributes}
    return found


def copies(ec2):
    """This account's snapshots and images, with who may use them. moto lists everybody's."""
    snapshots = [s for s in pages(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"]) if s["OwnerId"] == ACCOUNT]
    images = pages(ec2, "describe_images", "Images", Owners=["self"])
    permission = {"Attribute": "createVolumePermission"}
    launch = {"Attribute": "launchPermission"}
    return {
        "snapshots": {
            one["SnapshotId"]: {
                "snapshot": one,
                "with": ec2.describe_snapshot_attribute(SnapshotId=one["SnapshotId"], **permission)[
                    "CreateVolumePermissions"
                ],
            }
            for one in snapshots
        },
        "images": {
            one["ImageId"]: {
                "image": one,
                "with": ec2.describe_image_attribute(ImageId=one["ImageId"], **launch)["LaunchPermissions"],
            }
            for one in images
        },
    }


def balancers(elb):
    """Load balancers, their listeners, and the rules of these with their tags."""
    found = {item["LoadBalancerArn"]: item for item in pages(elb, "describe_load_balancers", "LoadBalancers")}
    listeners = {
        item["ListenerArn"]: item
        for arn in found
        for item in pages(elb, "describe_listeners", "Listeners", LoadBalancerArn=arn)
    }
    rules = {
        item["RuleArn"]: item
        for arn in listeners
        for item in elb.describe_rules(ListenerArn=arn)["Rules"]
    }
    for arn, rule in rules.items():
        rule["Tags"] = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    return {"load_balancers": found, "listeners": listeners, "listener_rules": rules}


def web_acls(waf, scope):
    """Web ACLs with what they protect, and IP sets, by name."""
    acls = {}
    for one in waf.list_web_acls(Scope=scope, Limit=100)["WebACLs"]:
        acl = waf.get_web_acl(Scope=scope, Name=one["Name"], Id=one["Id"])["WebACL"]
        # By their names, so that a path names one of them.
        acl["Rules"] = {rule["Name"]: rule for rule in acl["Rules"]}
        if scope == "REGIONAL":
            acl["Resources"] = waf.list_resources_for_web_acl(WebACLArn=one["ARN"])["ResourceArns"]
        acls[one["Name"]] = acl
    sets = {
        one["Name"]: waf.get_ip_set(Scope=scope, Name=one["Name"], Id=one["Id"])["IPSet"]
        for one in waf.list_ip_sets(Scope=scope, Limit=100)["IPSets"]
    }
    return {"web_acls": acls, "ip_sets": sets}


def functions(lam):
    """Functions with their concurrency, URL and policy, and what Lambda polls for them."""
    found = {}
    for one in pages(lam, "list_functions", "Functions"):
        name = one["FunctionName"]
        function = lam.get_function(FunctionName=name)
        urls = lam.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
        found[name] = {
            "Configuration": function["Configuration"],
            "Concurrency": lam.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
            "Tags": function.get("Tags"),
            "Url": urls[0] if urls else None,
            "Policy": absent("ResourceNotFoundException", lam.get_policy, FunctionName=name),
        }
    sources = {item["UUID"]: item for item in pages(lam, "list_event_source_mappings", "EventSourceMappings")}
    return {"functions": found, "event_sources": sources}


def apis(rest, others):
    """REST APIs with their stages and deployments, HTTP and WebSocket APIs with their stages."""
    found = {"rest_apis": {}, "http_apis": {}}
    for api in pages(rest, "get_rest_apis", "items"):
        name = {"restApiId": api["id"]}
        found["rest_apis"][api["id"]] = {
            "api": api,
            "stages": {one["stageName"]: one for one in rest.get_stages(**name)["item"]},
            "deployments": sorted(one["id"] for one in pages(rest, "get_deployments", "items", **name)),
        }
    for api in pages(others, "get_apis", "Items"):
        stages = pages(others, "get_stages", "Items", ApiId=api["ApiId"])
        found["http_apis"][api["ApiId"]] = {"api": api, "stages": {one["StageName"]: one for one in stages}}
    return found


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
    cloudfront = client(url, "cloudfront")
    listed = cloudfront.list_distributions()["DistributionList"].get("Items", [])
    dump["distributions"] = {
        one["Id"]: cloudfront.get_distribution_config(Id=one["Id"])["DistributionConfig"] for one in listed
    }
    listed = cloudfront.list_functions()["FunctionList"].get("Items", [])
    dump["functions"] = {
        one["Name"]: {
            "summary": one,
            "code": cloudfront.get_function(Name=one["Name"])["FunctionCode"].read().decode(),
        }
        for one in listed
    }
    listed = cloudfront.list_origin_access_controls()["OriginAccessControlList"].get("Items", [])
    dump["access_controls"] = {one["Id"]: one for one in listed}
    dump.update(web_acls(client(url, "wafv2"), "CLOUDFRONT"))
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
            "lifecycle": absent(
                "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, **name
            ),
            "block": absent(block, s3.get_public_access_block, **name),
            "ownership": absent("OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, **name),
            "encryption": absent(
                "ServerSideEncryptionConfigurationNotFoundError", s3.get_bucket_encryption, **name
            ),
            "objects": [
                {"Key": item["Key"], "ETag": item["ETag"]}
                for item in s3.list_object_versions(**name).get("Versions", [])
                if item["Key"].startswith("unplug-page-")
            ],
        }
    route53 = client(url, "route53")
    dump["zones"] = {}
    for zone in pages(route53, "list_hosted_zones", "HostedZones"):
        found = list(pages(route53, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]))
        # By name, type and identifier, so that a path names one set.
        places = (f"{s['Name']} {s['Type']} {s.get('SetIdentifier', '')}".strip() for s in found)
        dump["zones"][zone["Id"].split("/")[-1]] = {
            "name": zone["Name"],
            "records": dict(zip(places, found, strict=True)),
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


class Asked(socketserver.StreamRequestHandler):
    """One line asks: the arguments as a list in JSON. The answer is what is printed, and the exit code after it."""

    def handle(self):
        arguments = json.loads(self.rfile.readline())
        with os.fdopen(os.dup(self.connection.fileno()), "w") as answer:
            with contextlib.redirect_stdout(answer):
                try:
                    code = main(arguments)
                except Exception:
                    print(traceback.format_exc())
                    code = 2
                print(f"\n{code}")


class Server(socketserver.ForkingTCPServer):
    """A process for each connection."""

    max_children = 64
    request_queue_size = 64


def serve():
    """Listens on a free port of 127.0.0.1, which it prints, until its standard input ends. A start of Python with
    boto3 costs more than a dump, and so does each first client of a service: both are paid once here."""
    for service in SERVICES.split():
        client("http://127.0.0.1:9", service)
    with Server(("127.0.0.1", 0), Asked) as server:
        print(server.server_address[1], flush=True)

        def until_stdin_ends():
            sys.stdin.read()
            os.kill(os.getpid(), signal.SIGKILL)

        threading.Thread(target=until_stdin_ends, daemon=True).start()
        server.serve_forever()


def main(arguments):
    verb, *rest = arguments
    if verb == "serve":
        return serve()
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
