"""What AWS WAF does and moto does not, put right for tests/moto_server.py.

a. UpdateWebACL with an empty list of rules takes all of them out; moto leaves them as they were.
b. ListResourcesForWebACL, which moto lacks.
c. No web ACL has two rules of one name or priority (WAFInvalidParameterException), and an IP set that a rule
   names is there (WAFNonexistentItemException).
d. A web ACL that protects something and an IP set that a rule names cannot be deleted
   (WAFAssociatedItemException).
e. A resource has one web ACL: AssociateWebACL takes it off the other one.
f. No scope has two IP sets of one name; the code of a second web ACL is AWS's (WAFDuplicateItemException).
g. A distribution takes a web ACL that is there (InvalidWebACLId).
"""

import json

from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend
from moto.cloudfront.models import cloudfront_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import WAFV2Backend, wafv2_backends
from moto.wafv2.responses import WAFV2Response


def refuse(code):
    return WAFv2ClientError(code, f"AWS WAF refused: {code}")


def sets_of(statement):
    """The ARNs of the IP sets that a statement names."""
    if "IPSetReferenceStatement" in statement:
        yield statement["IPSetReferenceStatement"]["ARN"]
    for kind in ("OrStatement", "AndStatement"):
        for inner in statement.get(kind, {}).get("Statements", []):
            yield from sets_of(inner)


def check(backend, rules):
    for member in ("Name", "Priority"):
        values = [rule[member] for rule in rules]
        if len(set(values)) < len(values):
            raise refuse("WAFInvalidParameterException")
    if any(arn not in backend.ip_sets for rule in rules for arn in sets_of(rule["Statement"])):
        raise WAFNonexistentItemException()


def mend():
    update_web_acl, create_web_acl = WAFV2Backend.update_web_acl, WAFV2Backend.create_web_acl

    def update(self, name, _id, default_action, rules, *others):
        check(self, rules or [])
        token = update_web_acl(self, name, _id, default_action, rules, *others)
        if not rules:
            self.get_web_acl(None, name, _id).rules = []
        return token

    def create(self, name, visibility_config, default_action, scope, description, tags, rules, *others):
        if self._is_duplicate_name(name):
            raise refuse("WAFDuplicateItemException")
        check(self, rules)
        return create_web_acl(
            self, name, visibility_config, default_action, scope, description, tags, rules, *others
        )

    WAFV2Backend.update_web_acl, WAFV2Backend.create_web_acl = update, create

    delete_web_acl, delete_ip_set = WAFV2Backend.delete_web_acl, WAFV2Backend.delete_ip_set

    def delete(self, name, scope, _id, lock_token):
        acl = self.get_web_acl(None, name, _id)
        distributions = cloudfront_backends[self.account_id]["aws"].distributions.values()
        used = any(web_acl_of(one.distribution_config) == acl.arn for one in distributions)
        if used or acl.associated_resources:
            raise refuse("WAFAssociatedItemException")
        return delete_web_acl(self, name, scope, _id, lock_token)

    def delete_set(self, name, scope, _id, lock_token):
        arn = self.get_ip_set(name, scope, _id).arn
        if any(arn in sets_of(rule.statement) for acl in self.wacls.values() for rule in acl.rules):
            raise refuse("WAFAssociatedItemException")
        return delete_ip_set(self, name, scope, _id, lock_token)

    WAFV2Backend.delete_web_acl, WAFV2Backend.delete_ip_set = delete, delete_set

    associate_web_acl, create_ip_set = WAFV2Backend.associate_web_acl, WAFV2Backend.create_ip_set

    def associate(self, web_acl_arn, resource_arn):
        if web_acl_arn in self.wacls:
            self.disassociate_web_acl(resource_arn)
        return associate_web_acl(self, web_acl_arn, resource_arn)

    def create_set(self, name, scope, *others):
        if any(one.name == name and one.scope == scope for one in self.ip_sets.values()):
            raise refuse("WAFDuplicateItemException")
        return create_ip_set(self, name, scope, *others)

    WAFV2Backend.associate_web_acl, WAFV2Backend.create_ip_set = associate, create_set

    def list_resources_for_web_acl(self):
        asked = json.loads(self.body)
        acl = self.wafv2_backend.get_web_acl(asked["WebACLArn"], None, None)
        kind = asked.get("ResourceType", "APPLICATION_LOAD_BALANCER")
        balancers = [arn for arn in acl.associated_resources if ":loadbalancer/app/" in arn]
        arns = balancers if kind == "APPLICATION_LOAD_BALANCER" else []
        return 200, {"Content-Type": "application/json"}, json.dumps({"ResourceArns": arns})

    WAFV2Response.list_resources_for_web_acl = list_resources_for_web_acl

    def web_acl_of(config):
        return getattr(config, "WebACLId", None) or getattr(config, "web_acl_id", None) or ""

    update_distribution = CloudFrontBackend.update_distribution

    def update_one(self, dist_config, _id, if_match):
        wanted = dist_config.get("WebACLId") or ""
        known = wafv2_backends[self.account_id]["global"].wacls
        if wanted and wanted not in known:
            raise CloudFrontException("InvalidWebACLId", "A web ACL ID specified is not valid.")
        return update_distribution(self, dist_config, _id, if_match)

    CloudFrontBackend.update_distribution = update_one
