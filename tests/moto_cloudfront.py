"""What CloudFront does and moto does not, put right for tests/moto_server.py.

a. A cache behavior keeps its functions: moto drops FunctionAssociations and LambdaFunctionAssociations with
   every write.
b. A distribution has another ETag after each update, and an update with an old one is refused (412
   PreconditionFailed). moto takes any.
c. A function has two stages. PublishFunction copies DEVELOPMENT to LIVE; ListFunctions, DescribeFunction and
   GetFunction take a stage; UpdateFunction changes DEVELOPMENT. moto has one stage, and lacks both writes.
d. A function that a distribution uses cannot be deleted (FunctionInUse), and one that is not published cannot
   be used (InvalidFunctionAssociation).
e. An origin keeps its OriginAccessControlId and its S3OriginConfig. moto drops both.
f. A cache behavior with a cache policy has no forwarded values and no times. One without lists headers and query
   keys, none where there are none. moto makes values up for the one, and leaves lists out of the other.
g. The name of an origin access control is one of an account (OriginAccessControlAlreadyExists). One that a
   distribution uses is not deleted (OriginAccessControlInUse), nor one whose version is not given. One that is not
   there cannot be used (InvalidOriginAccessControl).
h. The same caller reference makes one invalidation, whose status is Completed in the end. moto makes a second one,
   and writes COMPLETED.
"""

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException, InvalidIfMatchVersion
from moto.cloudfront.models import (
    CloudFrontBackend,
    CloudFrontFunction,
    DefaultCacheBehaviour,
    Invalidation,
    Origin,
    random_id,
)
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult


def refuse(code, message):
    return CloudFrontException(code, message)


def moved():
    return refuse("PreconditionFailed", "The request failed because it didn't meet the preconditions.")


def check_version(resource, if_match):
    if not if_match:
        raise InvalidIfMatchVersion
    if if_match != resource.etag:
        raise moved()


def items(associations):
    found = (associations or {}).get("Items") or []
    return {"Quantity": len(found), "Items": found} if found else {"Quantity": 0}


def functions_of(config):
    """The ARNs of the functions that a configuration names."""
    behaviors = [config["DefaultCacheBehavior"], *((config.get("CacheBehaviors") or {}).get("Items") or [])]
    for behavior in behaviors:
        for one in (behavior.get("FunctionAssociations") or {}).get("Items") or []:
            yield one["FunctionARN"]


def mend_controls():
    create = CloudFrontBackend.create_origin_access_control

    def create_control(self, config_dict):
        if any(one.name == config_dict.get("Name") for one in self.origin_access_controls.values()):
            raise refuse("OriginAccessControlAlreadyExists", "An access control with this name already exists.")
        return create(self, config_dict)

    CloudFrontBackend.create_origin_access_control = create_control

    def delete_control(self):
        control = self.backend.get_origin_access_control(self._get_param("Id"))
        check_version(control, self._get_param("IfMatch"))
        for distribution in self.backend.distributions.values():
            origins = distribution.distribution_config.Origins["Items"]
            if any(origin.origin_access_control_id == control.id for origin in origins):
                raise refuse("OriginAccessControlInUse", "The access control is used by a distribution.")
        self.backend.delete_origin_access_control(control.id)
        return EmptyResult()

    CloudFrontResponse.delete_origin_access_control = delete_control


def mend_invalidations():
    make = Invalidation.__init__

    def init(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.status = "Completed"

    Invalidation.__init__ = init

    create = CloudFrontBackend.create_invalidation

    def create_once(self, dist_id, paths, caller_ref):
        known = [one for one in self.invalidations.get(dist_id, []) if one.caller_ref == caller_ref]
        return known[0] if known else create(self, dist_id, paths, caller_ref)

    CloudFrontBackend.create_invalidation = create_once


def mend():
    make_behavior = DefaultCacheBehaviour.__init__

    def init_behavior(self, config):
        make_behavior(self, config)
        self.function_associations = items(config.get("FunctionAssociations"))
        self.lambda_function_associations = items(config.get("LambdaFunctionAssociations"))
        if config.get("CachePolicyId"):
            self.forwarded_values = self.min_ttl = self.default_ttl = self.max_ttl = None
        else:
            values = self.forwarded_values.__dict__
            values["Headers"] = items(values.get("Headers"))
            values["QueryStringCacheKeys"] = items(values.get("QueryStringCacheKeys"))

    DefaultCacheBehaviour.__init__ = init_behavior

    make_origin = Origin.__init__

    def init_origin(self, origin):
        make_origin(self, origin)
        self.origin_access_control_id = origin.get("OriginAccessControlId") or ""
        if "S3OriginConfig" in origin:
            self.s3_origin_config = {"OriginAccessIdentity": self.s3_access_identity}

    Origin.__init__ = init_origin

    mend_controls()
    mend_invalidations()

    update_distribution = CloudFrontBackend.update_distribution

    def update(self, dist_config, _id, if_match):
        if _id in self.distributions:
            check_version(self.distributions[_id], if_match)
            live = {one.arn for one in self.functions.values() if one.live is not None}
            if any(arn not in live for arn in functions_of(dist_config)):
                raise refuse("InvalidFunctionAssociation", "The function is not published.")
            for origin in dist_config["Origins"]["Items"]:
                control = origin.get("OriginAccessControlId")
                if control and control not in self.origin_access_controls:
                    raise refuse("InvalidOriginAccessControl", "The origin access control is not valid.")
        dist, location, _ = update_distribution(self, dist_config, _id, if_match)
        dist.etag = random_id()
        return dist, location, dist.etag

    def dist_config_of(dist):
        config = dist.distribution_config
        others = getattr(config, "CacheBehaviors", {}).get("Items") or []
        plain = [{"FunctionAssociations": one.function_associations} for one in others]
        default = {"FunctionAssociations": config.DefaultCacheBehavior.function_associations}
        return {"DefaultCacheBehavior": default, "CacheBehaviors": {"Items": plain}}

    CloudFrontBackend.update_distribution = update

    make_function = CloudFrontFunction.__init__

    def init_function(self, *args, **kwargs):
        make_function(self, *args, **kwargs)
        self.live = None

    CloudFrontFunction.__init__ = init_function

    def in_stage(function, stage):
        summary = function.function_summary
        summary["FunctionMetadata"]["Stage"] = stage or "DEVELOPMENT"
        return summary

    def staged(self):
        """The function of the request, with the stage that is asked for."""
        function = self.backend.describe_function(self._get_param("Name"))
        stage = self._get_param("Stage")
        if stage == "LIVE" and function.live is None:
            raise refuse("NoSuchFunctionExists", "The specified function does not exist.")
        return function, stage

    def describe_function(self):
        function, stage = staged(self)
        etag = f"{function.etag}L" if stage == "LIVE" else function.etag
        return ActionResult({"FunctionSummary": in_stage(function, stage), "ETag": etag})

    def get_function(self):
        function, stage = staged(self)
        code = function.live if stage == "LIVE" else function.code
        return ActionResult({"FunctionCode": code, "ETag": function.etag, "ContentType": "application/octet-stream"})

    def list_functions(self):
        stage = self._get_param("Stage")
        all_of_them = [one for one in self.backend.functions.values() if stage != "LIVE" or one.live is not None]
        listed = [in_stage(one, stage) for one in all_of_them]
        found = {"MaxItems": 100, "Quantity": len(listed)}
        if listed:
            found["Items"] = listed
        return ActionResult({"FunctionList": found})

    def publish_function(self):
        function = self.backend.describe_function(self._get_param("Name"))
        check_version(function, self._get_param("IfMatch"))
        function.live = function.code
        function.status = "DEPLOYED"
        return ActionResult({"FunctionSummary": in_stage(function, "LIVE")})

    def update_function(self):
        function = self.backend.describe_function(self._get_param("Name"))
        check_version(function, self._get_param("IfMatch"))
        function.code = self._get_param("FunctionCode")
        function.config = self._get_param("FunctionConfig", function.config)
        function.etag = random_id()
        return ActionResult({"FunctionSummary": in_stage(function, None), "ETag": function.etag})

    delete = CloudFrontBackend.delete_function

    def delete_function(self, name, if_match):
        function = self.describe_function(name)
        check_version(function, if_match)
        if any(function.arn in functions_of(dist_config_of(one)) for one in self.distributions.values()):
            raise refuse("FunctionInUse", "The function is attached to one or more cache behaviors.")
        delete(self, name, if_match)

    CloudFrontBackend.delete_function = delete_function
    CloudFrontResponse.describe_function = describe_function
    CloudFrontResponse.get_function = get_function
    CloudFrontResponse.list_functions = list_functions
    CloudFrontResponse.publish_function = publish_function
    CloudFrontResponse.update_function = update_function
    urls.url_paths["{0}/2020-05-31/function/(?P<function_name>[^/]+)/publish$"] = CloudFrontResponse.dispatch
