"""Seeds an account in moto, the one that the wire tests cut and put back. Prints its ids as JSON.

    seed.py URL

Four Regions, with whatever containing has to get right: default and custom ACLs, groups that refer
to each other, interfaces with several groups and without an instance, a NAT gateway's managed
interface, Auto Scaling groups with some processes already suspended, users with an active and an
inactive key, an account block with two of four switches on, and a trail of one Region that does not
log; in the fourth Region a VPC with every way out that moto knows. moto adds a default VPC to every
Region.
"""

import json
import sys

from client import ACCOUNT, client

REGIONS = ["us-east-1", "eu-west-1", "ap-northeast-1", "eu-central-1"]
# The first of moto's own images: asking for the list takes half a second.
IMAGE = "ami-03cf127a"
SUSPENDED = ["AZRebalance", "Launch"]
ALL_PROCESSES = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
]


def tagged(kind, name, **more):
    tags = [{"Key": k, "Value": v} for k, v in {"Name": name, **more}.items()]
    return [{"ResourceType": kind, "Tags": tags}]


def anywhere(port, protocol="tcp"):
    return {
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "everybody"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    }


def from_group(group, port):
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": group, "UserId": ACCOUNT}],
    }


class Place:
    """A VPC of a Region, as it is built."""

    def __init__(self, url, region, name, cidr):
        self.ec2 = client(url, "ec2", region)
        self.scaling = client(url, "autoscaling", region)
        self.region, self.name = region, name
        made = self.ec2.create_vpc(
            CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=True, TagSpecifications=tagged("vpc", name)
        )
        self.vpc = made["Vpc"]["VpcId"]
        self.subnets, self.groups, self.interfaces = [], {}, []

    def subnet(self, cidr, zone):
        made = self.ec2.create_subnet(
            VpcId=self.vpc,
            CidrBlock=cidr,
            AvailabilityZone=f"{self.region}{zone}",
            TagSpecifications=tagged("subnet", f"{self.name}-{zone}-{cidr}"),
        )
        self.subnets.append(made["Subnet"]["SubnetId"])
        return self.subnets[-1]

    def group(self, name):
        made = self.ec2.create_security_group(
            GroupName=name,
            Description=f"{name} of {self.name}",
            VpcId=self.vpc,
            TagSpecifications=tagged("security-group", name, team="shop"),
        )
        self.groups[name] = made["GroupId"]
        return made["GroupId"]

    def allow(self, group, *rules):
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(rules))

    def interface(self, subnet, *groups):
        made = self.ec2.create_network_interface(
            SubnetId=subnet,
            Groups=list(groups),
            Description=f"of {self.name}",
            TagSpecifications=tagged("network-interface", self.name),
        )
        self.interfaces.append(made["NetworkInterface"]["NetworkInterfaceId"])
        return self.interfaces[-1]

    def acl(self, subnets, entries):
        made = self.ec2.create_network_acl(
            VpcId=self.vpc, TagSpecifications=tagged("network-acl", f"{self.name}-custom")
        )
        acl = made["NetworkAcl"]["NetworkAclId"]
        for entry in entries:
            self.ec2.create_network_acl_entry(NetworkAclId=acl, **entry)
        for held in self.ec2.describe_network_acls()["NetworkAcls"]:
            for at in held["Associations"]:
                if at["SubnetId"] in subnets:
                    self.ec2.replace_network_acl_association(
                        AssociationId=at["NetworkAclAssociationId"], NetworkAclId=acl
                    )
        return acl

    def scaling_group(self, name, subnets, desired, suspended):
        template = f"{name}-launch"
        self.scaling.create_launch_configuration(
            LaunchConfigurationName=template,
            ImageId=IMAGE,
            InstanceType="t3.micro",
            SecurityGroups=list(self.groups.values())[:1],
        )
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchConfigurationName=template,
            MinSize=0,
            MaxSize=4,
            DesiredCapacity=desired,
            VPCZoneIdentifier=",".join(subnets),
            Tags=[{"Key": "team", "Value": "shop", "PropagateAtLaunch": False}],
        )
        if suspended:
            self.scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=suspended)


def shop(url):
    """Behind custom ACLs, with groups in a ring, several groups an interface, and a NAT gateway."""
    at = Place(url, "us-east-1", "shop", "10.0.0.0/16")
    public = [at.subnet("10.0.0.0/24", "a"), at.subnet("10.0.1.0/24", "b")]
    private = [at.subnet("10.0.10.0/24", "a"), at.subnet("10.0.11.0/24", "b")]
    web, app, db = at.group("web"), at.group("app"), at.group("db")
    at.allow(web, anywhere(443), anywhere(80), from_group(app, 9000))
    at.allow(app, from_group(web, 8080), from_group(app, 7946))
    at.allow(
        db,
        from_group(app, 5432),
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
    )
    at.ec2.revoke_security_group_egress(
        GroupId=db, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    at.ec2.authorize_security_group_egress(
        GroupId=db,
        IpPermissions=[
            {
                "IpProtocol": "udp",
                "FromPort": 123,
                "ToPort": 123,
                "IpRanges": [{"CidrIp": "10.0.0.2/32", "Description": "time"}],
            }
        ],
    )
    everything = {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    at.acl(
        public,
        [
            {
                "RuleNumber": 90,
                "Egress": False,
                "Protocol": "6",
                "RuleAction": "deny",
                "CidrBlock": "203.0.113.0/24",
                "PortRange": {"From": 22, "To": 22},
            },
            {
                "RuleNumber": 95,
                "Egress": False,
                "Protocol": "1",
                "RuleAction": "allow",
                "CidrBlock": "0.0.0.0/0",
                "IcmpTypeCode": {"Type": 8, "Code": -1},
            },
            {"RuleNumber": 100, "Egress": False, **everything},
            {"RuleNumber": 100, "Egress": True, **everything},
            {
                "RuleNumber": 101,
                "Egress": True,
                "Protocol": "-1",
                "RuleAction": "allow",
                "Ipv6CidrBlock": "::/0",
            },
        ],
    )
    at.interface(public[0], web)
    at.interface(private[0], app, db)
    at.interface(private[1], db, app, web)
    at.ec2.run_instances(
        ImageId=IMAGE,
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        SubnetId=public[1],
        SecurityGroupIds=[web, app],
        TagSpecifications=tagged("instance", "shop-1"),
    )
    gateway = at.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    at.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=at.vpc)
    address = at.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = at.ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]
    own = at.ec2.allocate_address(Domain="vpc")["AllocationId"]
    at.ec2.associate_address(AllocationId=own, NetworkInterfaceId=at.interfaces[0])
    at.scaling_group("shop-web", public, 1, [])
    at.scaling_group("shop-workers", private, 0, SUSPENDED)
    managed = [
        eni["NetworkInterfaceId"]
        for eni in at.ec2.describe_network_interfaces()["NetworkInterfaces"]
        if eni.get("RequesterManaged")
    ]
    return {"vpc": at.vpc, "nat": nat["NatGatewayId"], "managed": managed, "subnets": at.subnets}


def workers(url):
    """On the default ACL with an entry of its own; a group whose processes are all suspended."""
    at = Place(url, "eu-west-1", "workers", "10.1.0.0/16")
    inside = [at.subnet("10.1.0.0/24", "a"), at.subnet("10.1.1.0/24", "b")]
    worker = at.group("worker")
    at.allow(worker, from_group(worker, 6379))
    default = at.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [at.vpc]}])
    at.ec2.create_network_acl_entry(
        NetworkAclId=default["NetworkAcls"][0]["NetworkAclId"],
        RuleNumber=50,
        Egress=False,
        Protocol="6",
        RuleAction="deny",
        CidrBlock="198.51.100.0/24",
        PortRange={"From": 0, "To": 65535},
    )
    at.interface(inside[0], worker)
    at.interface(inside[1], worker)
    at.scaling_group("workers", inside, 0, ALL_PROCESSES)
    return {"vpc": at.vpc, "subnets": at.subnets}


def forgotten(url):
    """A test VPC nobody remembers, with everything open, and a VPC without a subnet."""
    at = Place(url, "ap-northeast-1", "test", "10.2.0.0/16")
    only = at.subnet("10.2.0.0/24", "a")
    wide = at.group("test-open")
    at.allow(wide, {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
    at.interface(only, wide)
    Place(url, "ap-northeast-1", "empty", "10.3.0.0/16")
    return {"vpc": at.vpc, "subnets": at.subnets}


def network(url):
    """Public and private subnets, explicit and main tables, and each kind of way out, IPv4 and IPv6.

    Propagation into a route table is not there: moto has no EnableVgwRoutePropagation.
    """
    at = Place(url, "eu-central-1", "net", "10.5.0.0/16")
    ec2 = at.ec2
    far = Place(url, "eu-central-1", "far", "10.6.0.0/16")
    public = [at.subnet("10.5.0.0/24", "a"), at.subnet("10.5.1.0/24", "b")]
    private = [at.subnet("10.5.10.0/24", "a"), at.subnet("10.5.11.0/24", "b")]
    far.subnet("10.6.0.0/24", "a")
    # A gateway with nothing mapped: the one that AWS lets go.
    unused = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=unused, VpcId=far.vpc)
    host, endpoints = at.group("host"), at.group("endpoints")
    at.allow(host, anywhere(22), from_group(host, 9000))

    internet = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", "net"))
    internet = internet["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=at.vpc)
    egress = ec2.create_egress_only_internet_gateway(VpcId=at.vpc)
    egress = egress["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=public[0], AllocationId=allocation, TagSpecifications=tagged("natgateway", "net")
    )["NatGateway"]["NatGatewayId"]
    peering = ec2.create_vpc_peering_connection(VpcId=at.vpc, PeerVpcId=far.vpc)
    peering = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    private_gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpnGatewayId=private_gateway, VpcId=at.vpc)
    customer = ec2.create_customer_gateway(BgpAsn=65000, PublicIp="192.0.2.1", Type="ipsec.1")
    ec2.create_vpn_connection(
        CustomerGatewayId=customer["CustomerGateway"]["CustomerGatewayId"],
        Type="ipsec.1",
        VpnGatewayId=private_gateway,
    )
    transit = ec2.create_transit_gateway(Description="net")["TransitGateway"]["TransitGatewayId"]
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=transit, VpcId=at.vpc, SubnetIds=private[:1]
    )
    networks = ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "10.88.0.0/16"}]
    )["PrefixList"]["PrefixListId"]

    # A host with an interface in a public and one in a private subnet forwards for the others.
    instance = ec2.run_instances(
        ImageId=IMAGE,
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        SubnetId=public[1],
        SecurityGroupIds=[host],
        TagSpecifications=tagged("instance", "forwarder"),
    )["Instances"][0]
    outside = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    inside = at.interface(private[1], host)
    ec2.attach_network_interface(
        NetworkInterfaceId=inside, InstanceId=instance["InstanceId"], DeviceIndex=1
    )
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=inside, SourceDestCheck={"Value": False}
    )
    at.interface(private[0], host)
    own = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=own, NetworkInterfaceId=outside)

    main = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [at.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"][0]["RouteTableId"]
    tables = {"main": main}
    for name, subnets in [("public", public), ("private", private[:1])]:
        made = ec2.create_route_table(
            VpcId=at.vpc, TagSpecifications=tagged("route-table", f"net-{name}")
        )
        tables[name] = made["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=tables[name], SubnetId=subnet)
    everywhere, everywhere6 = {"DestinationCidrBlock": "0.0.0.0/0"}, {"DestinationIpv6CidrBlock": "::/0"}
    for table, route in [
        ("public", {**everywhere, "GatewayId": internet}),
        ("public", {**everywhere6, "GatewayId": internet}),
        ("main", {**everywhere, "NatGatewayId": nat}),
        ("private", {**everywhere, "NatGatewayId": nat}),
        ("private", {**everywhere6, "EgressOnlyInternetGatewayId": egress}),
        ("private", {"DestinationCidrBlock": "10.6.0.0/16", "VpcPeeringConnectionId": peering}),
        ("private", {"DestinationCidrBlock": "10.200.0.0/16", "GatewayId": private_gateway}),
        ("private", {"DestinationCidrBlock": "10.77.0.0/16", "TransitGatewayId": transit}),
        ("private", {"DestinationPrefixListId": networks, "TransitGatewayId": transit}),
        ("private", {"DestinationCidrBlock": "203.0.113.0/24", "NetworkInterfaceId": inside}),
    ]:
        ec2.create_route(RouteTableId=tables[table], **route)
    theirs = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [far.vpc]}])
    theirs = theirs["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=theirs, **everywhere, GatewayId=unused)
    ec2.create_route(
        RouteTableId=theirs, DestinationCidrBlock="10.5.0.0/16", VpcPeeringConnectionId=peering
    )

    gateway_endpoint = ec2.create_vpc_endpoint(
        VpcId=at.vpc,
        ServiceName="com.amazonaws.eu-central-1.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[tables["private"]],
        TagSpecifications=tagged("vpc-endpoint", "net-s3"),
    )["VpcEndpoint"]["VpcEndpointId"]
    interface_endpoint = ec2.create_vpc_endpoint(
        VpcId=at.vpc,
        ServiceName="com.amazonaws.eu-central-1.ssm",
        VpcEndpointType="Interface",
        SubnetIds=private,
        SecurityGroupIds=[endpoints],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    return {
        "vpc": at.vpc,
        "tables": tables,
        "public": public,
        "private": private,
        "instance": instance["InstanceId"],
        "forwarder": inside,
        "internet_gateway": internet,
        "unused_gateway": unused,
        "far": far.vpc,
        "egress_gateway": egress,
        "nat": nat,
        "peering": peering,
        "vpn_gateway": private_gateway,
        "transit": transit,
        "gateway_endpoint": gateway_endpoint,
        "interface_endpoint": interface_endpoint,
    }


def people(url):
    iam = client(url, "iam")
    iam.create_account_alias(AccountAlias="shop-prod")
    iam.create_group(GroupName="developers")
    keys = {}
    for name, path in [("alice", "/"), ("bob", "/"), ("deploy", "/robots/")]:
        tags = [{"Key": "team", "Value": "shop"}]
        iam.create_user(UserName=name, Path=path, Tags=tags)
        keys[name] = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]]
    keys["alice"].append(iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"])
    iam.update_access_key(UserName="alice", AccessKeyId=keys["alice"][1], Status="Inactive")
    body = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ alice@example"
    iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)
    iam.add_user_to_group(GroupName="developers", UserName="alice")
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        }
    )
    policy = iam.create_policy(PolicyName="shop-s3", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="developers", PolicyArn=policy)
    iam.put_user_policy(UserName="deploy", PolicyName="inline", PolicyDocument=document)
    # Its key is an SMTP password: it may do nothing but send.
    iam.create_user(UserName="mailer", Path="/robots/")
    keys["mailer"] = [iam.create_access_key(UserName="mailer")["AccessKey"]["AccessKeyId"]]
    send = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [send]})
    iam.put_user_policy(UserName="mailer", PolicyName="AmazonSesSendingAccess", PolicyDocument=document)
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    iam.create_role(RoleName="shop-web", Path="/shop/", AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="shop-web", PolicyArn=policy)
    return keys


def evidence(url):
    """The account block with two of four switches on; a trail of one Region that does not log."""
    client(url, "s3control").put_public_access_block(
        AccountId=ACCOUNT,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    )
    bucket = "shop-trail-logs"
    s3 = client(url, "s3", "eu-west-1")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    arn = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/trail-main"
    service = {"Service": "cloudtrail.amazonaws.com"}
    condition = {"aws:SourceArn": arn}
    statements = [
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringEquals": condition},
        },
        {
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*",
            "Condition": {
                "StringEquals": {**condition, "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    client(url, "s3").create_bucket(Bucket="shop-images")
    lifecycle(url, "shop-images")
    client(url, "cloudtrail", "eu-west-1").create_trail(
        Name="trail-main", S3BucketName=bucket, IsMultiRegionTrail=False
    )
    return {"trail": arn, "bucket": bucket}


def clocks(url):
    """Keys and secrets, one of each to be deleted."""
    kms = client(url, "kms", "eu-west-1")
    keys = [
        kms.create_key(Description=name)["KeyMetadata"]["KeyId"] for name in ["backups", "orders", "old"]
    ]
    kms.schedule_key_deletion(KeyId=keys[0], PendingWindowInDays=7)
    kms.disable_key(KeyId=keys[2])
    secrets = client(url, "secretsmanager", "eu-west-1")
    arns = [
        secrets.create_secret(Name=name, SecretString="x")["ARN"] for name in ["shop/payment", "shop/mail"]
    ]
    secrets.delete_secret(SecretId=arns[0], RecoveryWindowInDays=7)
    logs = client(url, "logs", "eu-west-1")
    groups = {"shop-orders": 1, "shop-mail": 30}
    for name, days in groups.items():
        logs.create_log_group(logGroupName=name)
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return {"keys": keys, "secrets": arns}


def lifecycle(url, bucket):
    """A rule that deletes everything, and one that deletes nothing that was there."""
    rules = [
        {"ID": "gone", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
        {
            "ID": "uploads",
            "Filter": {"Prefix": "in/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]
    client(url, "s3").put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule | {"Status": "Enabled"} for rule in rules]}
    )


def names(url):
    """A zone with records of several routings. UPSERT: moto takes no record again that it saw created."""
    route53 = client(url, "route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="seed")["HostedZone"]["Id"]
    zone = zone.removeprefix("/hostedzone/")

    def record(name, kind, **more):
        return {"Action": "UPSERT", "ResourceRecordSet": {"Name": f"{name}.", "Type": kind, **more}}

    def values(*all):
        return {"TTL": 300, "ResourceRecords": [{"Value": value} for value in all]}

    def alias(name):
        return {"AliasTarget": {"HostedZoneId": zone, "DNSName": name, "EvaluateTargetHealth": False}}

    changes = [
        record("www.example.com", "A", **values("192.0.2.10", "192.0.2.11")),
        record("shop.example.com", "A", SetIdentifier="old", Weight=10, **values("192.0.2.12")),
        record("shop.example.com", "A", SetIdentifier="new", Weight=90, **values("192.0.2.13")),
        record("alias.example.com", "A", **alias("www.example.com.")),
        record("status.example.com", "CNAME", **(values("status.example.net") | {"TTL": 86400})),
        record("mail.example.com", "MX", **values("10 mail.example.net")),
        record("text.example.com", "TXT", **values('"as it was"')),
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return {"zone": zone}


def front(url):
    """A distribution with three cache behaviors, two origins and a function of its own; one that is off."""
    cloudfront = client(url, "cloudfront")
    config = {"Comment": "old addresses of pictures", "Runtime": "cloudfront-js-2.0"}
    code = b"function handler(event) { return event.request; }"
    made = cloudfront.create_function(Name="old-images", FunctionConfig=config, FunctionCode=code)
    cloudfront.publish_function(Name="old-images", IfMatch=made["ETag"])
    own = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]

    def runs(**functions):
        found = [{"FunctionARN": own, "EventType": event} for event in functions.get("on", [])]
        return {"Quantity": len(found), "Items": found} if found else {"Quantity": 0}

    def behavior(origin, **more):
        policy = {"ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}
        return {"TargetOriginId": origin, **policy, "Compress": True, **more}

    web = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origins = [
        {"Id": "shop", "DomainName": "shop.example.com", "CustomOriginConfig": web},
        {
            "Id": "images",
            "DomainName": "shop-images.s3.eu-west-1.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        },
    ]
    viewer_lambda = {
        "LambdaFunctionARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:headers:3",
        "EventType": "viewer-response",
        "IncludeBody": False,
    }
    others = [
        behavior("images", PathPattern="/images/*", FunctionAssociations=runs(on=["viewer-request"])),
        behavior(
            "images",
            PathPattern="/history/*",
            LambdaFunctionAssociations={"Quantity": 1, "Items": [viewer_lambda]},
        ),
    ]
    shop = {
        "CallerReference": "shop",
        "Aliases": {"Quantity": 2, "Items": ["example.com", "www.example.com"]},
        "Origins": {"Quantity": 2, "Items": origins},
        "DefaultCacheBehavior": behavior("shop"),
        "CacheBehaviors": {"Quantity": 2, "Items": others},
        "Comment": "the shop & its pictures",
        "Enabled": True,
        "PriceClass": "PriceClass_100",
        "HttpVersion": "http2and3",
    }
    off = {
        "CallerReference": "trial",
        "Origins": {"Quantity": 1, "Items": origins[:1]},
        "DefaultCacheBehavior": behavior("shop"),
        "Comment": "trial",
        "Enabled": False,
    }
    ids = {}
    for name, wanted in {"shop": shop, "off": off}.items():
        tags = {"Items": [{"Key": "Name", "Value": name}]}
        made = cloudfront.create_distribution_with_tags(
            DistributionConfigWithTags={"DistributionConfig": wanted, "Tags": tags}
        )
        ids[name] = made["Distribution"]["Id"]
    return ids


def main():
    url = sys.argv[1]
    seeded = {
        "account": ACCOUNT,
        "regions": REGIONS,
        "shop": shop(url),
        "workers": workers(url),
        "forgotten": forgotten(url),
        "network": network(url),
        "keys": people(url),
        "clocks": clocks(url),
        "names": names(url),


        "front": front(url),
        **evidence(url),
    }
    print(json.dumps(seeded))


if __name__ == "__main__":
    main()
