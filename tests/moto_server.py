"""moto as a server on a free port of 127.0.0.1, which it prints as its first line.

    moto_server.py [--as-is]

It ends when its standard input does, so that it never outlives the test that started it. What it answered
to a read it answers again until something is written (tests/moto_answers.py).
`/unplug-test/copy` answers the port of a copy of the server with the account as it is now: an
account is seeded once, and each test cuts a copy of its own. `/unplug-test/end` ends a copy.

moto's own `moto_server` would do, but for twenty-two things that AWS does and moto does not. They are
put right here (`--as-is` leaves them); whatever else moto lacks stays missing, see docs/moto.md.

1. moto's backends are not safe to call from several threads ("dictionary changed size during
   iteration", answered as a 500): requests are served one at a time.
2. The interface of a NAT gateway is managed by AWS: RequesterManaged, InterfaceType nat_gateway, no
   security groups, and changing it is refused. moto makes it an ordinary interface of the account.
3. What does not exist is refused by its name: a stale association id (moto answers 500), a group
   that an interface is to wear (moto gives the interface a group that is None).
4. A group that an interface wears or another group names cannot be deleted (DependencyViolation).
   moto deletes it under them.
5. An interface of an instance wears what it was last given. moto adds the instance's groups for ever.
6. GetBucketVersioning answers a VersioningConfiguration, which strict clients insist on.
7. A new trail logs all management events: GetEventSelectors lists the default selector.
8. DescribeNetworkAcls takes the filter `network-acl-id`, DescribeVpcEndpoints `vpc-endpoint-id`.
9. The tags of a deleted group, ACL, route table or egress-only gateway are gone with it.
10. The interfaces of an interface endpoint are managed by AWS as well, and wear the endpoint's groups.
11. The routes of a gateway endpoint come and go with its route tables.
12. A route whose target is deleted or detached is a blackhole.
13. A deleted NAT gateway lets go of its address and its interface; a new one takes the private address
    that is asked for, is public, and says which of its addresses is the primary one.
14. DescribeVpcEndpointServices takes filters; ModifyVpcEndpoint resets a policy.
15. A user takes a permissions boundary (moto lacks the two operations).
16. CloudFront's functions and ETags: see tests/moto_cloudfront.py.
17. SetRulePriorities is judged by the order that results; moto judges each number by the order before.
18. AWS WAF's web ACLs and IP sets: see tests/moto_waf.py.
19. The URLs and provisioned concurrency of functions: see tests/moto_lambda.py.
20. Stages, policies and deployments of API Gateway: see tests/moto_apigateway.py.
21. S3 Control names an answer by its shape (ListAccessPointsResult), which strict clients insist on.
22. Service Quotas lists the quotas that hold (ListServiceQuotas): AWS's defaults. moto lists those by another call.
"""

import json
import os
import signal
import sys
import threading

# A thousand images of Amazon's with their snapshots, which a look at the account's own would answer each time.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

from moto.cloudtrail.models import Trail
from moto.core.responses import EmptyResult
from moto.core.serialize import BaseXMLSerializer
from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidAssociationIdError,
    InvalidSecurityGroupNotFoundError,
)
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models import nat_gateways
from moto.ec2.models.internet_gateways import EgressOnlyInternetGatewayBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclBackend
from moto.ec2.models.route_tables import Route, RouteBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses.nat_gateways import NatGateways
from moto.ec2.responses.vpcs import VPCs
from moto.elbv2.exceptions import PriorityInUseError
from moto.elbv2.models import ELBv2Backend
from moto.iam.models import User
from moto.iam.responses import IamResponse
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.responses import S3Response
from moto.servicequotas.responses import ServiceQuotasResponse
from werkzeug.serving import make_server

import moto_apigateway
import moto_cloudfront
import moto_lambda
import moto_waf
from moto_answers import Answers


def as_aws_does():
    managed = set()

    create_nat_gateway = NatGatewayBackend.create_nat_gateway

    def create(self, *args, **kwargs):
        gateway = create_nat_gateway(self, *args, **kwargs)
        interface = gateway._eni
        interface.requester_managed = True
        interface.interface_type = "nat_gateway"
        interface.description = f"Interface for NAT Gateway {gateway.id}"
        interface._group_set.clear()
        managed.add(interface.id)
        gateway.connectivity_type = gateway.connectivity_type or "public"
        gateway.address_set[0]["isPrimary"] = True
        return gateway

    NatGatewayBackend.create_nat_gateway = create

    asked = []
    random_private_ip = nat_gateways.random_private_ip
    nat_gateways.random_private_ip = lambda: asked.pop() if asked else random_private_ip()
    answer_create_nat_gateway = NatGateways.create_nat_gateway

    def answer_create(self):
        address = self._get_param("PrivateIpAddress")
        asked[:] = [address] if address else []
        return answer_create_nat_gateway(self)

    NatGateways.create_nat_gateway = answer_create

    delete_nat_gateway = NatGatewayBackend.delete_nat_gateway

    def delete_nat(self, nat_gateway_id):
        gateway = delete_nat_gateway(self, nat_gateway_id)
        for address in gateway.address_set:
            if address.get("associationId"):
                self.disassociate_address(association_id=address["associationId"])
        managed.discard(gateway._eni.id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_nat

    def route_state(self):
        gateways = [gateway for gateway in [self.nat_gateway, self.egress_only_igw] if gateway]
        gone = any(getattr(gateway, "state", None) == "deleted" for gateway in gateways)
        if self.gateway and hasattr(self.gateway, "vpc_attachments"):
            gone |= all(at.state != "attached" for at in self.gateway.vpc_attachments)
        elif self.gateway:
            gone |= self.gateway.vpc is None
        return "blackhole" if gone else "active"

    Route.state = property(route_state)

    delete_egress = EgressOnlyInternetGatewayBackend.delete_egress_only_internet_gateway

    def delete_egress_gateway(self, gateway_id):
        gateway = self.egress_only_internet_gateways.get(gateway_id)
        delete_egress(self, gateway_id)
        # Its routes still hold it.
        gateway.state = "deleted"
        self.tags.pop(gateway_id, None)

    EgressOnlyInternetGatewayBackend.delete_egress_only_internet_gateway = delete_egress_gateway

    delete_route_table = RouteBackend.delete_route_table

    def delete_table(self, route_table_id):
        delete_route_table(self, route_table_id)
        self.tags.pop(route_table_id, None)

    RouteBackend.delete_route_table = delete_table

    create_vpc_endpoint = VPCBackend.create_vpc_endpoint

    def create_endpoint(self, *args, **kwargs):
        endpoint = create_vpc_endpoint(self, *args, **kwargs)
        for interface_id in endpoint.network_interface_ids or []:
            interface = self.enis[interface_id]
            interface.requester_managed = True
            interface.interface_type = "vpc_endpoint"
            interface.description = f"VPC Endpoint Interface {endpoint.id}"
            managed.add(interface.id)
        dress(self, endpoint)
        return endpoint

    def dress(self, endpoint):
        groups = [self.get_security_group_from_id(each) for each in endpoint.security_group_ids or []]
        for interface_id in endpoint.network_interface_ids or []:
            self.enis[interface_id]._group_set[:] = groups

    VPCBackend.create_vpc_endpoint = create_endpoint

    filter_endpoint_services = VPCBackend._filter_endpoint_services

    def filtered(service_names, filters, services):
        # moto reads a key that its own parser does not write.
        filters = [{**each, "Value": each["Values"]} for each in filters or []]
        return filter_endpoint_services(service_names, filters, services)

    VPCBackend._filter_endpoint_services = staticmethod(filtered)

    modify_vpc_endpoint = VPCBackend.modify_vpc_endpoint

    def modify_endpoint(self, vpc_id, *args, **kwargs):
        endpoint = self.vpc_end_points[vpc_id]
        before = list(endpoint.route_table_ids or [])
        modify_vpc_endpoint(self, vpc_id, *args, **kwargs)
        dress(self, endpoint)
        after, prefix_list = endpoint.route_table_ids or [], endpoint.destination_prefix_list_id
        for table in [each for each in before if each not in after]:
            self.delete_route(table, None, destination_prefix_list_id=prefix_list)
        for table in [each for each in after if each not in before]:
            self.create_route(
                table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list
            )

    VPCBackend.modify_vpc_endpoint = modify_endpoint

    modify_network_interface_attribute = NetworkInterfaceBackend.modify_network_interface_attribute

    def modify(self, eni_id, group_ids, *args, **kwargs):
        if eni_id in managed:
            raise EC2ClientError(
                "AuthFailure", "You do not have permission to access the specified resource."
            )
        for group_id in group_ids:
            if self.get_security_group_from_id(group_id) is None:
                raise InvalidSecurityGroupNotFoundError(group_id)
        if group_ids:
            self.get_network_interface(eni_id).given_groups = True
        return modify_network_interface_attribute(self, eni_id, group_ids, *args, **kwargs)

    NetworkInterfaceBackend.modify_network_interface_attribute = modify

    replace_network_acl_association = NetworkAclBackend.replace_network_acl_association

    def replace(self, association_id, network_acl_id):
        known = any(association_id in acl._associations for acl in self.network_acls.values())
        if not known:
            raise InvalidAssociationIdError(association_id)
        # moto takes the association from the old ACL before it looks for the new one.
        self.get_network_acl(network_acl_id)
        return replace_network_acl_association(self, association_id, network_acl_id)

    NetworkAclBackend.replace_network_acl_association = replace

    delete_security_group = SecurityGroupBackend.delete_security_group

    def delete(self, name=None, group_id=None):
        worn = any(group.id == group_id for eni in self.enis.values() for group in eni._group_set)
        named = any(
            rule.source_group.get("GroupId") == group_id
            for groups in self.groups.values()
            for group in groups.values()
            if group.id != group_id
            for rule in [*group.ingress_rules, *group.egress_rules]
        )
        if worn or named:
            raise EC2ClientError("DependencyViolation", f"resource {group_id} has a dependent object")
        deleted = delete_security_group(self, name, group_id)
        self.tags.pop(group_id, None)
        return deleted

    SecurityGroupBackend.delete_security_group = delete

    delete_network_acl = NetworkAclBackend.delete_network_acl

    def delete_acl(self, network_acl_id):
        deleted = delete_network_acl(self, network_acl_id)
        self.tags.pop(network_acl_id, None)
        return deleted

    NetworkAclBackend.delete_network_acl = delete_acl

    acl_filter_value = NetworkAcl.get_filter_value

    def filter_value(self, name, *args):
        return self.id if name == "network-acl-id" else acl_filter_value(self, name, *args)

    NetworkAcl.get_filter_value = filter_value

    answer_modify_endpoint = VPCs.modify_vpc_endpoint

    def modify_or_reset(self):
        if self._get_param("ResetPolicy") in (True, "true"):
            endpoint = self.ec2_backend.vpc_end_points[self._get_param("VpcEndpointId")]
            endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
        return answer_modify_endpoint(self)

    VPCs.modify_vpc_endpoint = modify_or_reset

    endpoint_filter_value = VPCEndPoint.get_filter_value

    def endpoint_value(self, name, *args):
        return self.id if name == "vpc-endpoint-id" else endpoint_filter_value(self, name, *args)

    VPCEndPoint.get_filter_value = endpoint_value

    group_set = NetworkInterface.group_set.fget

    def worn(self):
        return self._group_set if hasattr(self, "given_groups") else group_set(self)

    NetworkInterface.group_set = property(worn)

    def get_bucket_versioning(self):
        status = self.backend.get_bucket_versioning(self.bucket_name)
        inner = f"<Status>{status}</Status>" if status else ""
        namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
        return 200, {}, f'<VersioningConfiguration xmlns="{namespace}">{inner}</VersioningConfiguration>'

    S3Response.get_bucket_versioning = get_bucket_versioning

    User.permissions_boundary = None

    def put_user_permissions_boundary(self):
        arn = self._get_param("PermissionsBoundary")
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        self.backend.get_user(self._get_param("UserName")).permissions_boundary = boundary
        return EmptyResult()

    def delete_user_permissions_boundary(self):
        self.backend.get_user(self._get_param("UserName")).permissions_boundary = None
        return EmptyResult()

    ServiceQuotasResponse.list_service_quotas = ServiceQuotasResponse.list_aws_default_service_quotas
    IamResponse.put_user_permissions_boundary = put_user_permissions_boundary
    IamResponse.delete_user_permissions_boundary = delete_user_permissions_boundary

    get_event_selectors = Trail.get_event_selectors

    def selectors(self):
        basic, advanced = get_event_selectors(self)
        if not basic and not advanced:
            everything = {"ReadWriteType": "All", "IncludeManagementEvents": True}
            basic = [{**everything, "DataResources": [], "ExcludeManagementEventSources": []}]
        return basic, advanced

    Trail.get_event_selectors = selectors

    moto_cloudfront.mend()
    moto_waf.mend()
    moto_lambda.mend()
    moto_apigateway.mend()
    def set_rule_priorities(self, rule_priorities):
        wanted = {pair["RuleArn"]: pair["Priority"] for pair in rule_priorities}
        rules = self.describe_rules(listener_arn=None, rule_arns=list(wanted))
        for arn in {rule.listener_arn for rule in rules}:
            listener = self.describe_listeners(None, [arn])[0]
            then = [str(wanted.get(rule.arn, rule.priority)) for rule in listener.rules.values()]
            if len(set(then)) < len(then):
                raise PriorityInUseError()
        for rule in rules:
            rule.priority = wanted[rule.arn]
        return rules

    ELBv2Backend.set_rule_priorities = set_rule_priorities

    serialized = BaseXMLSerializer._serialized_result_to_response

    def named_by_its_shape(self, response, result, shape, body):
        answer = serialized(self, response, result, shape, body)
        operation = self.operation_model
        if shape is not None and operation.service_model.service_name == "s3control":
            answer["body"] = answer["body"].replace(f"{operation.name}Response", shape.name)
        return answer

    BaseXMLSerializer._serialized_result_to_response = named_by_its_shape


class Handler(MotoRequestHandler):
    """Writes no log: a fork while another thread held its lock would be a copy that hangs."""

    def log(self, *_):
        pass


class Server:
    """Serves moto on a free port. A copy is a fork: the same account, on a port of its own."""

    def __init__(self, application):
        self.application = application
        self.one_at_a_time = threading.Lock()
        self.server = make_server(
            "127.0.0.1", 0, self.answer, threaded=True, request_handler=Handler
        )
        os.environ["MOTO_PORT"] = str(self.server.server_port)

    def answer(self, environ, start_response):
        with self.one_at_a_time:
            if environ["PATH_INFO"] == "/unplug-test/copy":
                port = str(self.copy()).encode()
                start_response("200 OK", [("Content-Length", str(len(port)))])
                return [port]
            if environ["PATH_INFO"] == "/unplug-test/end":
                os._exit(0)
            return self.application(environ, start_response)

    def copy(self):
        """The port of the copy. It has one thread: the one that forked."""
        read, write = os.pipe()
        if os.fork() == 0:
            try:
                os.dup2(write, 3)
                # What the copy inherits it would keep open for ever: connections, the port.
                os.closerange(4, 4096)
                copy = Server(self.application)
                os.write(3, str(copy.server.server_port).encode())
                os.close(3)
                copy.run()
            finally:
                os._exit(1)
        os.close(write)
        with os.fdopen(read) as port:
            return int(port.read())

    def run(self):
        threading.Thread(target=until_stdin_ends, daemon=True).start()
        self.server.serve_forever()


def until_stdin_ends():
    while os.read(0, 4096):
        pass
    os._exit(0)


def main():
    if "--as-is" not in sys.argv[1:]:
        as_aws_does()
    application = DomainDispatcherApplication(create_backend_app)
    application.debug = True
    # Copies that ended need nobody to wait for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = Server(Answers(application))
    print(server.server.server_port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
